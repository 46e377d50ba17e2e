"""Jobs for a worker process that behave as badly as decoders do."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidqa.errors import NotAVideoError
from vidqa.media.worker import heartbeat, transport
from vidqa.media.worker.heartbeat import beat
from vidqa.media.worker.messages import Item


def pictures(count: int, side: int) -> Iterator[NDArray[np.uint8]]:
    for number in range(count):
        yield np.full((side, side, 3), number, np.uint8)


def process_id() -> int:
    return os.getpid()


def modules() -> list[str]:
    return sorted({name.split(".")[0] for name in sys.modules})


def loop(*, beating: bool = False) -> None:
    while True:
        time.sleep(0.05)
        if beating:
            beat()


def compute(seconds: float) -> str:
    """Use so much of a CPU, without a sign."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return "done"


def three_with_a_mishap(mark: Path, mishap: str) -> Iterator[int]:
    """One, two, three; the first time something happens before the two."""
    yield 1
    if not mark.exists():
        mark.touch()
        if mishap == "hang":
            loop()
        os.abort()
    yield 2
    yield 3


def work_slowly(seconds: float) -> str:
    for _ in range(round(seconds * 20)):
        time.sleep(0.05)
        beat()
    return "done"


def take_memory(size_bytes: int) -> int:
    return int(np.ones(size_bytes, np.uint8).sum())


def say(text: str) -> str:
    os.write(1, text.encode())
    os.write(2, text.encode())
    return text


def refuse(path: str) -> None:
    raise NotAVideoError(f"{path} is none", hint="try another")


def fail() -> None:
    raise ZeroDivisionError("a fault of our own")


def one_then(ending: str) -> Iterator[str]:
    yield "one"
    if ending == "abort":
        os.abort()
    refuse("two")


def fault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def one_after_many_beats(beats: int) -> Iterator[str]:
    yield "one"
    server = heartbeat._listener.__self__
    for _ in range(beats):
        server._beaten = 0.0  # every beat is passed on
        beat()
    yield "two"


def lie() -> int:
    """Return what it does not say."""
    return "text"  # type: ignore[return-value]


def blather() -> int:
    """Send one after another what is no message."""
    with suppress(OSError):
        while True:
            transport.send(_connection(), None)
    return 0


def send_rubbish() -> int:
    """Send what is no JSON."""
    _connection().send_bytes(b"\xff" * 10)
    return 0


def answer_twice() -> int:
    transport.send(_connection(), Item(1))
    return 2


def _connection() -> Connection:
    """This process's own, which no job is to use."""
    return Connection(os.dup(int(sys.argv[1])))
