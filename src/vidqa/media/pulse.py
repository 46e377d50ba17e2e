"""A sign of life from loops that may run long: whoever waits for them can tell work from a hang."""

from collections.abc import Callable


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
