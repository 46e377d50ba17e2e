"""`/v1/chat/completions` and `/v1/models`, as OpenAI's clients know them."""

import json
import math
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.serve.desk.jobs import Message, Question, with_clip
from vidqa.serve.http.office import FAILURES, Office, Stack, every, while_there
from vidqa.serve.http.openai_forms import ChatForm, logprob, usage
from vidqa.serve.http.refusals import refusal
from vidqa.serve.socket.wire import Event
from vidqa.types import Answer, TextDelta
from vidqa.types.generation import Scored, Written, checked_choices

ANY = "vidqa"
"""A name for whatever model is served."""
FINISHED = {"end": "stop", "chosen": "stop", "token_limit": "length", "context_full": "length"}
"""Why an answer ended, as OpenAI says it."""


def routes(office: Office) -> APIRouter:
    """Return the routes of OpenAI's interface."""
    router, begun = APIRouter(prefix="/v1", tags=["OpenAI"]), int(time.time())
    known = {
        "id": office.maker.model,
        "object": "model",
        "created": begun,
        "owned_by": "vidqa",
        "revision": office.maker.revision,
    }

    @router.get("/models", summary="The model that is served")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [known]}

    @router.get("/models/{name:path}", summary="The same, by its name")
    async def model(name: str) -> Response:
        return JSONResponse(known) if name in (known["id"], ANY) else _no_model(office, name)

    @router.post("/chat/completions", summary="Ask about a clip, a picture or a text, in turns")
    async def chat(form: ChatForm, request: Request, stack: Stack) -> Response:
        if form.model not in (office.maker.model, ANY):
            return _no_model(office, form.model)
        writer = Completion(office, form)
        if form.is_message:
            return await _about_pictures(office, form, writer, request, stack)
        url, text, turns = form.conversation()
        choices = () if form.choices is None else checked_choices(form.choices)
        if (form.logprobs or form.top_logprobs) and not choices:
            raise UsageError("logprobs are given of choices alone", hint='"choices": ["yes", "no"]')
        if choices and turns:
            raise UsageError("choices are about a first question")
        if url is None and choices:
            raise UsageError("choices are about a clip or a picture")
        generation = form.generation()
        if url is None:
            events = office.events(None, Message([text], generation).work, stack)
        else:
            asked = Question(text=text, generation=generation, choices=choices, turns=turns)
            viewing = Viewing(frames=form.frames, subtitles=form.subtitles)
            view = await office.view(url, viewing, stack)
            events = office.events(view, with_clip(view, asked.finish), stack)
        return await writer.reply(events, request)

    return router


async def _about_pictures(
    office: Office, form: ChatForm, writer: "Completion", request: Request, stack: Stack
) -> Response:
    """Answer, or score, one message with its pictures between its texts."""
    parts, answer = form.message()
    if form.choices is not None or form.logprobs or form.top_logprobs:
        raise UsageError("choices are about a clip or a picture")
    shown = list[str | Path]()
    for one in parts:
        url = one.image_url or one.video_url
        shown.append(one.text or "" if url is None else (await office.file(url.url, stack))[0])
    if sum(isinstance(one, Path) for one in shown) > office.frames:
        raise UsageError(f"this server looks at {office.frames} pictures at most")
    is_scored = form.prompt_logprobs is not None
    if is_scored and form.stream:
        raise UsageError("prompt_logprobs are not streamed")
    job = Message(shown, form.generation(), answer, is_scored=is_scored)
    return await writer.reply(office.events(None, job.work, stack), request)


def _no_model(office: Office, name: str) -> Response:
    message = f"{office.maker.model} is served here, not {name[:100]}"
    return refusal(404, message, "model_not_found")


class Completion:
    """Writes one answer in OpenAI's form."""

    def __init__(self, office: Office, form: ChatForm) -> None:
        self._office, self._form = office, form
        self._head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": office.maker.model,
            "system_fingerprint": office.maker.revision,
        }

    async def reply(self, events: AsyncIterator[Event], request: Request) -> Response:
        """Return what comes of a job, at once or as it comes."""
        if self._form.stream:
            return EventSourceResponse(self.streamed(events), sep="\n")
        *_, answer = await while_there(request, every(events))
        if isinstance(answer, Scored):
            return JSONResponse(self.scored(answer))
        assert isinstance(answer, Answer | Written), "it comes last"
        return JSONResponse(self.whole(answer))

    def scored(self, found: Scored) -> dict[str, Any]:
        """Return how likely the tokens of a begun answer are; of those before it that is null."""
        told = [
            {str(number): {"logprob": nats, "decoded_token": text}}
            for number, nats, text in found.tokens
        ]
        every = [*[None] * found.prompt_tokens, *told]
        nothing = Written("", len(every), 0, "token_limit")
        return {**self.whole(nothing), "prompt_logprobs": every}

    def whole(self, answer: Answer | Written) -> dict[str, Any]:
        """Return an answer at once."""
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": answer.text, "refusal": None},
            "finish_reason": FINISHED[answer.stopped_by],
            "logprobs": self._logprobs(answer),
        }
        counts = usage(answer.prompt_tokens, answer.new_tokens)
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": counts}

    async def streamed(self, events: AsyncIterator[Event]) -> AsyncIterator[dict[str, str]]:
        """Yield an answer piece by piece, as server-sent events."""
        yield self._chunk({"role": "assistant", "content": ""})
        try:
            async for event in events:
                if isinstance(event, TextDelta):
                    yield self._chunk({"content": event.text})
                elif isinstance(event, Answer | Written):
                    yield self._chunk({}, FINISHED[event.stopped_by], self._logprobs(event))
                    if self._form.stream_options and self._form.stream_options.include_usage:
                        yield self._usage(event)
        except FAILURES as error:
            yield {"data": json.dumps(self._office.told(error))}
        yield {"data": "[DONE]"}

    def _chunk(
        self, delta: dict[str, str], finished: str | None = None, logprobs: Any = None
    ) -> dict[str, str]:
        choice = {"index": 0, "delta": delta, "finish_reason": finished, "logprobs": logprobs}
        return self._data([choice])

    def _usage(self, answer: Answer | Written) -> dict[str, str]:
        return self._data([], usage=usage(answer.prompt_tokens, answer.new_tokens))

    def _data(self, choices: list[Any], **more: Any) -> dict[str, str]:
        chunk = {**self._head, "object": "chat.completion.chunk", "choices": choices, **more}
        return {"data": json.dumps(chunk)}

    def _logprobs(self, answer: Answer | Written) -> dict[str, Any] | None:
        """Return how likely the choices are, among them; None where that was not asked."""
        if not self._form.logprobs or isinstance(answer, Written):
            return None
        likely = [
            logprob(one.text, math.log(max(one.probability, 5e-324))) for one in answer.choices
        ]
        most = self._form.top_logprobs or 0
        return {"content": [{**likely[0], "top_logprobs": likely[:most]}], "refusal": None}
