"""Find changes of topic: moments across which few words are repeated.

The method is TextTiling (Hearst, Computational Linguistics 23(1), 1997), with sentences in place
of its blocks of words.
"""

from collections.abc import Sequence
from statistics import fmean, pstdev

from vidqa.engine.summaries.central import Vector, added, cosine, normed, spoken_sentences, vectors
from vidqa.types import Cue

BLOCK = 6
"""Sentences compared on either side of a gap."""
LEAST = 3
"""Sentences required on either side of a gap."""
SHALLOWEST = 0.15
"""Least depth of a change of topic: how far the similarity falls below the peaks around it."""


def topic_changes(cues: Sequence[Cue]) -> tuple[float, ...]:
    """Return the start of each new topic, in seconds: that of its first sentence."""
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
    """Return the similarity of both sides of each gap between sentences, except near the ends."""
    gaps = range(LEAST, len(sentences) - LEAST + 1)
    return [
        cosine(
            normed(added(sentences[max(0, gap - BLOCK) : gap])),
            normed(added(sentences[gap : gap + BLOCK])),
        )
        for gap in gaps
    ]


def _depths(likeness: Sequence[float]) -> list[float]:
    """Return how far each value lies below the nearest peaks on both sides."""
    depths = list[float]()
    for number, low in enumerate(likeness):
        before = _peak(likeness[number::-1])
        behind = _peak(likeness[number:])
        depths.append(before - low + behind - low)
    return depths


def _peak(values: Sequence[float]) -> float:
    """Return the value reached before the first descent."""
    peak = values[0]
    for value in values[1:]:
        if value < peak:
            break
        peak = value
    return peak
