"""What a judge said, read strictly or as official scripts read it."""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OBJECT = re.compile(r"\{[^{}]*\}", re.DOTALL)
MOST = 5.0
"""The best score."""
UNREADABLE = (
    *(ValueError, SyntaxError, TypeError, KeyError, OverflowError, MemoryError, RecursionError),
)
"""What comes of reading what is no dictionary, or has no number."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge's words mean; None where they say nothing of it."""

    is_match: bool | None = None
    score: float | None = None


def read_verdict(raw: str) -> Verdict:
    """Read the last object in a judge's answer that says anything; nothing out of bounds.

    A thought before it, and a frame of Markdown around it, do no harm.
    """
    objects = filter(None, map(_parsed, reversed(OBJECT.findall(raw))))
    content = next((one for one in objects if {"pred", "score"} & one.keys()), None)
    if content is None:
        return Verdict()
    return Verdict(_said(content.get("pred")), _scored(content.get("score")))


def read_official(raw: str) -> Verdict:
    """Read a judge's answer as the official scripts do: a Python dictionary, scores cut to whole.

    Whatever has `yes` in it is a yes. What cannot be read says nothing.
    """
    try:
        content = ast.literal_eval(raw.strip())
        score = float(int(content["score"]))
    except UNREADABLE:
        return Verdict()
    said = str(content.get("pred", "")).lower()
    is_match = True if "yes" in said else False if "no" in said else None
    return Verdict(is_match, score)


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        try:
            content = ast.literal_eval(text.replace("''", "'"))
        except UNREADABLE:
            return None
    return content if isinstance(content, dict) else None


def _said(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return (
        {"yes": True, "no": False}.get(value.strip(" .!").lower())
        if isinstance(value, str)
        else None
    )


def _scored(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= MOST else None
