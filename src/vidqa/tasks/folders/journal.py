"""A journal of records in a JSONL file: each is on disk before it counts, and none is torn.

A killed process leaves at most the beginning of one line, which is cut off when the file is opened
again. One process at a time writes; a second one is refused.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vidqa.errors import NoSpaceError, UsageError
from vidqa.system.file_systems import FULL, is_unsupported, stand_in, sync_folder
from vidqa.system.texts import from_json

Record = dict[str, Any]
"""A record: one JSON object."""

DRAFT = ".draft"
"""Suffix of a file that will replace another."""


class Journal:
    """A file of records, to which more can be appended."""

    def __init__(self, path: Path) -> None:
        """Open a file, which need not exist yet, and read its records.

        Raises:
            UsageError: it cannot be read or written, is in use, or holds something else.
            NoSpaceError: the disk is full.

        """
        self.path = Path(os.path.realpath(path))
        """Path with links followed: the linked file is written, and the link stays."""
        self._stand_in: int | None = None
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            with disk_errors(self.path):
                self._lock()
                self._sweep()
                content = self._content()
                whole = content[: content.rfind(b"\n") + 1]
                self.records = _parsed(whole, self.path)
                """Records in the order of the file."""
                self.torn_bytes = len(content) - len(whole)
                """Bytes of an incomplete last line, which was cut off."""
                if self.torn_bytes:
                    _require_record(content[len(whole) :], self.path)
                    os.ftruncate(self._file, len(whole))
                sync_folder(self.path.parent)
        except BaseException:
            self.close()
            raise

    def append(self, record: Record) -> None:
        """Append a record; it is on disk when this returns.

        Raises:
            NoSpaceError: the disk is full; the file is as it was.
            UsageError: it cannot be written.

        """
        line = _line(record)
        with disk_errors(self.path):
            before = os.fstat(self._file).st_size
            try:
                _write(self._file, line)
                os.fsync(self._file)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._file, before)
                raise
        self.records.append(record)

    def arrange(self, records: Sequence[Record]) -> None:
        """Replace the file's records by these, in this order, atomically.

        Raises:
            NoSpaceError: the disk is full; the file is as it was.
            UsageError: it cannot be written.

        """
        if list(records) == self.records:
            return
        with disk_errors(self.path):
            descriptor, name = tempfile.mkstemp(
                dir=self.path.parent, prefix=self._draft_prefix, suffix=DRAFT
            )
            draft = Path(name)
            try:
                _write(descriptor, b"".join(map(_line, records)))
                with suppress(PermissionError):  # some file systems have no permissions
                    os.fchmod(descriptor, os.fstat(self._file).st_mode & 0o777)
                os.fsync(descriptor)
                if self._stand_in is None:
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                draft.replace(self.path)
                sync_folder(self.path.parent)
            except BaseException:
                os.close(descriptor)
                draft.unlink(missing_ok=True)
                raise
        os.close(self._file)
        self._file = descriptor
        self.records = list(records)

    def close(self) -> None:
        """Release the file for other processes."""
        os.close(self._file)
        if self._stand_in is not None:
            os.close(self._stand_in)

    def _lock(self) -> None:
        try:
            self._flock()
            is_there = os.path.samestat(os.fstat(self._file), self.path.stat())
        except BlockingIOError:
            is_there = False
        if not is_there:  # or another process has just replaced it
            raise UsageError(
                f"another vidqa is writing {self.path}",
                hint="wait for it, or write to another file",
            )

    def _flock(self) -> None:
        """Lock the file, or a stand-in if its file system has no locks."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if not is_unsupported(error):
                raise
            self._stand_in = os.open(stand_in(self.path), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._stand_in, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @property
    def _draft_prefix(self) -> str:
        return f".{self.path.name}."

    def _sweep(self) -> None:
        """Delete drafts of killed processes; the lock excludes other writers."""
        for file in self.path.parent.iterdir():
            middle = file.name.removeprefix(self._draft_prefix).removesuffix(DRAFT)
            if file.name == f"{self._draft_prefix}{middle}{DRAFT}" and "." not in middle:
                file.unlink(missing_ok=True)

    def _content(self) -> bytes:
        parts = []
        os.lseek(self._file, 0, os.SEEK_SET)
        while part := os.read(self._file, 1 << 20):
            parts.append(part)
        return b"".join(parts)


def _parsed(content: bytes, path: Path) -> list[Record]:
    records = []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            record = from_json(line)
            if not isinstance(record, dict) or "schema_version" not in record:
                raise ValueError("no record")
        except ValueError as error:
            raise UsageError(
                f"line {number} of {path} is not a record of vidqa; nothing was written",
                hint="write to another file",
            ) from error
        records.append(record)
    return records


def _require_record(torn: bytes, path: Path) -> None:
    """Refuse to cut off anything but the beginning of a record."""
    if not torn.startswith(b'{"schema_version"'[: len(torn)]):
        raise UsageError(
            f"the end of {path} is not a record of vidqa; nothing was written",
            hint="write to another file",
        )


def _line(record: Record) -> bytes:
    # ASCII: a file name that is not valid text is escaped
    return json.dumps(record).encode("ascii") + b"\n"


def _write(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors on writing a file into vidqa's.

    Raises:
        NoSpaceError: the disk is full.
        UsageError: it cannot be written.

    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoSpaceError(
                f"the disk is full; {path} holds what was answered until now",
                hint="make room, then give the same command again: it goes on where it stopped",
            ) from error
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
