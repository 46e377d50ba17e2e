"""Clean subtitle lines into cues: one line of plain text each, in order of time."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from vidqa.types import Cue

LONGEST_S = 1e8
"""Seconds (three years) beyond which a time is nonsense."""

ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[A-Za-z]+\d*);")

KARAOKE_TIME = re.compile(r"<[\d:.]+>")

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

ROLL_S = 0.1
"""Seconds of break, at most, between two cues that show the same line (roll-up captions)."""

FLASH_S = 0.05
"""Seconds, at most, of a cue too short to read: it only holds a line until the next comes."""

Line = tuple[float, float, str]
"""Start and end in seconds, and text of one or more lines."""


def clean_cues(lines: Iterable[Line]) -> tuple[Cue, ...]:
    """Return the lines that hold text as cues, in order of time, without duplicates.

    Cues with the same times stay in file order. Text that is shown again while it is still on
    screen (signs are drawn in layers) becomes one cue, and so does text carried over by roll-up.
    """
    cues: list[Cue] = []
    last: dict[str, int] = {}  # where the last cue with a text is
    for line in _unrolled(sorted(lines, key=lambda one: one[:2])):
        cue = make_cue(*line)
        if cue is None:
            continue
        place = last.get(cue.text)
        if place is not None and _is_layer(cue, cues[place]):
            cues[place] = replace(cues[place], end_s=max(cue.end_s, cues[place].end_s))
        else:
            last[cue.text] = len(cues)
            cues.append(cue)
    return tuple(sorted(cues, key=lambda cue: (cue.start_s, cue.end_s)))


def _is_layer(cue: Cue, before: Cue) -> bool:
    """Return whether a cue begins while the one before, of the same text, is still shown."""
    return cue.start_s < before.end_s or cue.start_s == before.start_s


def _unrolled(lines: Iterable[Line]) -> Iterator[Line]:
    """Drop lines that the cue before already showed: roll-up captions repeat every line."""
    shown: list[str] = []
    shown_until_s = 0.0
    for begin_s, end_s, text in lines:
        rows = list(filter(None, map(clean_line, text.split("\n"))))
        again = _rolled(shown, rows) if begin_s <= shown_until_s + ROLL_S else 0
        if again == len(shown) == len(rows) and end_s - begin_s > FLASH_S:
            again = 0  # somebody says the same once more
        shown, shown_until_s = rows, end_s
        yield begin_s, end_s, "\n".join(rows[again:])


def _rolled(shown: list[str], rows: list[str]) -> int:
    """Count the first rows that repeat the last rows shown before."""
    most = min(len(rows), len(shown))
    return next((count for count in range(most, 0, -1) if shown[-count:] == rows[:count]), 0)


def make_cue(start_s: float, end_s: float, text: str) -> Cue | None:
    """Return a cue of one clean line from raw times and text; None if no text is left."""
    start_s = max(0.0, round(start_s, 3))
    line = clean_line(text)
    if not line or not start_s < LONGEST_S:
        return None
    return Cue(start_s, min(LONGEST_S, max(start_s, round(end_s, 3))), line)


def clean_line(text: str) -> str:
    """Return the text as one line: no markup, no control characters, single spaces."""
    text = KARAOKE_TIME.sub("", text)
    text = ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return " ".join(CONTROL_CHARACTERS.sub(" ", text).split())
