"""Work beside the main thread, whose result or error is collected later."""

from collections.abc import Callable, Iterable, Iterator
from threading import Event, Thread
from typing import Generic, TypeVar

Result = TypeVar("Result")
One = TypeVar("One")


class Background(Generic[Result]):
    """A function at work in a thread of its own, which nobody has to wait for."""

    def __init__(self, function: Callable[["Background[Result]"], Result]) -> None:
        """Start; the function gets this object, to ask `while_wanted`."""
        self._function = function
        self._unwanted = Event()
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether there is a result or an error."""
        return not self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """Whether `result` raises; known once it is done."""
        return self._error is not None

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants the result any more."""
        return self._unwanted.is_set()

    def result(self) -> Result:
        """Wait for the result; raise what the function raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result[0]

    def cancel(self) -> None:
        """Let the work end at its next step; nobody waits for it."""
        self._unwanted.set()

    def while_wanted(self, items: Iterable[One]) -> Iterator[One]:
        """The items, as long as somebody still wants the result."""
        for item in items:
            if self._unwanted.is_set():
                return
            yield item

    def _work(self) -> None:
        try:
            self._result.append(self._function(self))
        except BaseException as error:
            self._error = error
