"""Time each stage of an answer. Stages that overlap add up to more than the whole."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vidqa.types import Notify, Stage


class StageTimer:
    """The seconds spent in each stage; a listener is called as each begins."""

    def __init__(self, notify: Notify | None, seconds: dict[Stage, float] | None = None) -> None:
        self._notify: Callable[[Stage], object] = notify or (lambda _: None)
        self.seconds: dict[Stage, float] = dict(seconds or {})

    def tell(self, name: Stage) -> None:
        """Announce a stage without timing it."""
        self._notify(name)

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        """Announce a stage, and add the body's time to its seconds."""
        self.tell(name)
        with self.more(name):
            yield

    @contextmanager
    def more(self, name: Stage) -> Iterator[None]:
        """Add the body's time to a stage's seconds, even if it fails."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started
