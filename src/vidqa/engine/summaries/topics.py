"""Where what is spoken of changes: few words before a moment are said again behind it.

The method is TextTiling's (Hearst, Computational Linguistics 23(1), 1997), with sentences in place
of its blocks of words.
"""

from collections.abc import Sequence
from statistics import fmean, pstdev

from vidqa.engine.summaries.central import Vector, added, cosine, normed, spoken_sentences, vectors
from vidqa.types import Cue

BLOCK = 6
"""Sentences that are compared on either side."""
LEAST = 3
"""Sentences that there have to be on either side."""
SHALLOWEST = 0.15
"""The least by which the likeness of two sides falls below that around it."""


def topic_changes(cues: Sequence[Cue]) -> tuple[float, ...]:
    """When new topics begin, in seconds: at the first sentence of each."""
    spoken = spoken_sentences(cues)
    depths = _depths(_likeness(vectors([one.text for one in spoken])))
    if not depths:
        return ()
    least = max(SHALLOWEST, fmean(depths) + pstdev(depths) / 2)
    return tuple(
        spoken[number + LEAST].start_s
        for number, depth in enumerate(depths)
        if depth >= least and depth == max(depths[max(0, number - LEAST) : number + LEAST + 1])
    )


def _likeness(sentences: Sequence[Vector]) -> list[float]:
    """How alike both sides are of each gap between sentences, but those near the ends."""
    gaps = range(LEAST, len(sentences) - LEAST + 1)
    return [
        cosine(
            normed(added(sentences[max(0, gap - BLOCK) : gap])),
            normed(added(sentences[gap : gap + BLOCK])),
        )
        for gap in gaps
    ]


def _depths(likeness: Sequence[float]) -> list[float]:
    """By how much each lies below the nearest peaks on both sides of it."""
    depths = list[float]()
    for number, low in enumerate(likeness):
        before = _peak(likeness[number::-1])
        behind = _peak(likeness[number:])
        depths.append(before - low + behind - low)
    return depths


def _peak(values: Sequence[float]) -> float:
    """The height that is reached before it goes down."""
    peak = values[0]
    for value in values[1:]:
        if value < peak:
            break
        peak = value
    return peak
