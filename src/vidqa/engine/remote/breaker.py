"""When a server may be asked: not faster than it likes, and not at all while it keeps failing."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from vidqa.errors import EngineGoneError

MOST_FAILURES = 3
"""Requests in a row, each tried several times, after which a server is left alone."""
COOL_S = 30.0
"""Seconds after which one request finds out whether it works again."""


@dataclass(slots=True)
class Breaker:
    """A circuit breaker: it opens after several failures, and closes with one success."""

    name: str
    """Of the server, in messages."""
    clock: Callable[[], float] = time.monotonic
    _failures: int = field(default=0, init=False)
    _opened_s: float = field(default=0.0, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def require_closed(self) -> None:
        """Refuse a request while the server keeps failing.

        Raises:
            EngineGoneError: it failed several times in a row, and not long ago.

        """
        with self._lock:
            if self._failures < MOST_FAILURES:
                return
            if self.clock() - self._opened_s >= COOL_S:
                self._opened_s = self.clock()  # this one finds out; the others wait
                return
        raise EngineGoneError(
            f"{self.name} failed {self._failures} times in a row, and is left alone",
            hint="see its log; with -o the same command goes on where it stopped",
        )

    def failed(self) -> None:
        """Count a request that failed by the fault of the server."""
        with self._lock:
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                self._opened_s = self.clock()

    def worked(self) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures = 0


@dataclass(slots=True)
class Pace:
    """Spreads requests evenly, so that there are no more in a minute than wanted."""

    per_minute: float | None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    _next_s: float = field(default=0.0, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def wait(self) -> None:
        """Wait for the turn of one more request."""
        if self.per_minute is None:
            return
        with self._lock:
            now_s = self.clock()
            turn_s = max(now_s, self._next_s)
            self._next_s = turn_s + 60 / self.per_minute
        if turn_s > now_s:
            self.sleep(turn_s - now_s)
