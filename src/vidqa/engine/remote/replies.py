"""Read what a server replies: text, counts, errors, and how long it asks to wait."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

MOST_SAID = 300
"""Characters of what a server says of an error."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a server's answer ended."""

    reason: str
    """`stop`, `length`, or another that it names."""
    prompt_tokens: int | None
    """As it counts; None if it does not say."""
    new_tokens: int | None


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
    try:
        return max(0.0, float(str(header)))
    except ValueError:
        pass
    try:
        left = parsedate_to_datetime(header) - datetime.now(UTC)
    except (ValueError, TypeError):
        return 0.0
    return float(max(0.0, left.total_seconds()))


def read_object(text: str) -> dict[str, Any]:
    """Return a JSON object. Raises AgainError if it is none."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise AgainError("does not answer with JSON") from error
    if not isinstance(found, dict):
        raise AgainError("does not answer with an object")
    return found


def read_piece(chunk: dict[str, Any]) -> tuple[str, str | None]:
    """Return the text of a part of an answer, and why it ends, if it does.

    Raises:
        AgainError: it is no part of an answer.

    """
    try:
        choices = chunk.get("choices") or ()
        text = "".join((one.get("delta") or {}).get("content") or "" for one in choices)
        ended = [one["finish_reason"] for one in choices if one.get("finish_reason")]
    except (AttributeError, TypeError) as error:
        raise AgainError("answers in a form that is not OpenAI's") from error
    return text, str(ended[0]) if ended else None


def said_by(reply: httpx2.Response) -> str:
    """Return what a reply that is no answer says."""
    try:
        content = reply.json()
    except ValueError:
        return reply.text[:MOST_SAID]
    return said(content.get("error", content) if isinstance(content, dict) else content)


def said(error: Any) -> str:
    """Return what an error says, in whatever form it comes."""
    text = error.get("message", error) if isinstance(error, dict) else error
    return (text if isinstance(text, str) else json.dumps(text))[:MOST_SAID]
