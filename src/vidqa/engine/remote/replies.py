"""Read what a server replies: text, counts, errors, and how long it asks to wait."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

STRANGE = "answers in a form that is not OpenAI's"
BROKEN = ("abort", "error")
"""Why an answer may end that is not whole, by the fault of the server."""
MOST_SAID = 300
"""Characters of what a server says of an error."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a server's answer ended."""

    reason: str
    """`stop`, `length`, or another that it names."""
    counts: tuple[int, int] | None
    """Tokens of the prompt and of the answer; None if it does not say."""


class AgainError(Exception):
    """A request that may be made again."""

    def __init__(self, why: str, *, after_s: float = 0.0, is_gone: bool = False) -> None:
        super().__init__(why)
        self.after_s = after_s
        """Seconds that the server asks to wait."""
        self.is_gone = is_gone
        """Whether no other request would be answered either."""


def asked_wait_s(header: str | None) -> float:
    """Return how many seconds a server asks to wait; 0 if it does not say."""
    if header is None:
        return 0.0
    with suppress(ValueError):  # a number, or else a date
        return max(0.0, float(str(header)))
    try:
        left = parsedate_to_datetime(header) - datetime.now(UTC)
    except (ValueError, TypeError):
        return 0.0
    return float(max(0.0, left.total_seconds()))


def read_object(text: str) -> dict[str, Any]:
    """Return a JSON object. Raises AgainError if it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AgainError("does not answer with JSON") from error
    if not isinstance(found, dict):
        raise AgainError("does not answer with an object")
    return found


def lines_of(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a stream of events; what else Python takes for the end of one is text."""
    rest = ""
    for piece in pieces:
        *lines, rest = f"{rest}{piece}".split("\n")
        for line in lines:
            yield line.removesuffix("\r")
    if rest:
        yield rest


def read_piece(chunk: dict[str, Any]) -> tuple[str, str | None]:
    """Return the text of a part of an answer, and why it ends, if it does.

    Raises:
        AgainError: it is no part of an answer.

    """
    if chunk.get("error") is not None:
        raise AgainError(f"says: {said(chunk['error'])}")
    text, ended = "", None
    for one in _listed(chunk.get("choices")):
        delta = one.get("delta") or one.get("message") or {}
        piece = delta.get("content") if isinstance(delta, dict) else delta
        if not isinstance(piece, str | None):
            raise AgainError(STRANGE)
        text += piece or ""
        ended = ended or one.get("finish_reason")
    if ended in BROKEN:
        raise AgainError(f"ended the answer: {ended}")
    return text, None if ended is None else str(ended)


def read_counts(chunk: dict[str, Any]) -> tuple[int, int] | None:
    """Return the tokens of the prompt and of the answer, if a server says both."""
    counts = chunk.get("usage")
    if not isinstance(counts, dict):
        return None
    found = counts.get("prompt_tokens"), counts.get("completion_tokens")
    prompt_tokens, new_tokens = found
    if isinstance(prompt_tokens, int) and isinstance(new_tokens, int):
        return prompt_tokens, new_tokens
    return None


def _listed(value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise AgainError(STRANGE)
    return value


def said_by(reply: httpx2.Response) -> str:
    """Return what a reply that is no answer says."""
    try:
        content = reply.json()
    except (ValueError, RecursionError):
        return reply.text[:MOST_SAID]
    return said(content.get("error", content) if isinstance(content, dict) else content)


def said(error: Any) -> str:
    """Return what an error says, in whatever form it comes."""
    text = error.get("message", error) if isinstance(error, dict) else error
    return (text if isinstance(text, str) else json.dumps(text))[:MOST_SAID]
