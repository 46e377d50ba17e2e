"""The same work as tools of the Model Context Protocol, over stdin and stdout."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

from vidqa.errors import VidqaError
from vidqa.serve.desk.bench import View
from vidqa.serve.desk.desk import BUSY_S, BrokenError, ClosedError, FullError
from vidqa.serve.desk.jobs import Listening, Looking, Question, Showing, Summing, with_clip
from vidqa.serve.http.forms import AskForm, ClipForm, SummarizeForm
from vidqa.serve.http.office import BROKEN, Office, Work
from vidqa.serve.http.own_routes import answer_record
from vidqa.serve.http.roots import ForbiddenError, TooLargeError
from vidqa.serve.socket.wire import Event, Record, StageBegun, Told
from vidqa.system.version import __version__
from vidqa.types.options import as_given
from vidqa.types.records import Records

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
INSTRUCTIONS = (
    "Answers come from a model on this machine that sees some frames of a clip and reads its "
    "words. Paths are absolute, of files below the folders that the server was started with."
)

Job = tuple[View | None, Work]
"""The clip that it is about, if it opens one, and what is done."""
MakeJob = Callable[[Office, ExitStack], Awaitable[Job]]


def tool_server(open_office: Callable[[], Office]) -> MCPServer:
    """Return a server of tools.

    Args:
        open_office: loads the model; called when it is first needed, in another thread.

    """
    server = MCPServer("vidqa", version=__version__, instructions=INSTRUCTIONS)
    tools = Tools(open_office)
    _add_answers(server, tools)
    _add_facts(server, tools)
    return server


def _add_answers(server: MCPServer, tools: "Tools") -> None:
    """Add what the model says."""

    @server.tool(title="Ask about a video", annotations=READS)
    async def ask_about_video(
        path: str,
        question: str,
        ctx: Context[Any, Any],
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> dict[str, Any]:
        """Answer a question about a video, and say which frames and words that is from."""
        form = AskForm(video=path, question=question, start_s=start_s, end_s=end_s)
        return await tools.answered(form, form.asked(), form.settings(), ctx)

    @server.tool(title="Summarize a video", annotations=READS)
    async def summarize_video(
        path: str,
        ctx: Context[Any, Any],
        length: Literal["short", "medium", "long"] = "medium",
        chapters: bool = False,
    ) -> dict[str, Any]:
        """Say what is in a video; with chapters and their times where those are asked for."""
        form = SummarizeForm(video=path, length=length, chapters=chapters)
        summary = form.summary()
        return await tools.answered(form, Summing(summary), as_given(summary), ctx)


def _add_facts(server: MCPServer, tools: "Tools") -> None:
    """Add what can be said without the model that answers."""

    @server.tool(title="Transcribe a video", annotations=READS)
    async def transcribe_video(path: str, ctx: Context[Any, Any]) -> dict[str, Any]:
        """Write down what is said in a video or a sound file, with times in seconds."""
        form = ClipForm(video=path)

        async def job(office: Office, stack: ExitStack) -> Job:
            view = await office.view(path, form.viewing(), stack)
            return None, Listening(view, office.load).work

        return {"records": [one.value for one in await tools.records(job, ctx)]}

    @server.tool(title="Find the frames of a video", annotations=READS)
    async def find_frames(
        path: str, ctx: Context[Any, Any], frames: int | None = None
    ) -> dict[str, Any]:
        """List the frames that the model sees of a video, and the words beside each."""
        form = ClipForm(video=path, frames=frames)

        async def job(office: Office, stack: ExitStack) -> Job:
            view = await office.view(path, form.viewing(), stack)
            return None, Showing(view, office.named, office.load).work

        (record,) = await tools.records(job, ctx)
        return dict(record.value)

    @server.tool(title="Look into a video file", annotations=READS)
    async def video_info(path: str, ctx: Context[Any, Any]) -> dict[str, Any]:
        """Say what is in a video file: pictures, sound, subtitles, chapters, how long it lasts."""

        async def job(office: Office, stack: ExitStack) -> Job:
            return None, Looking(*await office.file(path, stack)).work

        (record,) = await tools.records(job, ctx)
        return dict(record.value)


class Tools:
    """Does the work of tools at a desk that is opened when it is first needed."""

    def __init__(self, open_office: Callable[[], Office]) -> None:
        self._open_office = open_office
        self._office: asyncio.Future[Office] | None = None

    async def office(self) -> Office:
        """Return the server's parts, loaded once."""
        if self._office is None or (self._office.done() and self._office.exception()):
            self._office = asyncio.ensure_future(asyncio.to_thread(self._open_office))
        return await asyncio.shield(self._office)

    async def answered(
        self, form: ClipForm, asked: Question | Summing, settings: Any, ctx: Context[Any, Any]
    ) -> dict[str, Any]:
        """Return the record of an answer."""
        viewing = form.viewing()

        async def job(office: Office, stack: ExitStack) -> Job:
            view = await office.view(form.video, viewing, stack)
            return view, with_clip(view, asked.finish)

        events = await self._events(job, ctx)
        load = (await self.office()).load.settings
        return answer_record(Records({**viewing.settings, **load, **settings}))(events)

    async def records(self, job: MakeJob, ctx: Context[Any, Any]) -> list[Record]:
        """Return the records that a job makes."""
        return [one for one in await self._events(job, ctx) if isinstance(one, Record)]

    async def _events(self, job: MakeJob, ctx: Context[Any, Any]) -> list[Event]:
        """Do a job, and report its stages. Raises ToolError with what a person can understand."""
        every, done = list[Event](), 0
        try:
            office = await self.office()
            with ExitStack() as stack:
                async for event in office.events(*await job(office, stack), stack):
                    every.append(event)
                    if isinstance(event, StageBegun | Told):
                        done += 1
                        what = event.name if isinstance(event, StageBegun) else event.progress
                        await ctx.report_progress(done, message=what)
        except VidqaError as error:
            raise ToolError(self._told(error)) from None
        except (ForbiddenError, TooLargeError) as error:
            raise ToolError(str(error)) from None
        except FullError:
            raise ToolError(f"too much is asked already; try again in {BUSY_S} s") from None
        except (BrokenError, ClosedError):
            raise ToolError(BROKEN) from None
        return every

    def _told(self, error: VidqaError) -> str:
        """Return what is said of an error; before there is an office, of the model itself."""
        office = self._office
        if office is None or not office.done() or office.exception() is not None:
            return error.message
        return office.result().told(error)["error"]["message"]
