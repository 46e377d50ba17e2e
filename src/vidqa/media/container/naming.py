"""Name and find tracks by number, language and title."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from av.stream import Disposition

from vidqa.errors import UsageError
from vidqa.media.container.open_media import quoted
from vidqa.media.languages import language_of, read_language

UNSAID = frozenset({"", "und", "mis", "mul", "zxx"})
"""ISO 639-2 codes that do not name a language (undetermined, uncoded, multiple, none)."""

GENERIC = ("handler", "core media", "gpac", "mainconcept", "mp4box")
"""Parts of the names that programs write into MP4 files in place of a title."""


def language_mark(stream: Any) -> str:
    """Return the language code in the container, such as `eng`; empty if there is none."""
    mark = (stream.language or "").lower()
    return "" if mark in UNSAID else mark


def title_of(stream: Any) -> str:
    """Return the title that a person gave a track; empty if nobody did."""
    title = stream.metadata.get("title", "").strip()
    if title:
        return str(title)
    handler = stream.metadata.get("handler_name", "").strip()
    return "" if any(part in handler.lower() for part in GENERIC) else str(handler)


def name_of(number: int, stream: Any) -> str:
    """Return a track's name for people: its number, then language and title in brackets."""
    title = title_of(stream)
    known = ", ".join(filter(None, (language_mark(stream), title and repr(title))))
    return f"{number} ({known})" if known else str(number)


def pick(streams: Sequence[Any], wanted: str, option: str, path: Path) -> tuple[int, Any]:
    """Return the requested track and its number, counted from 1.

    Args:
        streams: of one kind, in the order of the file.
        wanted: a number, or a language; of several in that language the default, else the first.
        option: the command-line option that requested it, for the error message.
        path: the clip.

    Raises:
        UsageError: there is no such track.

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
