"""Follow lines of text from look to look, so that what stays on the screen is one cue."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import pairwise

from vidqa.media.screen.recognizer import TextLine
from vidqa.types import ON_SCREEN_JOIN, Cue

ALIKE = 0.9
"""Likeness from which two readings are of the same text: few letters are misread."""
MISSED = 2
"""Looks in which a line may be missed before it counts as gone."""
FEW_LETTERS = 3
"""Letters and digits below which a reading counts only if it was made twice: patterns look like
letters."""
COUNTS = 4
"""Readings that follow each other at one place and differ in their digits only, from which they are
a running number, if they change as often as `COUNT_LOOKS` says."""
COUNT_LOOKS = 1.5
"""Looks in which each reading of a running number is seen on average, at most."""

DIGIT = re.compile(r"\d")
NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Look:
    """The lines of one frame."""

    time_s: float
    lines: tuple[TextLine, ...]


@dataclass(slots=True)
class _Track:
    """One line, followed over time; `first` and `last` are numbers of looks."""

    line: TextLine
    """The best reading."""
    first: int
    last: int
    looks: int = 1
    place: TextLine = field(init=False)
    """Where it was seen last."""

    def __post_init__(self) -> None:
        self.place = self.line

    def see(self, line: TextLine, look: int) -> None:
        """Add a reading: the longest one is kept, of those the surest."""
        self.last, self.place, self.looks = look, line, self.looks + 1
        if _worth(line) > _worth(self.line):
            self.line = line

    def is_of(self, line: TextLine) -> bool:
        """Return whether a line is this one: the same text, or more or less of it at its place."""
        known, new = letters(self.line.text), letters(line.text)
        if DIGIT.findall(known) != DIGIT.findall(new):
            return False
        if self.place.overlaps(line) and (_grew(known, new) or _is_cut(known, new)):
            return True
        return _likeness(known, new) >= ALIKE


def _grew(known: str, new: str) -> bool:
    """Return whether letters were added, as where text is typed."""
    return len(known) >= FEW_LETTERS and new.startswith(known)


def _is_cut(known: str, new: str) -> bool:
    """Return whether only the beginning was read this time."""
    return 2 * len(new) >= len(known) and known.startswith(new)


def cues_of(looks: Sequence[Look], span: tuple[float, float]) -> tuple[Cue, ...]:
    """Return what stands on the screen as cues, in order of time.

    A cue begins half-way between the look in which its text is first seen and the one before; it
    ends likewise. What appears and goes at once is one cue, its paragraphs divided by ` / `; a
    running number is one with its first and last reading.

    Args:
        looks: in order of time.
        span: start and end of what was looked at, in seconds.

    """
    tracks = _with_numbers_joined([one for one in _tracks(looks) if _is_told(one)])
    times_s = [look.time_s for look in looks]
    middles = [(one + other) / 2 for one, other in pairwise(times_s)]
    edges = [span[0], *middles, span[1]]
    texts = defaultdict[tuple[int, int], list[str]](list)
    for some in _paragraphs(tracks):
        stays = some[0].first, max(one.last for one in some)
        texts[stays].append(" ".join(one.line.text for one in some))
    return tuple(
        Cue(
            round(edges[first], 3),
            round(edges[last + 1], 3),
            ON_SCREEN_JOIN.join(paragraphs),
            on_screen=True,
        )
        for (first, last), paragraphs in sorted(texts.items())
    )


def letters(text: str) -> str:
    """Return the letters and digits of a text, in lower case."""
    return NOT_LETTERS.sub("", text).casefold()


def _tracks(looks: Iterable[Look]) -> list[_Track]:
    tracks, open_ones = list[_Track](), list[_Track]()
    for number, look in enumerate(looks):
        open_ones = [one for one in open_ones if number - one.last <= 1 + MISSED]
        for line in look.lines:
            free = [one for one in open_ones if one.last < number and one.is_of(line)]
            if free:
                max(free, key=lambda one: one.place.overlaps(line)).see(line, number)
            else:
                tracks.append(_Track(line, number, number))
                open_ones.append(tracks[-1])
    return tracks


def _worth(line: TextLine) -> tuple[int, float]:
    return len(letters(line.text)), line.score


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def _is_told(track: _Track) -> bool:
    count = len(letters(track.line.text))
    return count >= FEW_LETTERS or (count > 1 and track.looks > 1)


def _with_numbers_joined(tracks: Sequence[_Track]) -> list[_Track]:
    """Join the readings of each running number, such as a clock, into one track."""
    told, runs = list[_Track](), defaultdict[str, list[list[_Track]]](list)
    for track in tracks:
        if DIGIT.search(track.line.text) is None:
            told.append(track)
            continue
        same = runs[DIGIT.sub("0", track.line.text)]
        run = next((one for one in same if _goes_on(one[-1], track)), None)
        if run is None:
            same.append([track])
        else:
            run.append(track)
    for run in (one for same in runs.values() for one in same):
        told += [_joined(run)] if _counts(run) else run
    return sorted(told, key=lambda one: one.first)


def _goes_on(before: _Track, after: _Track) -> bool:
    """Return whether a reading comes next at the same place."""
    return 0 < after.first - before.last <= 1 + MISSED and before.line.overlaps(after.line)


def _counts(run: Sequence[_Track]) -> bool:
    return len(run) >= COUNTS and sum(one.looks for one in run) < COUNT_LOOKS * len(run)


def _joined(run: Sequence[_Track]) -> _Track:
    first, last = run[0], run[-1]
    text = f"{first.line.text} … {last.line.text}"
    return _Track(replace(first.line, text=text), first.first, last.last)


def _paragraphs(tracks: Iterable[_Track]) -> list[list[_Track]]:
    """Group the lines that appear at once, each right below the one before."""
    paragraphs = list[list[_Track]]()
    for track in sorted(tracks, key=lambda one: (one.first, one.line.top, one.line.left)):
        above = (some for some in paragraphs if some[-1].first == track.first)
        home = next((some for some in above if track.line.is_below(some[-1].line)), None)
        if home is None:
            paragraphs.append([track])
        else:
            home.append(track)
    return paragraphs
