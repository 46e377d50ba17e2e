"""What tests do with benchmarks."""

from collections.abc import Callable
from typing import Any

Evaluate = Callable[..., dict[str, Any]]
"""Runs a layout with options; returns the result."""
Replied = Callable[..., dict[str, Any]]
"""Scores answers, by the ids of questions; returns the result."""


def score(result: dict[str, Any], name: str, of: str = "all") -> float:
    """Return one score of a result."""
    (found,) = [one for one in result["scores"] if (one["score"], one["of"]) == (name, of)]
    return float(found["mean"])
