"""Tracks as people name them: by number, language and title."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from av.stream import Disposition

from vidqa.errors import UsageError
from vidqa.media.container.open_media import quoted
from vidqa.media.languages import language_of, read_language

UNSAID = frozenset({"", "und", "mis", "mul", "zxx"})
"""Marks that name no one language (ISO 639-2)."""

GENERIC = ("handler", "core media", "gpac", "mainconcept", "mp4box")
"""Parts of what programs write where MP4 files have their titles."""


def language_mark(stream: Any) -> str:
    """The language as the container marks it, such as `eng`; empty when it says none."""
    mark = (stream.language or "").lower()
    return "" if mark in UNSAID else mark


def title_of(stream: Any) -> str:
    """What a person called a track; empty when nobody did."""
    title = stream.metadata.get("title", "").strip()
    if title:
        return str(title)
    handler = stream.metadata.get("handler_name", "").strip()
    return "" if any(part in handler.lower() for part in GENERIC) else str(handler)


def name_of(number: int, stream: Any) -> str:
    """A track for people: its number, and in brackets what else is known."""
    title = title_of(stream)
    known = ", ".join(filter(None, (language_mark(stream), title and repr(title))))
    return f"{number} ({known})" if known else str(number)


def pick(streams: Sequence[Any], wanted: str, option: str, path: Path) -> tuple[int, Any]:
    """The track that somebody asked for, and its number from 1.

    Args:
        streams: of one kind, in the order of the file.
        wanted: a number, or a language; of several in that language the default, else the first.
        option: that it was asked for with.
        path: the clip.

    Raises:
        UsageError: there is none such.

    """
    numbered = list(enumerate(streams, start=1))
    if wanted.isdecimal():
        found = [one for one in numbered if one[0] == int(wanted)]
    else:
        language = read_language(wanted)
        found = [one for one in numbered if _speaks(one[1], language)]
    if not found:
        there = ", ".join(name_of(*one) for one in numbered)
        raise UsageError(
            f"{quoted(path)} has no track for {option} {wanted}",
            hint=f"its tracks are {there}" if there else "it has none of that kind",
        )
    return next((one for one in found if one[1].disposition & Disposition.default), found[0])


def _speaks(stream: Any, language: str) -> bool:
    mark = language_mark(stream)
    return (language_of(mark) or mark) == language
