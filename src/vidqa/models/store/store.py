"""The cache of verified folders.

An entry is a folder with a marker (`verified.json`) that lists every file with its hash. It is
built aside, hashed, and renamed into place, so it is there whole or not at all. Using an entry
costs a `stat` a file; a file that changed in any way since is hashed again before it is used.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from vidqa.errors import ModelDamagedError, ModelMissingError
from vidqa.models.store.disk import full_disk_errors
from vidqa.models.store.manifest import (
    MARKER,
    Stamp,
    foreign_files,
    read_marker,
    stamp,
    write_marker,
)
from vidqa.system import paths
from vidqa.system.file_systems import is_unsupported, stand_in, sync_folder

DRAFTS = "tmp"
"""Below the root: entries that are being built, and what killed processes left of theirs."""

LOCKS = "locks"
"""Below the root: one empty file for every entry ever built or removed."""


_HASHED: dict[Path, dict[str, list[Stamp]]] = {}
"""By cache and key, what files looked like when this process last found them whole."""


class Store:
    """Verified folders by key, such as `wheels/<package>-<version>`, `models/<name>/<revision>`."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = paths.cache_dir() if root is None else root
        self._hashed = _HASHED.setdefault(self.root, {})

    def path(self, key: str) -> Path:
        """Where the entry is, or would be."""
        return self.root / key

    def has(self, key: str) -> bool:
        """Whether the entry was published; says nothing of its health."""
        return read_marker(self.path(key)) is not None

    def usable(self, key: str) -> bool:
        """Whether `folder` would return."""
        try:
            self.folder(key)
        except (ModelMissingError, ModelDamagedError):
            return False
        return True

    def folder(self, key: str) -> Path:
        """The folder of an entry, checked for use.

        Raises:
            ModelMissingError: never published, or its marker is gone.
            ModelDamagedError: a file is gone, has other bytes than were verified, or was added.

        """
        hashed = self._hashed.get(key, ())  # by this process, where the marker cannot be renewed
        return self._checked(
            key,
            lambda one, folder: (
                one.untouched(folder) or stamp(folder, one.path, one.sha256) in hashed
            ),
        )

    def verify(self, key: str) -> Path:
        """Like `folder`, but every byte is read again."""
        return self._checked(key, lambda _one, _folder: False)

    def _checked(self, key: str, trusted: Callable[[Stamp, Path], bool]) -> Path:
        folder = self.path(key)
        marker = read_marker(folder)
        if marker is None:
            raise ModelMissingError(f"{key} is not in the cache ({self.root})")
        source, stamps = marker
        if foreign := foreign_files(folder, stamps):
            raise ModelDamagedError(f"{folder / foreign[0]} was not there when it was verified")
        try:
            suspects = [one for one in stamps if not trusted(one, folder)]
            fresh = [stamp(folder, one.path, one.sha256) for one in stamps] if suspects else stamps
            damaged = [one for one in suspects if not one.intact(folder)]
        except FileNotFoundError as error:
            raise ModelDamagedError(f"{error.filename} is gone from the cache") from error
        except OSError as error:
            raise ModelDamagedError(f"{error.filename or folder}: {error.strerror}") from error
        if damaged:
            raise ModelDamagedError(f"{folder / damaged[0].path} is not the file that was verified")
        self._hashed[key] = fresh
        if fresh != stamps:
            with suppress(OSError):  # a read-only or full disk: hashed again the next time
                write_marker(folder, source, fresh)
        return folder

    @contextmanager
    def publish(self, key: str, source: str = "") -> Iterator[Path]:
        """Give an empty folder to fill; what is in it at the end becomes the entry.

        An entry of that key that was there before is replaced. If the body fails, nothing changes.
        Files that the body hashed itself and wrote a marker for are not hashed again.

        Args:
            key: of the entry; hold its lock when others may be writing.
            source: where the files come from, for people who read the marker.

        Raises:
            NoSpaceError: the disk is full.

        """
        with full_disk_errors(self.root):
            draft = self._draft(key)
            try:
                yield draft
                self._seal(draft, source)
                self._replace(draft, key)
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def _draft(self, key: str) -> Path:
        drafts = self.root / DRAFTS
        drafts.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{_flat(key)}.", dir=drafts))

    def _seal(self, draft: Path, source: str) -> None:
        marker = read_marker(draft)
        known = {one.path: one.sha256 for one in marker[1]} if marker else {}
        names = sorted(str(f.relative_to(draft)) for f in draft.rglob("*") if f.is_file())
        files = [name for name in names if name != MARKER]
        for name in files:
            with (draft / name).open("rb") as stream:
                os.fsync(stream.fileno())
        write_marker(draft, source, [stamp(draft, name, known.get(name)) for name in files])
        sync_folder(draft)

    def _replace(self, draft: Path, key: str) -> None:
        target = self.path(key)
        with suppress(PermissionError):  # some file systems know no permissions
            draft.chmod(0o755)
        target.parent.mkdir(parents=True, exist_ok=True)
        grave = self._draft(key)
        if target.exists():
            target.replace(grave)
        draft.replace(target)
        sync_folder(target.parent)
        shutil.rmtree(grave, ignore_errors=True)

    def remove(self, key: str) -> bool:
        """Delete an entry; False if there was none. It leaves its place in one step."""
        if not self.path(key).exists():
            return False
        grave = self._draft(key)
        self.path(key).replace(grave)
        shutil.rmtree(grave, ignore_errors=True)
        return True

    def keys(self, prefix: str) -> list[str]:
        """The published entries directly below a prefix."""
        parent = self.root / prefix
        if not parent.is_dir():
            return []
        return sorted(
            f"{prefix}/{one.name}" for one in parent.iterdir() if (one / MARKER).is_file()
        )

    def folders(self, prefix: str) -> list[str]:
        """The folders directly below a prefix."""
        parent = self.root / prefix
        there = parent.iterdir() if parent.is_dir() else []
        return sorted(f"{prefix}/{one.name}" for one in there if one.is_dir())

    def size_bytes(self, key: str) -> int:
        """What an entry's files take on the disk."""
        marker = read_marker(self.path(key))
        return sum(one.size for one in marker[1]) if marker else 0

    def origin(self, key: str) -> str:
        """Where an entry's files come from; empty if there is no such entry."""
        marker = read_marker(self.path(key))
        return marker[0] if marker else ""

    def sweep(self) -> None:
        """Remove the drafts that dead processes left; those being built now are left alone."""
        for draft in sorted((self.root / DRAFTS).glob("*")):
            lock = self._lock(draft.name.rpartition(".")[0])
            # Somebody has the lock (filelock's Timeout is an OSError), or the disk is read-only.
            with suppress(OSError, NotImplementedError), lock.acquire(timeout=0):
                shutil.rmtree(draft, ignore_errors=True)

    @contextmanager
    def lock(self, key: str, on_wait: Callable[[], object] = lambda: None) -> Iterator[None]:
        """One writer of an entry at a time; `on_wait` is called if somebody else is at it."""
        lock = self._lock(_flat(key))
        try:
            _acquire(lock, on_wait)
        except (OSError, NotImplementedError) as error:
            if not is_unsupported(error):
                raise
            lock = FileLock(stand_in(Path(lock.lock_file)))
            _acquire(lock, on_wait)
        try:
            yield
        finally:
            lock.release()

    def _lock(self, flat: str) -> FileLock:
        locks = self.root / LOCKS
        locks.mkdir(parents=True, exist_ok=True)
        return FileLock(locks / f"{flat}.lock")


def _acquire(lock: BaseFileLock, on_wait: Callable[[], object]) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_wait()
        lock.acquire()


def _flat(key: str) -> str:
    """A key as one file name. It stands before the last dot of its drafts' names."""
    return key.replace("/", "--")
