"""Routes of the Unix socket alone: what `vidqa ask` and `vidqa serve --stop` say to the server."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response, StreamingResponse

from vidqa.engine.speech import require_ears
from vidqa.errors import VidqaError
from vidqa.media.sampling.select import stretch
from vidqa.media.viewing import Viewing
from vidqa.models.store.store import Store
from vidqa.serve.desk.bench import View
from vidqa.serve.desk.desk import BrokenError, ClosedError
from vidqa.serve.desk.jobs import Finish, Grounding, Prompt, Question, with_clip
from vidqa.serve.http.guard import is_local_socket
from vidqa.serve.http.office import BROKEN, ENDS, Office, Stack
from vidqa.serve.socket.identity import Wanted
from vidqa.serve.socket.wire import END, GONE, Event, answer_of, viewing_of, written, written_error
from vidqa.types.generation import GenerationSettings

LINES = "application/x-ndjson"


async def require_the_socket(request: Request) -> None:
    """Refuse who comes over TCP."""
    if not is_local_socket(request.scope):
        raise HTTPException(404)


def routes(
    office: Office, differs: Callable[[Wanted], Awaitable[str | None]], stop: Callable[[], None]
) -> APIRouter:
    """Return the routes.

    Args:
        office: the server's parts.
        differs: says why a command would not have loaded this model, or None.
        stop: ends the server.

    """
    depends = [Depends(require_the_socket)]
    router = APIRouter(prefix="/socket", dependencies=depends, include_in_schema=False)

    @router.get("/status")
    async def status() -> dict[str, Any]:
        return {"pid": os.getpid(), **asdict(office.maker), "is_idle": office.desk.is_idle}

    @router.post("/stop")
    async def end() -> dict[str, Any]:
        stop()
        return {}

    @router.post("/hello")
    async def hello(request: Request) -> Response:
        given = await request.json()
        why = await differs(Wanted(**given["wanted"]))
        if why is not None:
            return JSONResponse({"differs": why})
        clip, viewing = Path(given["clip"]), viewing_of(given["viewing"])
        try:
            await asyncio.to_thread(_checked, office, clip, viewing)
        except VidqaError as error:
            return JSONResponse(written_error(error))
        return JSONResponse({"maker": asdict(office.maker)})

    @router.post("/ask")
    async def ask(request: Request, stack: Stack) -> Response:
        given = await request.json()
        view = View(Path(given["clip"]), given["name"], viewing_of(given["viewing"]))
        events = office.events(view, with_clip(view, _wanted(given)), stack)
        return StreamingResponse(_lines(events), media_type=LINES)

    return router


def _wanted(given: dict[str, Any]) -> Finish:
    """Return what is to be done with a clip."""
    match given["do"]:
        case "ground":
            return Grounding(answer_of(given["answer"])).finish
        case "prompt":
            return Prompt(given["question"], given["windows"]).finish
    asked = Question(
        text=given["question"],
        generation=GenerationSettings(**given["generation"]),
        choices=tuple(given["choices"]),
        threshold=given["threshold"],
    )
    return asked.finish


def _checked(office: Office, clip: Path, viewing: Viewing) -> None:
    """Find what cannot work, as a command does before it loads a model."""
    model = office.desk.bench.model
    stretch(model.reader.probe(clip), viewing.start_s, viewing.end_s)
    require_ears(model.spec, viewing, office.load.speech, Store())


async def _lines(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    try:
        async for event in events:
            yield _line(written(event))
        yield _line(END)
    except VidqaError as error:
        yield _line(written_error(error))
    except ClosedError:
        yield _line({GONE: ENDS})
    except BrokenError:
        yield _line(written_error(VidqaError(BROKEN, hint="--no-server")))


def _line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"
