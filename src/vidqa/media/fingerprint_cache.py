"""Remember the fingerprints of files, so that gigabytes are not read again for every question.

A file is known again by its device, inode, size and time of modification. What this cannot tell
apart: a file whose bytes were replaced in place by as many others and whose time of modification
was then set back; and another file of the same size and time that was given the number of a deleted
one. Nothing does so by accident but tools that restore times (`touch -r`, `rsync --inplace -t`);
removing the folder `fingerprints` from the cache makes all files be read again.

Every file has a note of its own, written under another name and then renamed, so that any number of
processes can write at once. A note that cannot be read, is damaged or belongs to another version
is as good as none; one that cannot be written is done without.
"""

import hashlib
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from vidqa.errors import UsageError, VideoError
from vidqa.media.fingerprint import SCHEME, file_status, fingerprint
from vidqa.system.paths import cache_dir

FOLDER = "fingerprints"
"""In the cache directory."""

SETTLED_NS = 2_000_000_000
"""The coarsest clock of a common file system (FAT) counts two seconds: a file modified a shorter
time ago could be modified again without its time showing it."""

CHECK_DIGITS = 16
"""Of the note's own hash, which tells a damaged note."""


def known_fingerprint(path: Path) -> str:
    """The fingerprint of a file's content, from memory where the file is known.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: it cannot be read, or it is no file.

    """
    key = _key(file_status(path))
    try:
        folder = cache_dir()
    except UsageError:  # no home, no notes
        return fingerprint(path)
    note = folder / FOLDER / hashlib.sha256(key.encode()).hexdigest()
    if (known := _read(note, key)) is not None:
        return known
    mark = fingerprint(path)
    after = file_status(path)
    if _key(after) == key and time.time_ns() - after.st_mtime_ns >= SETTLED_NS:
        with suppress(OSError):  # a full or read-only disk: it is read again next time
            _write(note, key, mark)
    return mark


def forget() -> None:
    """Throw all notes away.

    Raises:
        OSError: some cannot be deleted.

    """
    folder = cache_dir() / FOLDER
    if folder.exists():
        shutil.rmtree(folder)


def is_still(path: Path, mark: str) -> bool:
    """Whether a file has the content that it had when it was marked."""
    try:
        return known_fingerprint(path) == mark
    except VideoError:
        return False


def _key(status: os.stat_result) -> str:
    return f"{SCHEME} {status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}"


def _read(note: Path, key: str) -> str | None:
    """The fingerprint in a note, if it is whole and about that file."""
    try:
        content = note.read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    mark = content.removeprefix(key).split()[0:1]
    return mark[0] if mark and content == _note(key, mark[0]) else None


def _write(note: Path, key: str, mark: str) -> None:
    """Write a note and give it its name when it is whole."""
    note.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=note.parent, prefix=".draft-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(_note(key, mark))
        Path(draft).replace(note)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _note(key: str, mark: str) -> str:
    check = hashlib.sha256(f"{key} {mark}".encode()).hexdigest()[:CHECK_DIGITS]
    return f"{key} {mark} {check}\n"
