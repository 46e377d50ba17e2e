"""A sign of life from loops that may run long: whoever waits for them can tell work from a hang."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_S = 0.5
"""How often a sign of life is given of work that gives none itself."""


def _nobody() -> None:
    return None


_listener: Callable[[], object] = _nobody


def beat() -> None:
    """Say that something was read or decoded. Cheap enough for every packet."""
    _listener()


def listen(listener: Callable[[], object]) -> None:
    """Have a function called at every beat of this process, from now on."""
    global _listener
    _listener = listener


@contextmanager
def working(at_most_s: float) -> Iterator[None]:
    """Give signs of life while the body runs, for so long: it is in a library's hands."""
    done = threading.Event()

    def tell() -> None:
        for _ in range(round(at_most_s / EVERY_S)):
            if done.wait(EVERY_S):
                return
            beat()

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
