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
"""Readings at one place that differ in nothing but their digits, from which they are a running
number..."""
COUNT_LOOKS = 1.5
"""...if each is seen in fewer looks than this, on average."""

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
        """Return whether a line is this one: the same text, or one that grew at its place."""
        known, new = letters(self.line.text), letters(line.text)
        if self.place.overlaps(line) and (new.startswith(known) or known.startswith(new)):
            return True
        return DIGIT.findall(known) == DIGIT.findall(new) and _likeness(known, new) >= ALIKE


def cues_of(looks: Sequence[Look], span: tuple[float, float]) -> tuple[Cue, ...]:
    """Return what stands on the screen as cues, in order of time.

    A cue begins half-way between the look in which its text is first seen and the one before; it
    ends likewise. What appears and goes at once is one cue, its paragraphs divided by ` / `; a
    running number is one with its first and last reading.

    Args:
        looks: in order of time.
        span: start and end of what was looked at, in seconds.

    """
    tracks = _without_numbers([one for one in _tracks(looks) if _is_told(one)])
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


def _without_numbers(tracks: Sequence[_Track]) -> list[_Track]:
    """Join the readings of each running number, such as a clock, into one track."""
    left, joined = list(tracks), list[_Track]()
    while left:
        first = left[0]
        same = [one for one in left if _counts_on(first, one)]
        left = [one for one in left if one not in same]
        if len(same) < COUNTS or sum(one.looks for one in same) >= COUNT_LOOKS * len(same):
            joined += same
            continue
        text = f"{first.line.text} … {same[-1].line.text}"
        joined.append(_Track(replace(first.line, text=text), first.first, same[-1].last))
    return sorted(joined, key=lambda one: one.first)


def _counts_on(first: _Track, other: _Track) -> bool:
    """Return whether another reading differs from the first in its digits only, at its place."""
    if first is other:
        return True
    shapes = {DIGIT.sub("0", one.line.text) for one in (first, other)}
    has_digits = DIGIT.search(first.line.text) is not None
    return has_digits and len(shapes) == 1 and first.line.overlaps(other.line)


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
