"""The cache of verified folders.

An entry is a folder with a marker (`verified.json`) that lists every file with its hash. It is
built aside, hashed, and renamed into place, so it exists whole or not at all. Using an entry
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
"""The folder below the root of entries that are being built, or that killed processes left."""

LOCKS = "locks"
"""The folder below the root with an empty file for every entry ever built or removed."""


_HASHED: dict[Path, dict[str, list[Stamp]]] = {}
"""Stamps of the files that this process last found intact, by cache and key."""


class Store:
    """Verified folders by key, such as `wheels/<package>-<version>`, `models/<name>/<revision>`."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = paths.cache_dir() if root is None else root
        self._hashed = _HASHED.setdefault(self.root, {})

    def path(self, key: str) -> Path:
        """Return the path of the entry, which need not exist."""
        return self.root / key

    def has(self, key: str) -> bool:
        """Return whether the entry was published; it may be damaged."""
        return read_marker(self.path(key)) is not None

    def usable(self, key: str) -> bool:
        """Return whether `folder` would succeed."""
        try:
            self.folder(key)
        except (ModelMissingError, ModelDamagedError):
            return False
        return True

    def folder(self, key: str) -> Path:
        """Return the folder of an entry, checked for use.

        Raises:
            ModelMissingError: never published, or its marker is gone.
            ModelDamagedError: a file is gone, has other bytes than were verified, or was added.

        """
        hashed = self._hashed.get(key, ())  # by this process, if the marker cannot be renewed
        return self._checked(
            key,
            lambda one, folder: (
                one.untouched(folder) or stamp(folder, one.path, one.sha256) in hashed
            ),
        )

    def verify(self, key: str) -> Path:
        """Return the folder as `folder` does, but read every byte again."""
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
            with suppress(OSError):  # on a read-only or full disk: hashed again the next time
                write_marker(folder, source, fresh)
        return folder

    @contextmanager
    def publish(self, key: str, source: str = "") -> Iterator[Path]:
        """Yield an empty folder to fill, which becomes the entry at the end.

        An existing entry of that key is replaced. If the body fails, nothing changes.
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
        with suppress(PermissionError):  # some file systems have no permissions
            draft.chmod(0o755)
        target.parent.mkdir(parents=True, exist_ok=True)
        grave = self._draft(key)
        if target.exists():
            target.replace(grave)
        draft.replace(target)
        sync_folder(target.parent)
        shutil.rmtree(grave, ignore_errors=True)

    def remove(self, key: str) -> bool:
        """Delete an entry atomically (renamed away, then deleted); False if there was none."""
        if not self.path(key).exists():
            return False
        grave = self._draft(key)
        self.path(key).replace(grave)
        shutil.rmtree(grave, ignore_errors=True)
        return True

    def keys(self, prefix: str) -> list[str]:
        """Return the keys of the published entries directly below a prefix."""
        parent = self.root / prefix
        if not parent.is_dir():
            return []
        return sorted(
            f"{prefix}/{one.name}" for one in parent.iterdir() if (one / MARKER).is_file()
        )

    def folders(self, prefix: str) -> list[str]:
        """Return the keys of the folders directly below a prefix."""
        parent = self.root / prefix
        there = parent.iterdir() if parent.is_dir() else []
        return sorted(f"{prefix}/{one.name}" for one in there if one.is_dir())

    def size_bytes(self, key: str) -> int:
        """Return the bytes that an entry's files take on disk."""
        marker = read_marker(self.path(key))
        return sum(one.size for one in marker[1]) if marker else 0

    def origin(self, key: str) -> str:
        """Return the source of an entry's files; empty if there is no such entry."""
        marker = read_marker(self.path(key))
        return marker[0] if marker else ""

    def sweep(self) -> None:
        """Remove the drafts that dead processes left, but not those being built now."""
        for draft in sorted((self.root / DRAFTS).glob("*")):
            lock = self._lock(draft.name.rpartition(".")[0])
            # Another process has the lock (filelock's Timeout is an OSError), or a read-only disk.
            with suppress(OSError, NotImplementedError), lock.acquire(timeout=0):
                shutil.rmtree(draft, ignore_errors=True)

    @contextmanager
    def lock(self, key: str, on_wait: Callable[[], object] = lambda: None) -> Iterator[None]:
        """Lock an entry for one writer; `on_wait` is called if another process holds the lock."""
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
    """Return a key as one file name; in its drafts' names it stands before the last dot."""
    return key.replace("/", "--")
