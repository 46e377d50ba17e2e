"""Answers that have to be JSON."""

import json
from typing import Any

from vidqa.errors import UsageError


def require_json(text: str, *, is_whole: bool, tokens: int) -> None:
    """Refuse an answer that was cut, or that no program reads as it was meant.

    Args:
        text: the answer.
        is_whole: whether it ended by itself.
        tokens: how many it has.

    Raises:
        UsageError: it was cut, or is no JSON.

    """
    if not is_whole:
        raise UsageError(
            f"{tokens} tokens are too few for an answer that fits the schema",
            hint=f"--max-new-tokens {tokens * 2}, or maxLength, maxItems in it",
        )
    try:
        json.dumps(json.loads(text, object_pairs_hook=_unlike), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the answer is no JSON that can be read: {error}") from error


def _unlike(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises ValueError if it has a key twice: readers take one or the other."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is in it twice")
    return made
