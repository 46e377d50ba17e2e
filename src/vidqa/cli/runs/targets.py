"""Targets for what is made of clips: stdout, one file, or a folder with a file per clip."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vidqa.tasks.folders.shelf import Shelf
from vidqa.types import SCHEMA_VERSION, Marks


class Targets:
    """The target stdout, without files; the base of targets with files."""

    are_known = False
    """Whether it is recorded how existing files were made."""

    def of(self, clip: str) -> Path | None:
        """Return the file of a clip; None is stdout."""
        return None

    def is_made(self, clip: str, making: Mapping[str, Any]) -> bool:
        """Return whether the requested file exists. Raises as `Shelf.is_made`."""
        return False

    def begin(self, clip: str, making: Mapping[str, Any]) -> None:
        """Record that a file is about to be written. Raises as `Shelf.begin`."""

    def note(self, clip: str, making: Mapping[str, Any]) -> None:
        """Record that a file was written. Raises as `Shelf.note`."""

    def close(self) -> None:
        """Release the lock, so that other processes can write."""


class FileTarget(Targets):
    """The single file of the only clip."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def of(self, clip: str) -> Path | None:
        """Return the file."""
        return self._file


class FolderTargets(Targets):
    """A folder with a file, or a folder, per clip."""

    are_known = True

    def __init__(self, shelf: Shelf, *, copy: bool = True) -> None:
        """Write into a folder; `copy` if files of the same making are alike for all clips."""
        self._shelf = shelf
        self._copy = copy

    def of(self, clip: str) -> Path | None:
        """Return the file of a clip."""
        return self._shelf.file(clip)

    def is_made(self, clip: str, making: Mapping[str, Any]) -> bool:
        """Return whether the file exists, and was made from this content with these settings."""
        return self._shelf.is_made(clip, making, copy=self._copy)

    def begin(self, clip: str, making: Mapping[str, Any]) -> None:
        """Record that a file is about to be written, so that a partial one is known as ours."""
        self._shelf.begin(clip, making)

    def note(self, clip: str, making: Mapping[str, Any]) -> None:
        """Record that a file was written, and how."""
        self._shelf.note(clip, making)

    def close(self) -> None:
        """Release the lock, so that other processes can write."""
        self._shelf.close()


def making(mark: Marks, made_by: Mapping[str, Any]) -> dict[str, Any]:
    """Return what identifies a file: content and settings."""
    return {
        "schema_version": SCHEMA_VERSION,
        "fingerprint": mark.fingerprint,
        "subtitles_fingerprint": mark.subtitles,
        **made_by,
    }
