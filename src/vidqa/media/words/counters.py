"""Separate the cues of SRT and WebVTT files from what is between them: counters, names, notes.

Their parser takes a number at the end of a cue's text for the next counter, even if there is none.
"""

import re
from collections.abc import Callable, Iterator

Lines = list[str]

NUMBER = re.compile(r"\d+")
LINE_END = re.compile(r"\r\n|\r|\n")


def renumbered(text: str, is_vtt: bool, is_timing: Callable[[str], bool]) -> str:
    """Return the same cues, with a blank line and a counter before each and after the last.

    Args:
        text: of a whole file.
        is_vtt: in WebVTT a blank line ends a cue, in SRT it may be part of its text.
        is_timing: whether a line holds the start and end of a cue.

    """
    head, *cues = _parts(LINE_END.split(text), is_timing)
    if not cues:
        return text
    cues = _ended_by_blanks(cues) if is_vtt else _without_counters(head, cues)
    cut = [line for lines in cues for line in ("", "0", *lines)]
    return "\n".join([*(head if is_vtt else ()), *cut, "", "0", ""])


def _parts(lines: Lines, is_timing: Callable[[str], bool]) -> Iterator[Lines]:
    """Yield the lines before the first cue; then each cue's timing line and all lines after it."""
    part: Lines = []
    for line in lines:
        if is_timing(line):
            yield part
            part = []
        part.append(line)
    yield part


def _ended_by_blanks(cues: list[Lines]) -> list[Lines]:
    """Cut each cue at its first blank line: what follows is a name, a note or a style."""
    return [
        lines[: next((place for place, line in enumerate(lines) if not line.strip()), len(lines))]
        for lines in cues
    ]


def _without_counters(head: Lines, cues: list[Lines]) -> list[Lines]:
    """Drop the number before the next cue's timing line, if most cues have one."""
    ends = [_last_number(lines) for lines in (head, *cues[:-1])]
    if 2 * sum(end is not None for end in ends) <= len(ends):
        return cues
    return [lines[:end] for lines, end in zip(cues, [*ends[1:], None], strict=True)]


def _last_number(lines: Lines) -> int | None:
    """Return the index of the last line that is not blank, if it is only a number."""
    last = max((place for place, line in enumerate(lines) if line.strip()), default=None)
    return last if last is not None and NUMBER.fullmatch(lines[last].strip()) else None
