"""Run decoding jobs in processes, so that a crash, hang or lack of memory ends only the job."""

import os
import re
import signal
import site
import subprocess
import sys
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from vidqa.errors import DecoderError
from vidqa.media.worker import transport
from vidqa.media.worker.messages import LONGEST_TRACE, Beat, Done, Failed, Item, Job, More
from vidqa.media.worker.patience import BUSY_MACHINE, Patience
from vidqa.media.worker.typed import fits, result_hint
from vidqa.system.paths import PACKAGE

SILENCE_S = 20
"""Seconds without a heartbeat after which a decoder that nothing holds up is taken to hang."""

FAULT = "a fault of vidqa or its libraries: "

PLACE = re.compile(r'\s*File "([^"]*)", line (\d+)')
"""A line of a traceback that names a file and a line."""

TRIES = 2
"""Times a job is started if its process crashes or hangs: the machine may be the cause."""

MEMORY_BYTES = 4 << 30
"""Bytes a worker may allocate; a clip that needs more is a trap, or too large for most machines."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Worker:
    """One child process, kept warm from job to job; replaced after a job has ended it."""

    def __init__(self, *, memory_bytes: int = MEMORY_BYTES, silence_s: float = SILENCE_S) -> None:
        self._memory_bytes = memory_bytes
        self._silence_s = silence_s
        self._child: _Child | None = None

    def start(self) -> None:
        """Start the process before it is needed; returns at once."""
        if self._child is None or not self._child.is_alive():
            self.close()
            self._child = _Child(self._memory_bytes, self._silence_s)

    def stream(
        self,
        function: Callable[Arguments, Iterator[Result]],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Iterator[Result]:
        """Run a module-level generator function in the worker and yield what it yields.

        A job whose process crashes or hangs is started once more, in a new process, and continues
        where the first stopped: the function must yield the same every time.

        Raises:
            VidqaError: as the function does.
            DecoderError: the process crashed or hung twice, or needed too much memory.

        """
        job, yielded = Job(function, arguments, options, _here()), 0
        for tries_left in reversed(range(TRIES)):
            try:
                with closing(self._run(job)) as items:
                    for item in islice(items, yielded, None):
                        yielded += 1
                        yield item
                return
            except _LostWorkerError:
                if not tries_left:
                    raise

    def _run(self, job: Job) -> Generator[Any]:
        """Try a job once. Raises as `stream` does."""
        self.start()
        assert self._child is not None
        finished = False
        try:
            yield from self._child.run(job)
            finished = True
        except _ReusableError as error:
            finished = True
            raise error.error from None
        finally:
            if not finished:  # in an unknown state, or in the middle of a job nobody waits for
                self.close()

    def call(
        self,
        function: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Result:
        """Run a module-level function in the worker. Raises as `stream` does."""
        results = list(islice(self.stream(once, function, arguments, options), 2))
        if len(results) != 1:
            raise DecoderError("the decoder gave more than one answer, or none")
        return results[0]

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._child is not None:
            self._child.end()
            self._child = None


def once(
    function: Callable[..., Result], arguments: tuple[Any, ...], options: dict[str, Any]
) -> Iterator[Result]:
    """Yield a function's result, as a stream of one item."""
    yield function(*arguments, **options)


class Workers:
    """A pool of workers: as many as are needed at the same time."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = Lock()

    def warm(self, count: int) -> None:
        """Start processes until `count` workers are ready; returns at once."""
        with self._lock:
            while len(self._idle) < count:
                self._idle.append(Worker())
            for worker in self._idle:
                worker.start()

    @contextmanager
    def lend(self) -> Iterator[Worker]:
        """Lend a worker to the body."""
        with self._lock:
            worker = self._idle.pop() if self._idle else Worker()
        try:
            yield worker
        finally:
            with self._lock:
                self._idle.append(worker)

    def close(self) -> None:
        """End the processes of all idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


class _LostWorkerError(DecoderError):
    """A worker process that is gone, or has to be ended."""


class _ReusableError(Exception):
    """An error of the job after which its worker can be used again."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class _Child:
    """The child process itself, ended with this object at the latest."""

    def __init__(self, memory_bytes: int, silence_s: float) -> None:
        self._silence_s = silence_s
        ours, theirs = Pipe()
        numbers = (theirs.fileno(), memory_bytes, round(silence_s * BUSY_MACHINE) + 1)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "vidqa.media.worker.process", *map(str, numbers)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # decoders write a lot; errors come as messages
                pass_fds=[theirs.fileno()],
                env=_environment(),
            )
        self._connection = ours
        transport.limit_silence(ours, numbers[2])
        self.end: Callable[[], object] = weakref.finalize(self, _end, self._process, ours)

    def is_alive(self) -> bool:
        """Return whether the process can take a job."""
        return self._process.poll() is None

    def run(self, job: Job) -> Iterator[Any]:
        """Yield what a job yields; request the next item before yielding this one."""
        try:
            transport.send_job(self._connection, job)
            hint = _hint(job)
            while not isinstance(message := self._next(), Done):
                if isinstance(message, Failed):
                    raise _failure(message)
                if not (isinstance(message, Item) and fits(message.value, hint)):
                    raise ValueError("it is nothing that comes of the job")
                transport.send_job(self._connection, More())
                yield message.value
        except (EOFError, OSError) as error:
            raise _LostWorkerError(f"the decoder crashed ({self._fate()})") from error
        except ValueError as error:
            raise _LostWorkerError(f"the decoder sent nonsense: {error}") from error

    def _next(self) -> Any:
        while True:
            self._await_sign()
            message = transport.receive(self._connection)
            if not isinstance(message, Beat):
                return message

    def _await_sign(self) -> None:
        patience = Patience(self._process.pid, self._silence_s)
        while not self._connection.poll(patience.step_s):
            if patience.runs_out():
                raise _LostWorkerError(f"the decoder did not get on for {self._silence_s:g} s")

    def _fate(self) -> str:
        try:
            status = self._process.wait(timeout=self._silence_s)
        except subprocess.TimeoutExpired:
            return "it hung up"
        if status >= 0:
            return f"exit status {status}"
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"


def _hint(job: Job) -> Any:
    """Return the type of the items that a job may yield."""
    return result_hint(job.arguments[0] if job.function is once else job.function)


def _here() -> str:
    """Return the working directory; `/` if it no longer exists."""
    try:
        return str(Path.cwd())
    except OSError:
        return "/"


def _failure(message: Failed) -> Exception:
    if message.error is not None:
        return _ReusableError(message.error)
    if message.out_of_memory:
        return DecoderError("decoding it needs more memory than a decoder may have")
    fault = DecoderError(f"{FAULT}{_where(message.trace)}")
    fault.__cause__ = RuntimeError(message.trace)
    return fault


def _where(trace: str) -> str:
    """Return an exception's message and place, such as `ValueError: no (frames.py, line 7)`."""
    lines = trace[-LONGEST_TRACE:].strip().splitlines() or ["it says nothing"]
    places = [place for line in lines if (place := PLACE.match(line))]
    message = lines[-1]
    return f"{message} ({Path(places[-1][1]).name}, line {places[-1][2]})" if places else message


def _end(process: "subprocess.Popen[bytes]", connection: Connection) -> None:
    process.kill()
    connection.close()
    process.wait()


def _environment() -> dict[str, str]:
    """Return our environment; vidqa's folder is added unless Python finds it by itself."""
    root = str(PACKAGE.parent)
    if root in [*site.getsitepackages(), site.getusersitepackages()]:
        return dict(os.environ)
    known = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, known]))}
