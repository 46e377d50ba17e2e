"""A server that OpenAI's clients know: asked again where it is busy, left alone where it fails."""

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from vidqa.engine.remote.breaker import Breaker, Pace
from vidqa.engine.remote.replies import (
    AgainError,
    Ending,
    asked_wait_s,
    read_object,
    read_piece,
    said,
    said_by,
)
from vidqa.errors import EngineError, EngineGoneError, UsageError

KEY = "OPENAI_API_KEY"
"""The variable with what a server may want to know."""
TRIES = 6
"""Times that one request is made."""
PAUSE_S = 1.0
"""Seconds before it is made again, doubled each time."""
LONGEST_PAUSE_S = 60.0
"""Seconds that are waited at most, even if a server asks for more."""
CONNECT_S = 10.0
"""Seconds to reach a server."""
SILENCE_S = 300.0
"""Seconds that a server may say nothing: a long prompt waits in its queue, and is read."""
BUSY = (408, 425, 429, 500, 502, 503, 504, 529)
"""Statuses after which a request is made again."""
WAITING = (429, 503, 529)
"""Those of a server that works, but not yet for us."""
UNKNOWN = (404, 405)
"""Those of an address that is not known there."""
CLOSED = (401, 403, *UNKNOWN)
"""Statuses that every other request would get, too."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server below an address."""

    url: str
    """Up to `/v1`."""
    pace: Pace = field(default_factory=lambda: Pace(None))
    breaker: Breaker = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "breaker", Breaker(f"the server at {self.place}"))

    @classmethod
    def at(cls, url: str, option: str = "--engine", *, per_minute: float | None = None) -> "Server":
        """Return a server, which is not asked anything yet.

        Args:
            url: up to `/v1`, or that of its chat completions.
            option: where it was named, for messages.
            per_minute: requests at most.

        Raises:
            UsageError: it is no address.

        """
        base = url.strip().rstrip("/").removesuffix("/chat/completions")
        try:
            parts = urlsplit(base)
            is_one = parts.scheme in ("http", "https") and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            is_one = False
        if not is_one:
            raise UsageError(f"{option} {url!r} is no address", hint="http://127.0.0.1:8000/v1")
        return cls(base, Pace(per_minute))

    @property
    def place(self) -> str:
        """Its host and port, without what else an address may hold."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or parts.scheme}"

    def models(self) -> list[dict[str, Any]]:
        """Return what it says of its models; none where it does not say.

        Raises:
            EngineGoneError: it cannot be reached, or lets nobody in.

        """
        try:
            found = self.answer("GET", "/models").get("data")
        except EngineGoneError as error:
            if error.status not in UNKNOWN:
                raise
            return []
        listed = found if isinstance(found, list) else []
        return [one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]

    def answer(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        """Return the JSON object that the server answers with.

        Raises:
            EngineGoneError: it cannot be reached, or would answer no other request.
            EngineError: it does not answer this one.

        """
        for _ in self._turns(again := list[AgainError]()):
            with _noted(again), self._client() as client:
                reply = client.request(method, f"{self.url}{path}", json=content)
                self._require_good(reply)
                return self._worked(read_object(reply.text))
        raise AssertionError("the last try raises")

    def stream(self, content: dict[str, Any]) -> Iterator[str | Ending]:
        """Yield the text of an answer as it comes, and how it ended.

        An answer that breaks off is asked for again, and goes on where it was.

        Raises:
            EngineGoneError, EngineError: as `answer` does.

        """
        told = ""
        for _ in self._turns(again := list[AgainError]()):
            with _noted(again):
                text = ""
                for piece in self._pieces(content):
                    if isinstance(piece, Ending):
                        self.breaker.worked()
                        yield piece
                        return
                    text += piece
                    if not (text.startswith(told) or told.startswith(text)):
                        self.breaker.failed()
                        raise EngineError(
                            f"the server at {self.place} broke off in the middle of an answer, and "
                            "begins another one when it is asked again"
                        )
                    if len(text) > len(told):
                        more, told = text[len(told) :], text
                        yield more
                raise AgainError("broke off in the middle of an answer")

    def _pieces(self, content: dict[str, Any]) -> Iterator[str | Ending]:
        """Yield the text of one try, and its end if that came."""
        asked = {**content, "stream": True, "stream_options": {"include_usage": True}}
        reason, counts = None, dict[str, Any]()
        with (
            self._client() as client,
            client.stream("POST", f"{self.url}/chat/completions", json=asked) as reply,
        ):
            if reply.status_code >= 400:
                reply.read()
            self._require_good(reply)
            for line in reply.iter_lines():
                if not line.startswith("data:"):
                    continue
                data = line.removeprefix("data:").strip()
                if data == "[DONE]":
                    break
                chunk = read_object(data)
                if "error" in chunk:
                    raise AgainError(f"says: {said(chunk['error'])}")
                counts = chunk.get("usage") or counts
                text, ended = read_piece(chunk)
                reason = ended or reason
                if text:
                    yield text
        if reason is not None:
            yield Ending(reason, counts.get("prompt_tokens"), counts.get("completion_tokens"))

    def _turns(self, again: list[AgainError]) -> Iterator[None]:
        """Yield for each try, as long as the one before was added to `again`."""
        for number in range(TRIES):
            self.breaker.require_closed()
            self.pace.wait()
            yield
            if number + 1 < TRIES:
                time.sleep(_pause_s(number, again[-1].after_s))
        last = again[-1]
        message = f"the server at {self.place} {last}"
        if last.is_gone:
            hint = "give the same command again later: it goes on where it stopped"
            raise EngineGoneError(message, hint=hint) from last
        self.breaker.failed()
        raise EngineError(message) from last

    def _require_good(self, reply: httpx2.Response) -> None:
        """Raise for a status that is no answer."""
        code = reply.status_code
        if code < 300:
            return
        if code < 400:
            other = reply.headers.get("location", "another address")
            raise EngineGoneError(f"the server at {self.place} sends to {other}", status=code)
        told = f"says {code}: {said_by(reply)}"
        if code in BUSY:
            after_s = asked_wait_s(reply.headers.get("retry-after"))
            if after_s > LONGEST_PAUSE_S:
                raise EngineGoneError(
                    f"the server at {self.place} {told}, and to wait for {after_s:.0f} s"
                )
            raise AgainError(told, after_s=after_s, is_gone=code in WAITING)
        self.breaker.worked()  # it is there, and answers
        kind = EngineGoneError if code in CLOSED else EngineError
        hint = f"export {KEY}=..." if code in (401, 403) else None
        raise kind(f"the server at {self.place} {told}", hint=hint, status=code)

    def _worked(self, found: dict[str, Any]) -> dict[str, Any]:
        self.breaker.worked()
        return found

    def _client(self) -> httpx2.Client:
        key = os.environ.get(KEY)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx2.Timeout(SILENCE_S, connect=CONNECT_S)
        return httpx2.Client(headers=headers, timeout=timeout)


@contextmanager
def _noted(again: list[AgainError]) -> Iterator[None]:
    """Note an error after which a request is made again."""
    try:
        yield
    except AgainError as error:
        again.append(error)
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        again.append(AgainError(f"cannot be reached: {error}", is_gone=True))
    except httpx2.TimeoutException:
        again.append(AgainError(f"said nothing for {SILENCE_S:.0f} s"))
    except httpx2.HTTPError as error:
        again.append(AgainError(f"broke off: {error}"))


def _pause_s(number: int, after_s: float) -> float:
    """Return how long to wait: longer each time, and not all at the same moment."""
    longest: float = min(PAUSE_S * 2**number, LONGEST_PAUSE_S)
    return after_s + random.uniform(0.5, 1.0) * longest  # noqa: S311: no secret
