"""Cut a clip into parts at the end of a topic, at a pause in speech, or at the end of a shot."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vidqa.types import Cue

CutAt = Literal["start", "topic", "pause", "shot", "even", "chapter"]
"""The reason for a cut; `even`: nothing ends nearby, so the parts are equally long; `chapter`: a
chapter of the file begins there."""

PAUSE_S = 1.0
"""Seconds of silence between words that count as a pause; breaths and commas are shorter."""
SLACK = 0.25
"""Distance that a cut may be moved, as a fraction of an even part's length."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a clip, in seconds from its first frame."""

    start_s: float
    end_s: float
    cut_at: CutAt
    """The reason for the cut at its start."""

    def holds(self, other: "Window") -> bool:
        """Return whether the middle of another part lies in this one."""
        return self.start_s <= (other.start_s + other.end_s) / 2 < self.end_s


def windows(
    start_s: float,
    end_s: float,
    most_s: float,
    *,
    cues: Sequence[Cue],
    shots: Iterable[float],
    topics: Iterable[float] = (),
    slack: float = SLACK,
) -> tuple[Window, ...]:
    """Cut a stretch of a clip into parts of about the same length.

    Each cut lies at the nearest change of topic, else at the end of the longest pause nearby (or
    at a shot within that pause, which is best), else at the nearest shot.

    Args:
        start_s: start of the stretch.
        end_s: end of the stretch.
        most_s: longest part before any cut is moved, in seconds.
        cues: the words, in order of time.
        shots: starts of shots, in seconds.
        topics: starts of topics, in seconds.
        slack: distance that a cut may be moved, as a fraction of an even part's length.

    """
    count = max(1, math.ceil((end_s - start_s) / most_s))
    step_s = (end_s - start_s) / count
    pauses, shots, topics = _pauses(cues, start_s), tuple(shots), tuple(topics)
    cuts: list[tuple[float, CutAt]] = [(start_s, "start")]
    for number in range(1, count):
        even_s, slack_s = start_s + number * step_s, slack * step_s
        near = _near(topics, even_s, slack_s)
        cuts.append((near[0], "topic") if near else _cut(even_s, slack_s, pauses, shots))
    return between(cuts, end_s)


def scenes(
    start_s: float,
    end_s: float,
    least_s: float,
    *,
    cues: Sequence[Cue],
    shots: Iterable[float],
    topics: Iterable[float] = (),
) -> tuple[Window, ...]:
    """Cut a stretch of a clip at every topic, pause and shot; no part is shorter than `least_s`.

    The arguments are those of `windows`; without any cut there is one part.
    """
    pauses, shots = _pauses(cues, start_s), tuple(shots)
    bare = [end for begin, end in pauses if not any(begin <= shot <= end for shot in shots)]
    found: list[tuple[float, CutAt]] = [(shot, "shot") for shot in shots]
    found += [(end, "pause") for end in bare]
    found += [(time_s, "topic") for time_s in topics]
    cuts: list[tuple[float, CutAt]] = [(start_s, "start")]
    for time_s, why in sorted(found):
        if time_s - cuts[-1][0] >= least_s and end_s - time_s >= least_s:
            cuts.append((time_s, why))
    return between(cuts, end_s)


def at_least(parts: Sequence[Window], least_s: float, *, most: int) -> tuple[Window, ...]:
    """Join the shortest part to its shorter neighbour until all are long and few enough.

    Args:
        parts: in order of time.
        least_s: least length of a part, in seconds.
        most: most parts.

    """
    joined = list(parts)
    while len(joined) > 1:
        short = min(joined, key=_lasts)
        if _lasts(short) >= least_s and len(joined) <= most:
            break
        at = joined.index(short)
        beside = [number for number in (at - 1, at + 1) if 0 <= number < len(joined)]
        first = min(at, min(beside, key=lambda number: _lasts(joined[number])))
        one, other = joined[first : first + 2]
        joined[first : first + 2] = [replace(one, end_s=other.end_s)]
    return tuple(joined)


def together(words: Mapping[Window, int], most: int) -> tuple[Window, ...]:
    """Join neighbours while they have at most `most` words.

    Args:
        words: words of each part, in order of time.
        most: most words of a joined part.

    """
    joined, count = list[Window](), 0
    for part, more in words.items():
        if joined and count + more <= most:
            joined[-1] = replace(joined[-1], end_s=part.end_s)
            count += more
        else:
            joined.append(part)
            count = more
    return tuple(joined)


def said_in(part: Window, cues: Iterable[Cue]) -> tuple[Cue, ...]:
    """Return the cues that start in a part; the first part also gets those before it."""
    begin_s = 0.0 if part.cut_at == "start" else part.start_s
    return tuple(cue for cue in cues if begin_s <= cue.start_s < part.end_s)


def shown_in(part: Window, cues: Iterable[Cue]) -> tuple[Cue, ...]:
    """Return the cues that stand on the screen at any time in a part."""
    return tuple(cue for cue in cues if cue.start_s < part.end_s and cue.end_s > part.start_s)


def _lasts(part: Window) -> float:
    return part.end_s - part.start_s


def between(cuts: Sequence[tuple[float, CutAt]], end_s: float) -> tuple[Window, ...]:
    """Return the parts between cuts, in order of time."""
    ends = [*(time_s for time_s, _ in cuts[1:]), end_s]
    return tuple(Window(cut_s, end, why) for (cut_s, why), end in zip(cuts, ends, strict=True))


def _pauses(cues: Sequence[Cue], start_s: float) -> tuple[tuple[float, float], ...]:
    """Return start and end of each pause before words, in seconds."""
    pauses, silent_since_s = [], start_s
    for cue in cues:
        if cue.start_s - silent_since_s >= PAUSE_S:
            pauses.append((silent_since_s, cue.start_s))
        silent_since_s = max(silent_since_s, cue.end_s)
    return tuple(pauses)


def _cut(
    even_s: float, slack_s: float, pauses: Sequence[tuple[float, float]], shots: Sequence[float]
) -> tuple[float, CutAt]:
    closest = _near(shots, even_s, slack_s)
    ending = [pause for pause in pauses if abs(pause[1] - even_s) <= slack_s]
    for begin_s, end_s in sorted(ending, key=lambda pause: pause[0] - pause[1]):
        within = [time_s for time_s in closest if begin_s <= time_s <= end_s]
        return (within[0], "shot") if within else (end_s, "pause")
    return (closest[0], "shot") if closest else (even_s, "even")


def _near(times_s: Iterable[float], even_s: float, slack_s: float) -> list[float]:
    """Return the times within `slack_s`, the nearest first."""
    near = [time_s for time_s in times_s if abs(time_s - even_s) <= slack_s]
    return sorted(near, key=lambda time_s: abs(time_s - even_s))
