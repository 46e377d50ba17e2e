"""An output folder with one file per clip, in the clips' tree, and a journal of their making."""

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
"""Name of the file in a folder that records how the others were made."""
BEGUN = "begun"
"""Key of a record of a file that may be incomplete."""
LONGEST_NAME = 255
"""Bytes of the longest file name, on nearly every file system."""
REPLACE = "--force replaces it"
"""Hint for a file that is in the way."""


class Shelf:
    """The files of a folder, and a journal of their making."""

    def __init__(
        self, folder: Path, clips: ClipList, ending: str, *, by: str, force: bool = False
    ) -> None:
        """Open a folder, which need not exist yet.

        Args:
            folder: the output folder.
            clips: the clips, whose tree is repeated.
            ending: appended to a clip's name, such as `.srt`; if empty, every clip has a folder
                in place of a file.
            by: the maker of the files; those of other makers are not replaced.
            force: replace whatever exists.

        Raises:
            UsageError: it cannot be written, another process uses it, or two clips would have
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
        """Return the name of a clip's file in the folder: `a/001.mp4.srt`; cut if too long."""
        place = self._clips.place(clip)
        return str(place.with_name(_fitting(place.name, self._ending)))

    def file(self, clip: str) -> Path:
        """Return the path of a clip's file."""
        return self.folder / self.name(clip)

    def labelled(self, clip: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record with the name of its file added."""
        return {**record, "video": clip, "file": self.name(clip), "by": self._by}

    def check(self, clip: str, making: Mapping[str, Any] | None = None) -> None:
        """Refuse to replace a file that vidqa did not make, or did not make in this way.

        Args:
            clip: the clip whose file will be written.
            making: the settings it is made with; None if they do not matter.

        Raises:
            UsageError: such a file exists.

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
        """Return True if a clip's file exists, made of the same content with the same settings.

        Args:
            clip: the clip whose file it is.
            making: the values of the ledger's keys `MADE_BY` and `CONTENT`.
            copy: copy another clip's file of this making, such as that of a renamed clip.

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
        """Record on disk that a clip's file is vidqa's, before it exists. Raises as `note`."""
        self.note(clip, {**making, BEGUN: True})

    def note(self, clip: str, record: Mapping[str, Any]) -> None:
        """Record on disk how a clip's file was made. Raises as `Journal.append`."""
        noted = self.labelled(clip, record)
        if noted != self._known.get(noted["file"]):
            self.journal.append(noted)
            self._learn(noted)

    def close(self) -> None:
        """Release the folder for other processes."""
        self.journal.close()

    def _learn(self, record: Mapping[str, Any]) -> None:
        self._known[record["file"]] = record
        key = self._key(record)
        if key is not None and record.get("by") == self._by and not record.get(BEGUN):
            self._made[key] = record["file"]

    @staticmethod
    def _key(making: Mapping[str, Any]) -> str | None:
        """Return a key that files of one making share; None if the content is not known."""
        if making.get("fingerprint") is None:
            return None
        return json.dumps([making.get(name) for name in (*MADE_BY, *CONTENT)], sort_keys=True)

    def _refuse_doubles(self) -> None:
        names = Counter(self.name(clip) for clip in self._clips.clips)
        for name, count in names.items():
            if count > 1:
                raise UsageError(f"two clips would be written to {self.folder / name}")

    def _refuse_the_wrong_kind(self, file: Path) -> None:
        """Refuse, even with force, to replace a folder by a file or a file by a folder."""
        below = file.relative_to(self.folder).parents
        for folder in [self.folder / one for one in below] + ([] if self._ending else [file]):
            if folder.exists() and not folder.is_dir():
                raise UsageError(f"{folder} is a file, not a folder")
        if self._ending and file.is_dir():
            raise UsageError(f"{file} is a folder")


def _fitting(name: str, ending: str) -> str:
    """Append an ending to a name; if it gets too long, cut it and append a number made of it."""
    whole = name + ending
    if len(os.fsencode(whole)) <= LONGEST_NAME:
        return whole
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:12]
    while len(os.fsencode(f"{name}~{digest}{ending}")) > LONGEST_NAME:
        name = name[:-1]
    return f"{name}~{digest}{ending}"


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, renamed when complete. Raises as `disk_errors`."""
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".vidqa.", dir=target.parent) as name:
            draft = Path(name) / "copy"
            if source.is_dir():
                shutil.copytree(source, draft)
            else:
                shutil.copy(source, draft)
            draft.rename(target)
