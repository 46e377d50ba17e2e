"""Cache the fingerprints of files, so that gigabytes are not read again for every question.

A file is recognised by its device, inode, size and modification time. This misses two changes: a
file whose bytes were replaced in place by as many others and whose modification time was then set
back; and another file of the same size and time that got the inode of a deleted one. Only tools
that restore times do so by accident (`touch -r`, `rsync --inplace -t`); removing the folder
`fingerprints` from the cache makes all files be read again.

Every file has its own note, written under another name and then renamed, so that any number of
processes can write at once. A note that is unreadable, damaged or of another version is ignored; a
note that cannot be written is skipped.
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
"""Folder of the notes in the cache directory."""

SETTLED_NS = 2_000_000_000
"""Nanoseconds since modification before a fingerprint is cached: a file modified more recently
could change again with the same time (the clock of FAT, the coarsest, has steps of 2 s)."""

CHECK_DIGITS = 16
"""Hexadecimal digits of a note's own hash, which detects damage."""


def known_fingerprint(path: Path) -> str:
    """Return the fingerprint of a file's content, from the cache if it is there.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: it cannot be read, or is not a file.

    """
    key = _key(file_status(path))
    if (known := recall(key)) is not None:
        return known
    mark = fingerprint(path)
    after = file_status(path)
    if _key(after) == key and time.time_ns() - after.st_mtime_ns >= SETTLED_NS:
        note(key, mark)
    return mark


def recall(key: str) -> str | None:
    """Return the fingerprint that was noted under a key, which is ASCII; None if there is none."""
    try:
        return _read(_file(key), key)
    except UsageError:  # no home, no notes
        return None


def note(key: str, mark: str) -> None:
    """Note a fingerprint under a key that stands for one content, if that can be written."""
    with suppress(OSError, UsageError):  # a full or read-only disk: it is read again next time
        _write(_file(key), key, mark)


def forget() -> None:
    """Delete all notes.

    Raises:
        OSError: some cannot be deleted.

    """
    folder = cache_dir() / FOLDER
    if folder.exists():
        shutil.rmtree(folder)


def is_still(path: Path, mark: str) -> bool:
    """Return whether a file still has the given fingerprint; False if it cannot be read."""
    try:
        return known_fingerprint(path) == mark
    except VideoError:
        return False


def _key(status: os.stat_result) -> str:
    return f"{SCHEME} {status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}"


def _file(key: str) -> Path:
    return cache_dir() / FOLDER / hashlib.sha256(key.encode()).hexdigest()


def _read(note: Path, key: str) -> str | None:
    """Return the fingerprint in a note; None unless it is intact and of that file."""
    try:
        content = note.read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    mark = content.removeprefix(key).split()[0:1]
    return mark[0] if mark and content == _note(key, mark[0]) else None


def _write(note: Path, key: str, mark: str) -> None:
    """Write a note atomically."""
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
