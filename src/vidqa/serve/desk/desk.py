"""One queue before one model: a worker takes job after job, those about the open clip first."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Condition, Thread
from typing import TYPE_CHECKING

from vidqa.errors import VidqaError
from vidqa.serve.desk.bench import Bench, View
from vidqa.serve.desk.metrics import Metrics
from vidqa.serve.settings import MOST_WAITING

if TYPE_CHECKING:
    from vidqa.serve.socket.wire import Event as Said

MOST_PASSED = 8
"""Times that later jobs about the open clip go before one about another."""
ENDS_WITHIN_S = 3.0
"""Seconds that a job has to notice that the desk is closed: it may be decoding."""
BUSY_S = 5
"""Seconds after which who is refused may ask again."""

log = logging.getLogger(__name__)
Tell = Callable[["Said"], None]
"""Hands over what comes of a job. Raises Gone where nobody waits for it any more."""


class FullError(Exception):
    """As many jobs wait as may."""


class GoneError(Exception):
    """Whoever asked has gone away."""


class ClosedError(Exception):
    """The server ends before the job was done."""


class BrokenError(Exception):
    """A job failed in a way that no user can mend; the log has its traceback."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A job is over."""

    error: VidqaError | BrokenError | ClosedError | None


@dataclass(eq=False, slots=True)
class Job:
    """Something to do with the model."""

    view: View | None
    """The clip that it is about; None if it opens none."""
    work: Callable[[Bench, Tell], None]
    say: Callable[["Said | Ended"], object]
    """Called in the worker's thread with what comes of it, the end last."""
    is_gone: bool = False
    """Whether nobody waits for it any more."""
    passed: int = 0
    """How often later ones went first."""

    def tell(self, said: "Said") -> None:
        """Hand something over. Raises GoneError."""
        self.require_wanted()
        self.say(said)

    def require_wanted(self) -> None:
        """Raise GoneError if nobody waits for it any more."""
        if self.is_gone:
            raise GoneError


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the queue; leave it when nobody waits any more."""

    _job: Job
    _said: "asyncio.Queue[Said | Ended]"

    async def events(self) -> AsyncIterator["Said"]:
        """Yield what comes of the job.

        Raises:
            VidqaError: the job raised it.
            ClosedError: the server ends.
            BrokenError: it failed otherwise.

        """
        while not isinstance(one := await self._said.get(), Ended):
            yield one
        if one.error is not None:
            raise one.error

    def leave(self) -> None:
        """Give the job up, unless it is done."""
        self._job.is_gone = True


class Desk:
    """Takes jobs, and does one after the other in a thread of its own."""

    def __init__(self, bench: Bench, metrics: Metrics, *, most_waiting: int = MOST_WAITING) -> None:
        """Take a bench; `start` begins to work."""
        self.bench, self._metrics, self._most = bench, metrics, most_waiting
        self._jobs: deque[Job] = deque()
        self._current: Job | None = None
        self._changed = Condition()
        self._needed = 0
        self._is_closed, self._idle_since = False, time.monotonic()
        self._thread = Thread(target=self._run, name="desk", daemon=True)
        metrics.follow_queue(lambda: len(self._jobs))

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def give_up(self) -> None:
        """Finish nothing more, and take no more jobs."""
        with self._changed:
            self._is_closed = True
            for job in [*self._jobs, *filter(None, [self._current])]:
                job.is_gone = True
            for job in self._jobs:
                job.say(Ended(ClosedError()))
            self._jobs.clear()
            self._changed.notify_all()

    def close(self) -> None:
        """Give up, and wait a little until the job at hand has noticed."""
        self.give_up()
        if self._thread.is_alive():
            self._thread.join(ENDS_WITHIN_S)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is done, waits, or is asked."""
        with self._changed:
            return self._current is None and not self._jobs and not self._needed

    @property
    def idle_s(self) -> float:
        """Seconds since the last job, 0 while there is one."""
        with self._changed:
            return time.monotonic() - self._idle_since if self.is_idle else 0.0

    def enter(self, view: View | None, work: Callable[[Bench, Tell], None]) -> "Ticket":
        """Put a job into the queue.

        Args:
            view: the clip that it is about.
            work: called with the bench and what hands over, in the worker's thread.

        Raises:
            FullError: too many wait.

        """
        loop, said = asyncio.get_running_loop(), asyncio.Queue["Said | Ended"]()

        def say(one: "Said | Ended") -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens
                loop.call_soon_threadsafe(said.put_nowait, one)

        job = Job(view, work, say)
        self._enter(job)
        return Ticket(job, said)

    @contextmanager
    def needed(self) -> Iterator[None]:
        """Be not idle for the body."""
        with self._changed:
            self._needed += 1
        try:
            yield
        finally:
            with self._changed:
                self._needed -= 1
                self._idle_since = time.monotonic()

    @property
    def is_full(self) -> bool:
        """Whether it takes no more jobs."""
        with self._changed:
            waiting = sum(not one.is_gone for one in self._jobs)
            return self._is_closed or waiting >= self._most

    def _enter(self, job: Job) -> None:
        with self._changed:
            self._jobs = deque(one for one in self._jobs if not one.is_gone)
            if self.is_full:
                raise FullError
            self._jobs.append(job)
            self._changed.notify_all()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            error = self._done(job)
            with self._changed:
                self._current, self._idle_since = None, time.monotonic()
            job.say(Ended(error))

    def _next(self) -> Job | None:
        """Wait for a job; None once the desk is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._jobs)
            if self._is_closed:
                return None
            first = self._jobs[0]
            alike = next((one for one in self._jobs if self.bench.holds(one.view)), first)
            chosen = first if first.passed >= MOST_PASSED else alike
            for one in self._jobs:
                if one is chosen:
                    break
                one.passed += 1
            self._jobs.remove(chosen)
            self._current = chosen
            return chosen

    def _done(self, job: Job) -> VidqaError | BrokenError | ClosedError | None:
        """Do a job; return why it failed."""
        try:
            job.require_wanted()
            job.work(self.bench, job.tell)
        except GoneError:
            self._metrics.gone.inc()
            return ClosedError() if self._is_closed else None
        except VidqaError as error:
            return error
        except Exception as error:
            log.exception("a job failed")
            broken = BrokenError()
            broken.__cause__ = error
            return broken
        return None
