"""A server that OpenAI's clients know: asked again where it is busy, left alone where it fails."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from vidqa.engine.remote.breaker import Breaker, Pace
from vidqa.engine.remote.connection import Connection
from vidqa.engine.remote.replies import (
    STRANGE,
    AgainError,
    Ending,
    asked_wait_s,
    lines_of,
    read_counts,
    read_object,
    read_piece,
    said_by,
)
from vidqa.errors import EngineError, EngineGoneError, UsageError

TRIES = 6
"""Times that one request is made."""
FIRST_TRIES = 2
"""Times that the first one is: the address may be mistyped."""
PAUSE_S = 1.0
"""Seconds before it is made again, doubled each time."""
LONGEST_PAUSE_S = 60.0
"""Seconds that are waited at most, even if a server asks for more."""
SILENT = "said nothing for {:.0f} s"
SILENCE_S = 300.0
"""Seconds that a server may say nothing: a long prompt waits in its queue, and is read."""
BUSY = (408, 425, 429)
"""Statuses after which a request is made again, beside all from 500 on."""
WAITING = (429, 503, 529)
"""Those of a server that works, but not yet for us."""
NO_SUCH_PATH = (404, 405)
"""Those of an address that is not known there."""
CLOSED = (401, 402, 403, 407, 410, *NO_SUCH_PATH)
"""Statuses that every other request would get, too."""
PORTS = 65_536
AGAIN = "try again later; with -o the same command goes on where it stopped"


OnWait = Callable[[str], object]
"""Called with what is waited for."""


class Server:
    """A server below an address."""

    def __init__(self, url: str, pace: Pace, on_wait: OnWait = lambda _: None) -> None:
        """Take an address up to `/v1`; nothing is asked yet."""
        self.url, self.pace, self.on_wait = url, pace, on_wait
        self.breaker = Breaker(f"the server at {self.place}")
        self._connection = Connection(SILENCE_S)

    @classmethod
    def at(
        cls,
        url: str,
        option: str = "--engine",
        *,
        per_minute: float | None = None,
        on_wait: OnWait = lambda _: None,
    ) -> "Server":
        """Return a server, which is not asked anything yet.

        Args:
            url: up to `/v1`, or that of its chat completions.
            option: where it was named, for messages.
            per_minute: requests at most.
            on_wait: called before a request is made again.

        Raises:
            UsageError: it is no address.

        """
        base = url.strip().rstrip("/").removesuffix("/chat/completions")
        try:
            parts = httpx2.URL(base)
        except (httpx2.InvalidURL, UnicodeError):
            parts = httpx2.URL()
        is_one = parts.scheme in ("http", "https") and parts.host and (parts.port or 0) < PORTS
        if not is_one or parts.query or parts.fragment:  # which may hold secrets, and is not told
            raise UsageError(f"{option} is no address", hint=f"{option} http://127.0.0.1:8000/v1")
        return cls(base, Pace(per_minute), on_wait)

    @property
    def place(self) -> str:
        """Its host and port, without what else an address may hold."""
        parts = httpx2.URL(self.url)
        return f"{parts.host}:{parts.port or parts.scheme}"

    def models(self) -> list[dict[str, Any]]:
        """Return what it says of its models; none where it does not say.

        Raises:
            EngineGoneError: it cannot be reached, or lets nobody in.

        """
        try:
            found = self.answer("GET", "/models", tries=FIRST_TRIES).get("data")
        except EngineGoneError as error:
            if error.status not in NO_SUCH_PATH:
                raise
            return []
        listed = found if isinstance(found, list) else []
        return [one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]

    def answer(
        self, method: str, path: str, content: Any = None, *, tries: int | None = None
    ) -> dict[str, Any]:
        """Return the JSON object that the server answers with.

        Args:
            method: of HTTP.
            path: below the address.
            content: an object to be sent.
            tries: how often it is asked at most; `TRIES` by default.

        Raises:
            EngineGoneError: it cannot be reached, or would answer no other request.
            EngineError: it does not answer this one.

        """
        for _ in self._turns(again := list[AgainError](), tries or TRIES):
            with _noted(again):
                reply = self._connection.client.request(method, f"{self.url}{path}", json=content)
                self._require_good(reply)
                found = read_object(reply.text)
                self.breaker.worked()
                return found
        raise AssertionError("the last try raises")

    def stream(self, content: dict[str, Any]) -> Iterator[str | Ending]:
        """Yield the text of an answer as it comes, and how it ended.

        An answer that breaks off is asked for again, and goes on where it was.

        Raises:
            EngineGoneError, EngineError: as `answer` does.

        """
        told = ""
        for _ in self._turns(again := list[AgainError](), TRIES):
            with _noted(again):
                text = ""
                for piece in self._pieces(content):
                    is_over = isinstance(piece, Ending)
                    text += "" if isinstance(piece, Ending) else piece
                    self._require_same(told, text, is_over=is_over)
                    if isinstance(piece, Ending):
                        self.breaker.worked()
                        yield piece
                        return
                    if more := text[len(told) :]:
                        told = text
                        yield more
                raise AgainError("broke off in the middle of an answer")

    def _require_same(self, told: str, text: str, *, is_over: bool) -> None:
        """Refuse another answer than the one that was begun to be told. Raises EngineError."""
        if text.startswith(told) or (told.startswith(text) and not is_over):
            return
        self.breaker.failed()
        raise EngineError(
            f"the server at {self.place} broke off in the middle of an answer, and gives another "
            "one when it is asked again"
        )

    def _pieces(self, content: dict[str, Any]) -> Iterator[str | Ending]:
        """Yield the text of one try, and its end if that came."""
        asked = {**content, "stream": True, "stream_options": {"include_usage": True}}
        reason, counts = None, None
        url = f"{self.url}/chat/completions"
        with self._connection.client.stream("POST", url, json=asked) as reply:
            if reply.status_code >= 400:
                reply.read()
            self._require_good(reply)
            for chunk in _chunks(reply):
                counts = read_counts(chunk) or counts
                text, ended = read_piece(chunk)
                reason = ended or reason
                if text:
                    yield text
        if reason is not None:
            yield Ending(reason, counts)

    def _turns(self, again: list[AgainError], tries: int) -> Iterator[None]:
        """Yield for each try, as long as the one before was added to `again`."""
        self.breaker.require_closed()
        for number in range(tries):
            self.pace.wait()
            yield
            if number + 1 < tries:
                pause_s = _pause_s(number, again[-1].after_s)
                why = self._connection.without_key(str(again[-1]))
                self.on_wait(f"the server {why}; it is asked again in {pause_s:.0f} s")
                time.sleep(pause_s)
        last = again[-1]
        message = self._connection.without_key(f"the server at {self.place} {last}")
        if last.is_gone:
            raise EngineGoneError(message, hint=AGAIN) from last
        self.breaker.failed()
        raise EngineError(message) from last

    def _require_good(self, reply: httpx2.Response) -> None:
        """Raise for a status that is no answer."""
        code = reply.status_code
        if code < 300:
            return
        if code < 400:
            raise EngineGoneError(f"the server at {self.place} sends elsewhere", status=code)
        told = self._connection.without_key(f"says {code}: {said_by(reply)}")
        if code in BUSY or code >= 500:
            after_s = asked_wait_s(reply.headers.get("retry-after"))
            if after_s > LONGEST_PAUSE_S:
                raise EngineGoneError(
                    f"the server at {self.place} {told}, and to wait for {after_s:.0f} s",
                    hint=AGAIN,
                )
            raise AgainError(told, after_s=after_s, is_gone=code in WAITING)
        self.breaker.worked()  # it is there, and answers
        kind = EngineGoneError if code in CLOSED else EngineError
        raise kind(f"the server at {self.place} {told}", hint=self._hint(code), status=code)

    def _hint(self, code: int) -> str | None:
        if code in NO_SUCH_PATH:
            return "does the address end in /v1?"
        if code in (401, 403):
            return self._connection.key_hint
        return None


def _chunks(reply: httpx2.Response) -> Iterator[dict[str, Any]]:
    """Yield the objects of a stream; lines that only keep it open do not count as a sign of life.

    Raises:
        AgainError: nothing came for long, or it is no object.

    """
    if reply.headers.get("content-type", "").startswith("application/json"):
        yield read_object(reply.read().decode(errors="replace"))  # the whole answer at once
        return
    heard_s, is_stream = time.monotonic(), False
    for line in lines_of(reply.iter_text()):
        if line.startswith("data:"):
            heard_s, is_stream = time.monotonic(), True
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            yield read_object(data)
        elif time.monotonic() - heard_s > SILENCE_S:
            raise AgainError(SILENT.format(SILENCE_S))
    if not is_stream:
        raise AgainError(STRANGE)


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
        again.append(AgainError(SILENT.format(SILENCE_S)))
    except httpx2.HTTPError as error:
        again.append(AgainError(f"broke off ({type(error).__name__})"))  # not what it says: a key


def _pause_s(number: int, after_s: float) -> float:
    """Return how long to wait: longer each time, and not all at the same moment."""
    longest: float = min(PAUSE_S * 2**number, LONGEST_PAUSE_S)
    return after_s + random.uniform(0.5, 1.0) * longest  # noqa: S311: no secret
