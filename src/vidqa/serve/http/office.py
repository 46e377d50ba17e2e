"""What all routes share: the desk, the files that may be named, and how errors are told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends
from starlette.requests import Request

from vidqa.errors import UsageError, VidqaError
from vidqa.media.viewing import Viewing
from vidqa.serve.desk.bench import Bench, View
from vidqa.serve.desk.desk import BrokenError, ClosedError, Desk, FullError, Tell
from vidqa.serve.desk.metrics import Metrics
from vidqa.serve.http.refusals import body, kind_of
from vidqa.serve.http.roots import UPLOADED, Roots
from vidqa.serve.socket.wire import Event
from vidqa.types import Maker
from vidqa.types.loading import LoadSettings

Result = TypeVar("Result")
Work = Callable[[Bench, Tell], None]
"""A job at the desk."""
BROKEN = "the server failed; its log says more"
ENDS = "the server ends"
FAILURES = (VidqaError, BrokenError, ClosedError)
"""Why a job may end without its result."""


@dataclass(frozen=True, slots=True)
class Office:
    """A server's parts."""

    desk: Desk
    roots: Roots
    metrics: Metrics
    maker: Maker
    """The model that answers."""
    named: str
    """What the model was called when it was loaded."""
    frames: int
    """Of a clip that memory was planned for."""
    load: LoadSettings
    """As it was loaded."""

    async def file(self, named: str, stack: ExitStack) -> tuple[Path, str]:
        """Return the file that a client named or sent, until a stack is closed, and its name.

        Raises:
            FullError: it was sent, and nobody has time for it.
            ForbiddenError, TooLargeError, NoSpaceError: see `Roots`.

        """
        if not named.startswith("data:"):
            return self.roots.require(named), named
        if self.desk.is_full:
            raise FullError
        return await asyncio.to_thread(stack.enter_context, self.roots.sent(named)), UPLOADED

    async def view(self, named: str, viewing: Viewing, stack: ExitStack) -> View:
        """Return a clip to be watched.

        Raises:
            UsageError: memory was not planned for as many frames.
            FullError, ForbiddenError, TooLargeError, NoSpaceError: as `file` does.

        """
        if (viewing.frames or 0) > self.frames:
            raise UsageError(f"this server looks at {self.frames} frames of a clip at most")
        path, name = await self.file(named, stack)
        if name is not UPLOADED:
            self.roots.require(named, viewing.word_request)
        return View(path, name, viewing)

    def events(self, view: View | None, work: Work, stack: ExitStack) -> AsyncIterator[Event]:
        """Put a job into the queue, until a stack is closed; yields what comes of it.

        Raises:
            FullError: too many wait.

        """
        ticket = self.desk.enter(view, work)
        stack.callback(ticket.leave)
        return ticket.events()

    def told(self, error: Exception) -> dict[str, dict[str, str]]:
        """Return the JSON object of an error in a stream that has begun."""
        if isinstance(error, VidqaError):
            hint = "" if error.hint is None else f" ({error.hint})"
            return body(self.roots.without_paths(f"{error.message}{hint}"), kind_of(error))
        if isinstance(error, ClosedError):
            return body(ENDS, "closed")
        assert isinstance(error, BrokenError), "the desk raises no others"
        return body(BROKEN, "unexpected")


async def every(events: AsyncIterator[Event]) -> list[Event]:
    """Return all that comes of a job."""
    return [event async for event in events]


async def while_there(request: Request, work: Awaitable[Result]) -> Result:
    """Wait for a result; give it up when the client goes away. Raises ConnectionResetError."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ConnectionResetError
        return task.result()
    finally:
        for one in (task, gone):
            one.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def spare() -> AsyncIterator[ExitStack]:
    """Yield a stack that is closed when a request was answered, or its client has gone."""
    with ExitStack() as stack:
        yield stack


Stack = Annotated[ExitStack, Depends(spare)]
"""What ends with the request: its job, and the file that was sent."""
