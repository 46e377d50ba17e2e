"""A cache of results on disk: what was seen and heard in clips, so that nothing is done twice.

An entry is one file: a line of JSON with its key and a hash, then the content. It is written under
another name and then renamed, so any number of processes can read and write at once. An entry that
cannot be read, is damaged or has another key is a miss; if none can be written, none is stored.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from vidqa.errors import UsageError
from vidqa.system import paths
from vidqa.system.config import DEFAULTS, setting
from vidqa.system.texts import from_json

FOLDER = "results"
"""Name of the folder in the cache directory."""
DRAFT = ".draft-"
DRAFT_LIFE_S = 3600
"""Seconds after which a draft is taken to be left by a killed process."""
UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
UNCOUNTED = 64
"""Divisor of the limit: a process stores this part before it counts all entries again."""
HEADER_BYTES = 1 << 16
"""Bytes of the first line, at most."""


Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Kept:
    """One cache entry."""

    file: Path
    kind: str
    """Kind of entry: `heard`, `encoded` or `read`."""
    about: str
    """Name of the clip when the entry was made."""
    size_bytes: int
    used_s: float
    """Seconds since 1970 at its last use."""


class Cache:
    """A cache of contents by kind and key; the least recently used are deleted first."""

    def __init__(self, root: Path | None = None, *, limit_bytes: int | None = None) -> None:
        """Open the cache in a folder.

        Args:
            root: the user's cache directory if None.
            limit_bytes: the user's setting if None; 0 stores nothing.

        """
        self._folder = (paths.cache_dir() if root is None else root) / FOLDER
        limit = setting("keep").value or DEFAULTS["keep"]
        self._limit_bytes = read_size(limit) if limit_bytes is None else limit_bytes
        self._room_bytes = 0
        """Bytes that can be stored before all entries are counted again."""

    def get(self, kind: str, key: Mapping[str, Any]) -> bytes | None:
        """Return the content of an entry; None if it does not exist or is damaged."""
        file = self._file(kind, key)
        try:
            head, _, content = file.read_bytes().partition(b"\n")
            header = from_json(head)
            whole = header["key"] == _plain(key) and header["hash"] == _hash(content)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if not whole:
            return None
        with suppress(OSError):
            os.utime(file)
        return content

    def recall(self, kind: str, key: Mapping[str, Any], made: type[Made]) -> Made | None:
        """Return the value of an entry, stored as `written`; None if it is of another version."""
        content = self.get(kind, key)
        if content is None:
            return None
        try:
            return read_back(made, content)
        except ValueError:
            return None

    def put(self, kind: str, key: Mapping[str, Any], content: bytes, *, about: str) -> None:
        """Store a content, and delete old entries above the limit."""
        if len(content) > self._limit_bytes:
            return
        header = {"kind": kind, "about": about, "key": _plain(key), "hash": _hash(content)}
        whole = json.dumps(header).encode() + b"\n" + content
        file = self._file(kind, key)
        with suppress(OSError):  # a full or read-only disk: it is computed again next time
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=DRAFT)
            draft = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(whole)
                draft.replace(file)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        self._room_bytes -= len(whole)
        if self._room_bytes < 0:
            self.prune(self._limit_bytes)
            left = self._limit_bytes - self.size_bytes()
            self._room_bytes = min(left, self._limit_bytes // UNCOUNTED)

    def entries(self) -> list[Kept]:
        """Return all entries, the most recently used first."""
        found = [entry for file in self._files() if (entry := _entry(file)) is not None]
        return sorted(found, key=lambda entry: entry.used_s, reverse=True)

    def size_bytes(self) -> int:
        """Return the size of all entries."""
        return sum(size for _, size, _ in self._sizes())

    def prune(self, limit_bytes: int) -> int:
        """Delete the least recently used until the rest fits the limit; return the bytes freed."""
        freed, left = 0, self._sizes()
        total = sum(size for _, size, _ in left)
        for _, size, file in sorted(left):
            if total - freed <= limit_bytes:
                break
            with suppress(OSError):
                file.unlink()
                freed += size
        self._sweep()
        return freed

    def clear(self) -> int:
        """Delete all entries, drafts included; return the bytes freed.

        Raises:
            OSError: something cannot be deleted.

        """
        freed = self.size_bytes()
        if self._folder.exists():
            shutil.rmtree(self._folder)
        return freed

    def _sizes(self) -> list[tuple[float, int, Path]]:
        """Return each entry's time of last use, size and file."""
        sizes = []
        for file in self._files():
            with suppress(OSError):
                status = file.stat()
                sizes.append((status.st_mtime, status.st_size, file))
        return sizes

    def _files(self) -> Iterator[Path]:
        return (one for one in self._folder.glob("*/*") if not one.name.startswith("."))

    def _file(self, kind: str, key: Mapping[str, Any]) -> Path:
        return self._folder / kind / _hash(json.dumps(_plain(key)).encode())

    def _sweep(self) -> None:
        """Delete drafts of killed processes, here and in folders beside this one."""
        beside = self._folder.parent.glob(f"*/{DRAFT}*")
        for draft in (*beside, *self._folder.glob(f"*/{DRAFT}*")):
            with suppress(OSError):
                if time.time() - draft.stat().st_mtime > DRAFT_LIFE_S:
                    draft.unlink()


def written(value: object) -> bytes:
    """Serialize a dataclass, or a tuple of them, as JSON, to be read with `read_back`."""
    from pydantic import TypeAdapter

    return TypeAdapter(type(value)).dump_json(value)


def read_back(kind: type[Made], content: bytes) -> Made:
    """Restore a value of a type from the JSON of `written`.

    Raises:
        ValueError: it was made of something else, such as another version of the type.

    """
    from pydantic import TypeAdapter

    adapter = TypeAdapter(kind)
    made = adapter.validate_json(content, strict=True)
    if adapter.dump_json(made) != content:
        raise ValueError("more is written there")
    return made


def read_size(text: str) -> int:
    """Return the bytes of `5GB`, `200 MB` or `0`.

    Raises:
        UsageError: it is not a size.

    """
    number = text.strip().upper().rstrip("KMGTB")
    unit = text.strip().upper()[len(number) :]
    try:
        size = float(number) * UNITS["" if unit == "B" else unit]
        if size < 0:
            raise ValueError
        return int(size)
    except (ValueError, KeyError, OverflowError) as error:
        raise UsageError(f"{text!r} is not a size", hint="write it as 5GB or 200MB") from error


def _entry(file: Path) -> Kept | None:
    try:
        with file.open("rb") as stream:
            header = from_json(stream.readline(HEADER_BYTES))
        status = file.stat()
        return Kept(
            file, str(header["kind"]), str(header["about"]), status.st_size, status.st_mtime
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _plain(key: Mapping[str, Any]) -> Any:
    """Return a key as it comes back from JSON."""
    return from_json(json.dumps(key, sort_keys=True, default=str))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
