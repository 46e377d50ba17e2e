"""A folder with a file a clip, in the tree of the clips; how each was made is known."""

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.tasks.folders.clip_list import ClipList
from vidqa.tasks.folders.journal import Journal, disk_errors
from vidqa.tasks.folders.ledger import CONTENT, MADE_BY, same_settings

JOURNAL = ".vidqa.jsonl"
"""The file of a folder that says how the others were made."""
BEGUN = "begun"
"""Key of a record of a file that may not be whole."""
LONGEST_NAME = 255
"""Bytes, on nearly every file system."""
REPLACE = "--force replaces it"
"""What helps against a file that is in the way."""


class Shelf:
    """The files of a folder, and a journal of their making."""

    def __init__(
        self, folder: Path, clips: ClipList, ending: str, *, by: str, force: bool = False
    ) -> None:
        """Open a folder, which may not be there yet.

        Args:
            folder: for the files.
            clips: whose tree is kept.
            ending: put behind a clip's name, such as `.srt`; where it is empty, every clip has a
                folder in place of a file.
            by: what makes the files; those that something else made are not replaced.
            force: make anew what is there, whatever it is.

        Raises:
            UsageError: it cannot be written, another process is at it, or two clips would have
                one file.
            NoSpaceError: the disk is full.

        """
        self.folder = folder
        self._clips, self._ending, self._by, self._force = clips, ending, by, force
        self._refuse_doubles()
        self.journal = Journal(folder / JOURNAL)
        self._known: dict[str, Mapping[str, Any]] = {}
        self._made: dict[str, str] = {}
        for record in self.journal.records:
            if "file" in record:
                self._learn(record)

    def name(self, clip: str) -> str:
        """Of a clip's file, below the folder: `a/001.mp4.srt`; a name that is too long is cut."""
        place = self._clips.place(clip)
        return str(place.with_name(_fitting(place.name, self._ending)))

    def file(self, clip: str) -> Path:
        """Where a clip's file is to be."""
        return self.folder / self.name(clip)

    def labelled(self, clip: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record that says which file it is of."""
        return {**record, "video": clip, "file": self.name(clip), "by": self._by}

    def check(self, clip: str, making: Mapping[str, Any] | None = None) -> None:
        """Refuse to replace what was not made by vidqa, or not in this way.

        Args:
            clip: whose file is to be written.
            making: the settings it is made with; None if that does not matter.

        Raises:
            UsageError: such a file is there.

        """
        file = self.file(clip)
        self._refuse_the_wrong_kind(file)
        if self._force or not file.exists():
            return
        known = self._known.get(self.name(clip))
        if known is None:
            raise UsageError(f"{file} is there already", hint=REPLACE)
        if known.get("by") != self._by:
            raise UsageError(f"{file} was made by `vidqa {known.get('by')}`", hint=REPLACE)
        if making is not None and not same_settings(known, making):
            raise UsageError(f"{file} was made with other settings", hint=REPLACE)

    def is_made(self, clip: str, making: Mapping[str, Any], *, copy: bool = True) -> bool:
        """Whether a clip's file is there, and of this making: the same content and settings.

        Args:
            clip: whose file it is.
            making: what `MADE_BY` and `CONTENT` of the ledger name.
            copy: if another clip's file is of this making, as a renamed clip's is, take a copy.

        Raises:
            UsageError: as `check`, or it cannot be written.
            NoSpaceError: the disk is full.

        """
        self.check(clip, making)
        if self._force:
            return False
        key = self._key(making)
        if self.file(clip).exists():
            known = self._known[self.name(clip)]
            return key is not None and not known.get(BEGUN) and self._key(known) == key
        source = self._made.get(key or "")
        if not copy or source is None or not (self.folder / source).exists():
            return False
        self.begin(clip, making)
        _copy(self.folder / source, self.file(clip))
        self.note(clip, making)
        return True

    def begin(self, clip: str, making: Mapping[str, Any]) -> None:
        """Have it on disk that a clip's file is vidqa's, before it is. Raises as `note`."""
        self.note(clip, {**making, BEGUN: True})

    def note(self, clip: str, record: Mapping[str, Any]) -> None:
        """Have it on disk how a clip's file was made. Raises as `Journal.append`."""
        noted = self.labelled(clip, record)
        if noted != self._known.get(noted["file"]):
            self.journal.append(noted)
            self._learn(noted)

    def close(self) -> None:
        """Let others write."""
        self.journal.close()

    def _learn(self, record: Mapping[str, Any]) -> None:
        self._known[record["file"]] = record
        key = self._key(record)
        if key is not None and record.get("by") == self._by and not record.get(BEGUN):
            self._made[key] = record["file"]

    @staticmethod
    def _key(making: Mapping[str, Any]) -> str | None:
        """The same for files of one making; None where the content is not known."""
        if making.get("fingerprint") is None:
            return None
        return json.dumps([making.get(name) for name in (*MADE_BY, *CONTENT)], sort_keys=True)

    def _refuse_doubles(self) -> None:
        names = Counter(self.name(clip) for clip in self._clips.clips)
        for name, count in names.items():
            if count > 1:
                raise UsageError(f"two clips would be written to {self.folder / name}")

    def _refuse_the_wrong_kind(self, file: Path) -> None:
        """Not even by force is a folder replaced by a file, or a file by a folder."""
        below = file.relative_to(self.folder).parents
        for folder in [self.folder / one for one in below] + ([] if self._ending else [file]):
            if folder.exists() and not folder.is_dir():
                raise UsageError(f"{folder} is a file, not a folder")
        if self._ending and file.is_dir():
            raise UsageError(f"{file} is a folder")


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
    """Copy a file or a folder; it gets its name when it is whole. Raises as `disk_errors`."""
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".vidqa.", dir=target.parent) as name:
            draft = Path(name) / "copy"
            if source.is_dir():
                shutil.copytree(source, draft)
            else:
                shutil.copy(source, draft)
            draft.rename(target)
