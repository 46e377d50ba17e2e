"""Heartbeat: long loops call `beat()`, so that the parent can tell a busy worker from a hang."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_S = 0.5
"""Seconds between the heartbeats of work that calls no `beat()` itself."""


def _nobody() -> None:
    return None


_listener: Callable[[], object] = _nobody


def beat() -> None:
    """Report that something was read or decoded. Cheap enough for every packet."""
    _listener()


def listen(listener: Callable[[], object]) -> None:
    """Register the function to call at every beat of this process."""
    global _listener
    _listener = listener


@contextmanager
def working(at_most_s: float) -> Iterator[None]:
    """Send heartbeats while the body is in a library's hands, for at most so many seconds."""
    done = threading.Event()

    def tell() -> None:
        for _ in range(round(at_most_s / EVERY_S)):
            if done.wait(EVERY_S):
                return
            beat()

    reporter = threading.Thread(target=tell, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        done.set()
        reporter.join()
