"""`/v1/vidqa/...`: the records of the command line, over HTTP."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from vidqa.serve.desk.bench import View
from vidqa.serve.desk.jobs import Listening, Looking, Showing, Summing, with_clip
from vidqa.serve.http.forms import AskForm, ChooseForm, ClipForm, FileForm, SummarizeForm
from vidqa.serve.http.office import FAILURES, Office, Stack, Work, every, while_there
from vidqa.serve.socket.wire import Event, Record, Watched, written
from vidqa.types import Answer
from vidqa.types.options import as_given
from vidqa.types.records import Records

Finished = Callable[[list[Event]], dict[str, Any]]
"""Makes what is sent of all that came of a job."""


def routes(office: Office) -> APIRouter:
    """Return vidqa's own routes."""
    router = APIRouter(prefix="/v1/vidqa", tags=["vidqa"])
    _add_answers(router, office)
    _add_facts(router, office)
    return router


def _add_answers(router: APIRouter, office: Office) -> None:
    """Add what the model says."""

    async def answered(form: AskForm, reply: Reply) -> Response:
        viewing, asked = form.viewing(), form.asked()
        settings = {**viewing.settings, **office.load.settings, **form.settings()}
        finished = answer_record(Records(settings, timings=form.timings))
        view = await office.view(form.video, viewing, reply.stack)
        return await reply.to(view, with_clip(view, asked.finish), finished)

    @router.post("/ask", summary="Ask a question about a clip: the record of `vidqa ask --json`")
    async def ask(form: AskForm, request: Request, stack: Stack) -> Response:
        return await answered(form, Reply(office, request, stack, is_streamed=form.stream))

    @router.post("/choose", summary="Choose among given answers, by their likelihood")
    async def choose(form: ChooseForm, request: Request, stack: Stack) -> Response:
        return await answered(form, Reply(office, request, stack, is_streamed=form.stream))

    @router.post("/summarize", summary="Sum a clip up: the record of `vidqa summarize -f json`")
    async def summarize(form: SummarizeForm, request: Request, stack: Stack) -> Response:
        viewing, how = form.viewing(), form.summary()
        settings = {**viewing.settings, **office.load.settings, **as_given(how)}
        view = await office.view(form.video, viewing, stack)
        work, finished = with_clip(view, Summing(how).finish), answer_record(Records(settings))
        return await Reply(office, request, stack, form.stream).to(view, work, finished)


def _add_facts(router: APIRouter, office: Office) -> None:
    """Add what can be said without the model."""

    @router.post("/transcribe", summary="What is said: the records of `vidqa transcribe -f json`")
    async def transcribe(form: ClipForm, request: Request, stack: Stack) -> Response:
        view = await office.view(form.video, form.viewing(), stack)
        work = Listening(view, office.load).work
        return await Reply(office, request, stack, form.stream).to(None, work, _all_records)

    @router.post("/frames", summary="Frames and words that a model sees: `vidqa frames --json`")
    async def frames(form: ClipForm, request: Request, stack: Stack) -> Response:
        view = await office.view(form.video, form.viewing(), stack)
        work = Showing(view, office.named, office.load).work
        return await Reply(office, request, stack, form.stream).to(None, work, _one_record)

    @router.post("/info", summary="What is in a clip: the record of `vidqa info --json`")
    async def info(form: FileForm, request: Request, stack: Stack) -> Response:
        work = Looking(*await office.file(form.video, stack)).work
        return await Reply(office, request, stack, form.stream).to(None, work, _one_record)


@dataclass(frozen=True, slots=True)
class Reply:
    """How a request is answered."""

    office: Office
    request: Request
    stack: ExitStack
    is_streamed: bool

    async def to(self, view: View | None, work: Work, finished: Finished) -> Response:
        """Do a job; send its result, or before that all that comes of it."""
        events = self.office.events(view, work, self.stack)
        if self.is_streamed:
            return EventSourceResponse(self._streamed(events, finished), sep="\n")
        return JSONResponse(finished(await while_there(self.request, every(events))))

    async def _streamed(
        self, events: AsyncIterator[Event], finished: Finished
    ) -> AsyncIterator[dict[str, str]]:
        """Yield what comes of a job, then its result, as server-sent events."""
        told = list[Event]()
        try:
            async for event in events:
                told.append(event)
                if not isinstance(event, Answer | Watched | Record):
                    yield {"data": json.dumps(written(event))}
            yield {"event": "result", "data": json.dumps(finished(told))}
        except FAILURES as error:
            yield {"event": "error", "data": json.dumps(self.office.told(error))}


def answer_record(records: Records) -> Finished:
    """Return what makes the record of an answer of all that came of a job."""

    def finished(events: list[Event]) -> dict[str, Any]:
        (watched,) = [one for one in events if isinstance(one, Watched)]
        (answer,) = [one for one in events if isinstance(one, Answer)]
        return records.answered(answer, subtitles=watched.subtitles)

    return finished


def _one_record(events: list[Event]) -> dict[str, Any]:
    (record,) = _all_records(events)["records"]
    return dict(record)


def _all_records(events: list[Event]) -> dict[str, list[Any]]:
    return {"records": [one.value for one in events if isinstance(one, Record)]}
