"""The disk that copies of clips take, within a bound, in the order in which they are wanted."""

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vidqa.errors import ClipUnreachableError, NoSpaceError, UsageError
from vidqa.system.paths import cache_dir

PREFIX = "copies-"
SPARE_BYTES = 256 << 20
"""Bytes left free on the disk beside the copies."""
LONGEST_END_S = 5.0
"""Seconds that copies under way have to end when all is over."""
ROOM = "free some space, or set VIDQA_CACHE_DIR to a folder on a larger disk"
MORE = "vidqa config set copies 20GB allows more"


class StageFullError(ClipUnreachableError):
    """No room for a copy until clips that are being asked are done."""


class StageClosedError(ClipUnreachableError):
    """The run is over: nobody wants the copy."""


class Ticket:
    """The place of one clip in the queue for disk, and what it takes of it."""

    def __init__(self, stage: "Stage", number: int) -> None:
        self._stage, self.number = stage, number
        self.held_bytes: int | None = None
        """None: it waits."""
        self.is_needed = False
        """Whether nothing goes on until it has its room."""
        self.folder: Path | None = None
        self.is_alone = False
        """Whether it waits until no other copy is there."""

    def take(self, size_bytes: int | None) -> Path:
        """Wait for room, and return a new folder; a file of unknown size takes all there is.

        Raises:
            ClipUnreachableError: it is larger than the bound, or the disk is full and no copy on
                it will go.
            StageFullError: it is needed, and there will be no room until others are done.
            StageClosedError: it is not wanted any more.

        """
        return self._stage.take(self, size_bytes)

    def retreat(self) -> None:
        """Give the room back after the disk was full, to wait until no other copy is there.

        Raises:
            ClipUnreachableError: that was so already.

        """
        self._stage.retreat(self)

    def need(self) -> None:
        """Say that somebody waits for it, so that it fails rather than wait for ever."""
        self._stage.need(self)

    def check(self, done_bytes: int) -> None:
        """Check a copy on its way. Raises StageClosedError, or ClipUnreachableError: it grew."""
        if self._stage.is_closed:
            raise StageClosedError("the run is over")
        if self.held_bytes is not None and done_bytes > self.held_bytes:
            raise ClipUnreachableError(
                f"more than the {self.held_bytes / 1e6:.1f} MB come that it was said to have"
            )

    def shrink(self, size_bytes: int) -> None:
        """Give back what is not needed after all."""
        self._stage.shrink(self, size_bytes)

    def drop(self) -> None:
        """Delete the copy and leave the queue; twice is once."""
        self._stage.drop(self)


class Stage:
    """A bounded folder of copies. Whoever came first gets room first."""

    def __init__(self, most_bytes: int, *, parent: Callable[[], Path] = cache_dir) -> None:
        """Nothing is made until the first copy.

        Args:
            most_bytes: what all copies take at once, at most.
            parent: returns the folder that the copies' folder is made in.

        """
        self.most_bytes = most_bytes
        self.is_closed = False
        self._parent = parent
        self._change = threading.Condition()
        self._waiting = dict[int, Ticket]()
        self._holding = dict[int, Ticket]()
        self._copying = set[int]()
        self._count = 0
        self._root: Path | None = None
        self._lock: int | None = None

    def ticket(self) -> Ticket:
        """Return the next place in the queue."""
        with self._change:
            one = Ticket(self, self._count)
            self._count += 1
            self._waiting[one.number] = one
            return one

    def take(self, one: Ticket, size_bytes: int | None) -> Path:
        """See `Ticket.take`."""
        wanted = self.most_bytes if size_bytes is None else size_bytes
        with self._change:
            if wanted > self.most_bytes:
                raise ClipUnreachableError(
                    f"a copy of it takes {wanted / 1e6:.1f} MB of disk, and copies may take "
                    f"{self.most_bytes / 1e6:.1f} MB",
                    hint=MORE,
                )
            while not self._has_room(one, wanted, least=size_bytes or 0):
                self._change.wait()
            folder = self._folder(one)
            self._holding[one.number] = self._waiting.pop(one.number)
            self._copying.add(one.number)
            one.held_bytes, one.folder = wanted, folder
            self._change.notify_all()
            return folder

    def retreat(self, one: Ticket) -> None:
        """See `Ticket.retreat`."""
        with self._change:
            if one.is_alone:
                raise ClipUnreachableError(
                    f"there is no room for a copy of it on the disk of {self._home()}", hint=ROOM
                )
            if one.folder is not None:
                shutil.rmtree(one.folder, ignore_errors=True)
            self._waiting[one.number] = self._holding.pop(one.number)
            self._copying.discard(one.number)
            one.held_bytes, one.folder, one.is_alone = None, None, True
            self._change.notify_all()

    def need(self, one: Ticket) -> None:
        """See `Ticket.need`."""
        with self._change:
            one.is_needed = True
            self._change.notify_all()

    def shrink(self, one: Ticket, size_bytes: int) -> None:
        """See `Ticket.shrink`."""
        with self._change:
            self._copying.discard(one.number)
            if one.held_bytes is not None:
                one.held_bytes = size_bytes
            self._change.notify_all()

    def drop(self, one: Ticket) -> None:
        """See `Ticket.drop`."""
        with self._change:
            if one.folder is not None:
                shutil.rmtree(one.folder, ignore_errors=True)
            for queue in (self._waiting, self._holding):
                queue.pop(one.number, None)
            self._copying.discard(one.number)
            one.held_bytes = one.folder = None
            self._change.notify_all()

    def close(self) -> None:
        """Delete all copies; whoever waits for one is told that it is over."""
        with self._change:
            self.is_closed = True
            self._change.notify_all()
            self._change.wait_for(lambda: not self._copying, LONGEST_END_S)
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
        self._root = self._lock = None

    def _has_room(self, one: Ticket, wanted: int, *, least: int) -> bool:
        """Return whether a ticket can have its room now. Raises as `Ticket.take`.

        Args:
            one: the ticket.
            wanted: its bytes of the bound.
            least: the bytes that must be free on the disk; fewer where its size is not known.

        """
        if self.is_closed or one.number not in self._waiting:
            raise StageClosedError("it is not wanted any more")
        if one.number != min(self._waiting):
            return False
        if one.is_alone and self._holding:
            return self._refuse_if_needed(one)
        held = sum(other.held_bytes or 0 for other in self._holding.values())
        free = self._free_bytes()
        if held + wanted <= self.most_bytes and least + SPARE_BYTES <= free:
            return True
        if not self._holding:
            raise ClipUnreachableError(
                f"a copy of it takes {least / 1e6:.0f} MB in {self._home()}, and "
                f"{max(0, free - SPARE_BYTES) / 1e6:.0f} MB are free for it",
                hint=ROOM,
            )
        return self._refuse_if_needed(one)

    @staticmethod
    def _refuse_if_needed(one: Ticket) -> bool:
        """Return that there is no room yet. Raises StageFullError: there will be none."""
        if one.is_needed:
            one.is_needed = False
            hint = ROOM if one.is_alone else MORE
            raise StageFullError("there is no room for a copy of it beside the others", hint=hint)
        return False

    def _free_bytes(self) -> int:
        """Return the free bytes of the disk that no copy under way will take."""
        home = self._home()
        there = next(one for one in (home, *home.parents) if one.exists())
        free = shutil.disk_usage(there).free
        for number in self._copying:
            one = self._holding[number]
            free -= max(0, (one.held_bytes or 0) - _size(one.folder))
        return free

    def _home(self) -> Path:
        try:
            return self._parent()
        except UsageError:  # no home directory
            return Path(tempfile.gettempdir())

    def _folder(self, one: Ticket) -> Path:
        """Make the folder of a copy."""
        try:
            if self._root is None:
                self._root, self._lock = _locked_folder(self._home())
            folder = self._root / str(one.number)
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise NoSpaceError(
                f"no copy can be written in {self._home()}: {error.strerror}",
                hint="set VIDQA_CACHE_DIR to a folder that can be written",
            ) from error
        return folder


def _locked_folder(home: Path) -> tuple[Path, int]:
    """Make a folder that no other process sweeps while this one lives. Raises OSError."""
    home.mkdir(parents=True, exist_ok=True)
    _sweep(home)
    while True:
        root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
        lock = os.open(root, os.O_RDONLY)
        with suppress(OSError):  # a file system without locks: nobody can sweep there
            fcntl.flock(lock, fcntl.LOCK_EX)
        if root.exists():  # else it was swept before it was locked
            return root, lock
        os.close(lock)


def _sweep(home: Path) -> None:
    """Delete the copies of processes that were killed: nobody holds the lock of their folder."""
    for folder in home.glob(f"{PREFIX}*"):
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _size(folder: Path | None) -> int:
    if folder is None:
        return 0
    with suppress(OSError):
        return sum(file.stat().st_size for file in folder.iterdir())
    return 0
