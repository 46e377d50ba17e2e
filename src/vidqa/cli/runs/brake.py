"""Handle Ctrl-C in a run: the first ends it after the current clip, the second at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STDERR = 2
SAID = b"\nstopping after this clip; Ctrl-C once more stops at once\n"


class Brake:
    """A flag that ends a run after the current clip."""

    def __init__(self) -> None:
        self.is_pulled = False

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Let the first Ctrl-C in the body pull the brake; an ignored SIGINT stays ignored."""
        is_ours = threading.current_thread() is threading.main_thread()
        if not is_ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, self._pull)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _pull(self, *_: object) -> None:
        if self.is_pulled:
            raise KeyboardInterrupt
        self.is_pulled = True
        # past Python's stream, which the interrupted code may be writing to
        with suppress(OSError):
            os.write(STDERR, SAID)
