"""The folder of a benchmark: its files, and the clips that they name."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from vidqa.errors import UsageError
from vidqa.media.endings import VIDEO
from vidqa.tasks.evaluate.benchmarks.rows import Row, read_rows

PICTURES = (".jpg", ".jpeg", ".png")
"""Endings of frames, where a clip is published as a folder of them."""
ENDINGS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".gif")
"""Of clips, in the order in which they are taken where there are several."""
NO_DATA = ("__MACOSX", "Thumbs.db")
"""What archives and file managers leave behind."""
PACKS = ("msvd", "msrvtt", "tgif", "activitynet")
"""What stands in the paths of files that are called alike."""


class Data:
    """A folder with all that a benchmark needs, however deep it lies."""

    def __init__(self, folder: Path) -> None:
        """List it. Raises UsageError: it is no folder."""
        if not folder.is_dir():
            raise UsageError(f"there is no folder {str(folder)!r}")
        self.folder = folder
        self.read: dict[str, str] = {}
        """Hash of each file that was read, by its path below the folder."""

    @cached_property
    def _paths(self) -> tuple[PurePosixPath, ...]:
        """All files, sorted, and the folders of frames."""
        found = []
        for place, folders, files in os.walk(self.folder, followlinks=True):
            folders[:] = sorted(one for one in folders if one[0] != "." and one not in NO_DATA)
            here = Path(place).relative_to(self.folder)
            shown = [one for one in files if one[0] != "." and one not in NO_DATA]
            if here.parts and not folders and shown and {*map(_ending, shown)} <= {*PICTURES}:
                found.append(PurePosixPath(here))
                continue
            found += [PurePosixPath(here / one) for one in shown]
        return tuple(sorted(found))

    @cached_property
    def _clips(self) -> dict[str, list[PurePosixPath]]:
        """Clips and folders of frames, by their names with and without an ending."""
        found = defaultdict(list)
        for path in self._paths:
            ending = _ending(path.name)
            if ending in VIDEO or ending in ENDINGS:
                found[path.stem].append(path)
            if ending in VIDEO or ending in ENDINGS or (self.folder / path).is_dir():
                found[path.name].append(path)
        return found

    def clip(self, *names: str, within: str = "") -> Path | None:
        """Return the clip that has one of some names, with an ending or without; None if none has.

        Args:
            names: the likeliest first; they may lead through folders.
            within: folders in its path, one in another, where several have the same name; the
                name of a folder may have a number before it, as in `4_count`.

        Raises:
            UsageError: it could be one of several.

        """
        for name in names:
            wanted = PurePosixPath(name)
            found = self._clips.get(wanted.name, [])
            deep = [one for one in found if _leads(one, wanted.parent)]
            near = [one for one in deep if _lies_in(one, within)] or deep
            chosen = _first_kind(near)
            if len(chosen) > 1:
                raise UsageError(
                    f"the clip {name!r} may be {chosen[0]} or {chosen[1]}",
                    hint="--data the folder of one of them",
                )
            if chosen:
                return self.folder / chosen[0]
        return None

    def file(self, *names: str, near: str = "", fits: Callable[[Path], bool] | None = None) -> Path:
        """Return the file that has one of some names, and note its hash.

        Args:
            names: the likeliest first.
            near: stands in its path, where several are named so.
            fits: looks into a file, where several benchmarks name theirs so.

        Raises:
            UsageError: there is none, or several.

        """
        file = self.file_if_any(*names, near=near, fits=fits)
        if file is None:
            raise UsageError(f"there is no {' or '.join(names)} in {self.folder}")
        return file

    def file_if_any(
        self, *names: str, near: str = "", fits: Callable[[Path], bool] | None = None
    ) -> Path | None:
        """Return the same; None if there is none. Raises UsageError: there are several."""
        for name in names:
            found = [one for one in self._paths if one.match(name)]
            found = [one for one in found if fits is None or fits(self.folder / one)]
            found = [one for one in found if near in str(one).lower()] or [
                one for one in found if not near or not any(n in str(one).lower() for n in PACKS)
            ]
            depth = min((len(one.parts) for one in found), default=0)
            found = [one for one in found if len(one.parts) == depth]
            if len(found) > 1:
                raise UsageError(
                    f"there are {found[0]} and {found[1]} in {self.folder}",
                    hint="--data the folder of one benchmark",
                )
            if found:
                return self._noted(found[0])
        return None

    def listed(self, pattern: str) -> list[Path]:
        """Return all files whose names fit a pattern; `note` those that are read."""
        return [self.folder / one for one in self._paths if one.match(pattern)]

    def note(self, file: Path) -> Path:
        """Note the hash of a file that is read."""
        return self._noted(PurePosixPath(file.relative_to(self.folder)))

    def rows(self, *names: str, near: str = "") -> list[Row]:
        """Return the rows of the file that has one of some names. Raises UsageError."""
        return read_rows(self.file(*names, near=near))

    def _noted(self, path: PurePosixPath) -> Path:
        file = self.folder / path
        if str(path) not in self.read:
            with file.open("rb") as stream:
                self.read[str(path)] = hashlib.file_digest(stream, "sha256").hexdigest()
        return file


def columns(file: Path) -> frozenset[str]:
    """Return the names of a file's fields; none if it cannot be read as rows."""
    try:
        return frozenset(read_rows(file)[0].values)
    except UsageError:
        return frozenset()


def distinct(names: Iterable[str]) -> Iterator[str]:
    """Yield names, with a number behind those that were there already: `a`, `a#2`."""
    seen: dict[str, int] = defaultdict(int)
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}#{seen[name]}"


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _leads(path: PurePosixPath, through: PurePosixPath) -> bool:
    """Return whether a path leads through folders just before its last part."""
    count = len(through.parts)
    return not count or path.parent.parts[-count:] == through.parts


def _lies_in(path: PurePosixPath, within: str) -> bool:
    """Return whether a path leads through folders, perhaps with a number before their names."""
    wanted, parts = PurePosixPath(within).parts, path.parent.parts
    return any(
        all(
            part == name or (part.endswith(f"_{name}") and part[: -len(name) - 1].isdigit())
            for part, name in zip(parts[at:], wanted, strict=False)
        )
        for at in range(len(parts) - len(wanted) + 1)
    )


def _first_kind(paths: list[PurePosixPath]) -> list[PurePosixPath]:
    """Return those of the kind that is taken first, the least deep ones."""

    def rank(path: PurePosixPath) -> tuple[int, int]:
        ending = _ending(path.name)
        return (ENDINGS.index(ending) if ending in ENDINGS else len(ENDINGS), len(path.parts))

    ranks = [rank(one) for one in paths]
    return [one for one, its in zip(paths, ranks, strict=True) if its == min(ranks)]
