"""A folder with a file a clip, in the tree of the clips; how each was made is known."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.tasks.clip_list import ClipList
from vidqa.tasks.journal import Journal
from vidqa.tasks.ledger import same_making

JOURNAL = ".vidqa.jsonl"
"""The file of a folder that says how the others were made."""
BEGUN = "begun"
"""Key of a record of a file that may not be whole."""
LONGEST_NAME = 255
"""Bytes, on nearly every file system."""
REPLACE = "--force replaces it"


class Shelf:
    """The files of a folder, and a journal of their making."""

    def __init__(self, folder: Path, clips: ClipList, ending: str, *, force: bool = False) -> None:
        """Open a folder, which may not be there yet.

        Args:
            folder: for the files.
            clips: whose tree is kept.
            ending: put behind a clip's name, such as `.srt`.
            force: make anew what is there, whatever it is.

        Raises:
            UsageError: it cannot be written, or another process is at it.
            NoSpaceError: the disk is full.

        """
        self.folder = folder
        self._clips, self._ending, self._force = clips, ending, force
        self.journal = Journal(folder / JOURNAL)
        self._known = {one["file"]: one for one in self.journal.records if "file" in one}

    def name(self, clip: str) -> str:
        """Of a clip's file, below the folder: `a/001.mp4.srt`; a name that is too long is cut."""
        place = self._clips.place(clip)
        return str(place.with_name(_fitting(place.name, self._ending)))

    def file(self, clip: str) -> Path:
        """Where a clip's file is to be."""
        return self.folder / self.name(clip)

    def check(self, clip: str, making: Mapping[str, Any] | None = None) -> None:
        """Refuse to replace what was not made by vidqa, or not in this way.

        Args:
            clip: whose file is to be written.
            making: the settings it is made with; None if that does not matter.

        Raises:
            UsageError: such a file is there.

        """
        if self._force or not self.file(clip).exists():
            return
        known = self._known.get(self.name(clip))
        if known is None:
            raise UsageError(f"{self.file(clip)} is there already", hint=REPLACE)
        if making is not None and not same_making(known, making, but_for_content=True):
            raise UsageError(f"{self.file(clip)} was made with other settings", hint=REPLACE)

    def is_made(self, clip: str, making: Mapping[str, Any]) -> bool:
        """Whether a clip's file is there, and of this making: the same content and settings.

        If another clip's file is of this making, as a renamed clip's is, it is copied.

        Raises:
            UsageError: as `check`.

        """
        if self._force:
            return False
        self.check(clip, making)
        if self.file(clip).exists():
            known = self._known[self.name(clip)]
            return not known.get(BEGUN) and same_making(known, making)
        return self._copied(clip, making)

    def begin(self, clip: str, making: Mapping[str, Any]) -> None:
        """Have it on disk that a clip's file is vidqa's, before it is. Raises as `note`."""
        self.note(clip, {**making, BEGUN: True})

    def note(self, clip: str, record: Mapping[str, Any]) -> None:
        """Have it on disk how a clip's file was made. Raises as `Journal.append`."""
        name = self.name(clip)
        noted = {**record, "video": clip, "file": name}
        if noted != self._known.get(name):
            self.journal.append(noted)
            self._known[name] = noted

    def close(self) -> None:
        """Let others write."""
        self.journal.close()

    def _copied(self, clip: str, making: Mapping[str, Any]) -> bool:
        for name, known in tuple(self._known.items()):
            source = self.folder / name
            if not known.get(BEGUN) and same_making(known, making) and source.exists():
                self.begin(clip, making)
                _copy(source, self.file(clip))
                self.note(clip, known)
                return True
        return False


def _fitting(name: str, ending: str) -> str:
    """A name with an ending; where it would be too long, a number made of it is the last part."""
    whole = name + ending
    if len(os.fsencode(whole)) <= LONGEST_NAME:
        return whole
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:12]
    while len(os.fsencode(f"{name}~{digest}{ending}")) > LONGEST_NAME:
        name = name[:-1]
    return f"{name}~{digest}{ending}"


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder; it gets its name when it is whole."""
    draft = target.with_name(f".vidqa.{os.getpid()}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if source.is_dir():
            shutil.copytree(source, draft)
        else:
            shutil.copyfile(source, draft)
        draft.rename(target)
    finally:
        if draft.is_dir():
            shutil.rmtree(draft)
        draft.unlink(missing_ok=True)
