"""Fingerprint files by their content, never by their names, cheaply even for gigabytes.

Files of up to 16 MiB are hashed whole. Of a larger file, the size and sixteen blocks of 1 MiB are
hashed: the first, the last, and the others evenly between them. So two large files get the same
fingerprint if they have the same size and differ only between those blocks, such as two edits of
one recording that keep every byte's place. Re-encoding, cutting or remuxing a clip moves its bytes
and changes the fingerprint.
"""

import hashlib
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import stat_result
from pathlib import Path
from typing import BinaryIO

from vidqa.errors import ClipNotFoundError, NotAVideoError

SCHEME = "v1"
"""Version of the scheme; changes whenever the same file would get another fingerprint."""

BLOCK_BYTES = 1 << 20
BLOCKS = 16
WHOLE_BYTES = BLOCK_BYTES * BLOCKS
"""Bytes up to which a file is hashed whole."""


def fingerprint(path: Path) -> str:
    """Return the fingerprint of a file's content, such as `v1:9f86d081...`.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: it cannot be read, or is not a file: opening a pipe would block forever.

    """
    size_bytes = file_status(path).st_size
    with _errors(path), path.open("rb") as file:
        return fingerprint_of(size_bytes, (_part(file, *part) for part in parts_of(size_bytes)))


def fingerprint_of(size_bytes: int, parts: Iterable[bytes]) -> str:
    """Return the fingerprint of a content, wherever it is.

    Args:
        size_bytes: of all of it.
        parts: the bytes of `parts_of` it.

    """
    digest = hashlib.sha256(f"{SCHEME} {size_bytes}\n".encode())
    for part in parts:
        digest.update(part)
    return f"{SCHEME}:{digest.hexdigest()}"


def parts_of(size_bytes: int) -> list[tuple[int, int]]:
    """Return where the parts that are hashed begin and end."""
    return [(begin, min(begin + BLOCK_BYTES, size_bytes)) for begin in _offsets(size_bytes)]


def file_status(path: Path) -> stat_result:
    """Return the `stat` result of a regular file. Raises as `fingerprint` does."""
    with _errors(path):
        status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise NotAVideoError(f"{str(path)!r} is not a file")
    return status


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ClipNotFoundError(f"there is no file {str(path)!r}") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise NotAVideoError(f"{str(path)!r} cannot be read: {why}") from error


def _part(file: BinaryIO, begin: int, end: int) -> bytes:
    file.seek(begin)
    return file.read(end - begin)


def _offsets(size_bytes: int) -> list[int]:
    """Return the offsets of the blocks that are hashed."""
    if size_bytes <= WHOLE_BYTES:
        return list(range(0, size_bytes, BLOCK_BYTES))
    last = size_bytes - BLOCK_BYTES
    return [last * index // (BLOCKS - 1) for index in range(BLOCKS)]
