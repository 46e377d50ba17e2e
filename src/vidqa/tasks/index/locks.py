"""Keep two processes from indexing one clip at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from vidqa.system import paths
from vidqa.system.file_systems import is_unsupported

FOLDER = "index-locks"
"""The folder in the cache of the files that are locked."""
DIGITS = 2
"""Last digits of a fingerprint that name its lock: clips share locks, so that there are few."""


@contextmanager
def one_at_a_time(fingerprint: str, *, waits: bool) -> Iterator[bool]:
    """Keep other processes from a clip meanwhile; yields whether it is ours, if nobody waits.

    A wrong guess that it is taken, because it shares a lock, only postpones it. Where nothing can
    be locked, a clip may be done twice, and is stored once.
    """
    try:
        folder = paths.cache_dir() / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / fingerprint[-DIGITS:])
        lock.acquire(timeout=-1 if waits else 0)
    except Timeout:
        yield False
        return
    except (OSError, NotImplementedError) as error:
        if not (is_unsupported(error) or isinstance(error, OSError)):
            raise
        yield True
        return
    try:
        yield True
    finally:
        lock.release()
