"""Run work beside the main thread; its result or error is collected later."""

from collections.abc import Callable, Iterable, Iterator
from threading import Event, Thread
from typing import Generic, TypeVar

Result = TypeVar("Result")
One = TypeVar("One")


class Background(Generic[Result]):
    """A function that runs in a daemon thread."""

    def __init__(self, function: Callable[["Background[Result]"], Result]) -> None:
        """Start; the function receives this object, for `while_wanted`."""
        self._function = function
        self._unwanted = Event()
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether the function has returned or raised."""
        return not self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """Whether `result` raises; valid once it is done."""
        return self._error is not None

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._unwanted.is_set()

    def result(self) -> Result:
        """Wait for the result; raise what the function raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result[0]

    def cancel(self) -> None:
        """Ask the work to end at its next step; do not wait for it."""
        self._unwanted.set()

    def while_wanted(self, items: Iterable[One]) -> Iterator[One]:
        """Yield items until the task is cancelled."""
        for item in items:
            if self._unwanted.is_set():
                return
            yield item

    def _work(self) -> None:
        try:
            self._result.append(self._function(self))
        except BaseException as error:
            self._error = error
