"""The cache of verified folders.

An entry is a folder with a marker (`verified.json`) that lists every file with its hash. It is
built aside, hashed, and renamed into place, so it is there whole or not at all. Using an entry
costs a `stat` a file; a file that changed in any way since is hashed again before it is used.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from vidqa import paths
from vidqa.errors import ModelDamagedError, ModelMissingError, NoSpaceError
from vidqa.weights.marker import MARKER, Stamp, read_marker, stamp, write_marker

SPARE_BYTES = 64 << 20
"""Left free on the disk beyond what a download needs."""


class Store:
    """Verified folders by key, such as `wheels/<package>-<version>`, `models/<name>/<revision>`."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = paths.cache_dir() if root is None else root

    def path(self, key: str) -> Path:
        """Where the entry is, or would be."""
        return self.root / key

    def has(self, key: str) -> bool:
        """Whether the entry was published; says nothing of its health."""
        return read_marker(self.path(key)) is not None

    def folder(self, key: str) -> Path:
        """The folder of an entry, checked for use.

        Raises:
            ModelMissingError: never published, or its marker is gone.
            ModelDamagedError: a file is gone or has other bytes than were verified.

        """
        return self._checked(key, Stamp.untouched)

    def verify(self, key: str) -> Path:
        """Like `folder`, but every byte is read again."""
        return self._checked(key, lambda _one, _folder: False)

    def _checked(self, key: str, trusted: Callable[[Stamp, Path], bool]) -> Path:
        folder = self.path(key)
        stamps = read_marker(folder)
        if stamps is None:
            raise ModelMissingError(f"{key} is not in the cache ({self.root})")
        try:
            suspects = [one for one in stamps if not trusted(one, folder)]
            damaged = [one for one in suspects if not one.intact(folder)]
        except FileNotFoundError as error:
            raise ModelDamagedError(f"{error.filename} is gone from the cache") from error
        if damaged:
            raise ModelDamagedError(f"{folder / damaged[0].path} is not the file that was verified")
        if suspects:
            self._refresh(folder, stamps)
        return folder

    def _refresh(self, folder: Path, stamps: list[Stamp]) -> None:
        """Remember what intact files look like now; a read-only cache is hashed every time."""
        fresh = [stamp(folder, one.path, one.sha256) for one in stamps]
        if fresh != stamps and os.access(folder, os.W_OK):
            write_marker(folder, fresh)

    @contextmanager
    def publish(self, key: str) -> Iterator[Path]:
        """Give an empty folder to fill; what is in it at the end becomes the entry.

        An entry of that key that was there before is replaced. If the body fails, nothing changes.

        Raises:
            NoSpaceError: the disk is full.

        """
        waiting = self.root / "tmp"
        waiting.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f"{key.replace('/', '--')}.", dir=waiting))
        try:
            with full_disk_errors(self.root):
                yield draft
                self._seal(draft)
                self._replace(draft, self.path(key))
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _seal(self, draft: Path) -> None:
        files = sorted(str(f.relative_to(draft)) for f in draft.rglob("*") if f.is_file())
        for name in files:
            with (draft / name).open("rb") as stream:
                os.fsync(stream.fileno())
        write_marker(draft, [stamp(draft, name) for name in files])

    def _replace(self, draft: Path, target: Path) -> None:
        draft.chmod(0o755)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(draft.parent / f"{draft.name}.old")
            shutil.rmtree(draft.parent / f"{draft.name}.old", ignore_errors=True)
        draft.replace(target)

    def adopt(self, key: str, files: list[Stamp]) -> None:
        """Publish an entry whose files stay where another cache keeps them."""
        with self.publish(key):
            pass
        write_marker(self.path(key), files)

    def remove(self, key: str) -> bool:
        """Delete an entry; False if there was none. The marker goes first."""
        folder = self.path(key)
        (folder / MARKER).unlink(missing_ok=True)
        existed = folder.exists()
        shutil.rmtree(folder, ignore_errors=True)
        return existed

    def keys(self, prefix: str) -> list[str]:
        """The published entries directly below a prefix."""
        parent = self.root / prefix
        if not parent.is_dir():
            return []
        return sorted(
            f"{prefix}/{one.name}" for one in parent.iterdir() if (one / MARKER).is_file()
        )

    def size_bytes(self, key: str) -> int:
        """What an entry takes on the disk."""
        return sum(one.size for one in read_marker(self.path(key)) or [])

    def sweep(self) -> None:
        """Remove what interrupted downloads left; call it only while holding `lock`."""
        shutil.rmtree(self.root / "tmp", ignore_errors=True)

    def sweep_if_idle(self) -> None:
        """Sweep if there is anything to sweep and nobody is writing."""
        if not (self.root / "tmp").is_dir():
            return
        try:
            with FileLock(self.root / "write.lock", timeout=0):
                self.sweep()
        except Timeout:
            return

    @contextmanager
    def lock(self, on_wait: Callable[[], object] = lambda: None) -> Iterator[None]:
        """One writer at a time; `on_wait` is called if somebody else is at it."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "write.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            on_wait()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def require_space(self, needed_bytes: int) -> None:
        """Check the disk before a download.

        Raises:
            NoSpaceError: says how much is needed, how much is free, and where.

        """
        self.root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.root).free
        if free < needed_bytes + SPARE_BYTES:
            raise NoSpaceError(
                f"{needed_bytes / 1e6:.0f} MB are needed in {self.root}, "
                f"{free / 1e6:.0f} MB are free",
                hint="free some space, or set VIDQA_CACHE_DIR to a folder on a larger disk",
            )


@contextmanager
def full_disk_errors(root: Path) -> Iterator[None]:
    """Say plainly that the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise NoSpaceError(
            f"the disk of {root} is full",
            hint="free some space, or set VIDQA_CACHE_DIR to a folder on a larger disk",
        ) from error
