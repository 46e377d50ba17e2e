"""Where what is made of clips goes: stdout, one file, or a folder with a file a clip."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vidqa.tasks.folders.shelf import Shelf
from vidqa.types import SCHEMA_VERSION, Marks


class Targets:
    """No files: all goes to stdout; what has files inherits from it."""

    are_known = False
    """Whether it is known of what is there how it was made."""

    def of(self, clip: str) -> Path | None:
        """The file of a clip; None is stdout."""
        return None

    def is_made(self, clip: str, making: Mapping[str, Any]) -> bool:
        """Whether what is wanted is there. Raises as `Shelf.is_made`."""
        return False

    def begin(self, clip: str, making: Mapping[str, Any]) -> None:
        """It is about to be written. Raises as `Shelf.begin`."""

    def note(self, clip: str, making: Mapping[str, Any]) -> None:
        """It is there now. Raises as `Shelf.note`."""

    def close(self) -> None:
        """Let others write."""


class FileTarget(Targets):
    """The file of the only clip."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def of(self, clip: str) -> Path | None:
        """The file."""
        return self._file


class FolderTargets(Targets):
    """A folder with a file, or a folder, a clip."""

    are_known = True

    def __init__(self, shelf: Shelf, *, copy: bool = True) -> None:
        """Write into a folder; `copy` if files of the same making are alike whatever the clip."""
        self._shelf = shelf
        self._copy = copy

    def of(self, clip: str) -> Path | None:
        """The file of a clip."""
        return self._shelf.file(clip)

    def is_made(self, clip: str, making: Mapping[str, Any]) -> bool:
        """Whether it is there, and was made of this content in this way."""
        return self._shelf.is_made(clip, making, copy=self._copy)

    def begin(self, clip: str, making: Mapping[str, Any]) -> None:
        """It is about to be written: if that is cut short, it will be known whose it is."""
        self._shelf.begin(clip, making)

    def note(self, clip: str, making: Mapping[str, Any]) -> None:
        """It is there now, and how it was made will be known."""
        self._shelf.note(clip, making)

    def close(self) -> None:
        """Let others write."""
        self._shelf.close()


def making(mark: Marks, made_by: Mapping[str, Any]) -> dict[str, Any]:
    """What a file is known by: content and settings."""
    return {
        "schema_version": SCHEMA_VERSION,
        "fingerprint": mark.fingerprint,
        "subtitles_fingerprint": mark.subtitles,
        **made_by,
    }
