"""Measure what an answer rests on: how much less likely it is if the model is shown less."""

import math
from collections.abc import Sequence
from typing import Protocol

from vidqa.engine.answer.rank import require_numbers
from vidqa.types import Grounding, Verdict

RESTS_NATS = 2.0
"""Nats by which a source must raise an answer's log likelihood to count (e^2 is about 7 times)."""


class Worth(Protocol):
    """A function that makes something of the log likelihoods of answers."""

    def __call__(self, scores: Sequence[float]) -> list[float]:
        """Return a number per answer, or one for all."""


class Scores(Protocol):
    """A function that returns answers' log likelihoods with less of the clip shown."""

    def __call__(self, *, pictures: bool, words: bool) -> Sequence[float]:
        """Return a log likelihood in nats per answer."""


def each(scores: Sequence[float]) -> list[float]:
    """Return the log likelihood of every answer."""
    return list(scores)


def odds(scores: Sequence[float]) -> list[float]:
    """Return the log odds of the first answer against the others; alone, its log likelihood."""
    first, *others = scores
    if not others:
        return [first]
    best = max(others)
    return [first - best - math.log(sum(math.exp(one - best) for one in others))]


def compared(scores: Scores, worth: Worth, *, has_words: bool) -> tuple[Grounding, ...]:
    """Find what answers rest on by scoring them with everything shown, and with less.

    Raises:
        ModelDamagedError: some scores are not finite numbers.

    """
    whole = worth(scores(pictures=True, words=True))
    blind = worth(scores(pictures=False, words=True))
    deaf = worth(scores(pictures=True, words=False)) if has_words else whole
    neither = worth(scores(pictures=False, words=False)) if has_words else blind
    return tuple(map(judged, whole, blind, deaf, neither))


def judged(
    whole: float, without_pictures: float, without_words: float, without_both: float
) -> Grounding:
    """Compare the log likelihoods of one answer, in nats, with everything shown and with less.

    Raises:
        ModelDamagedError: some are not finite numbers.

    """
    require_numbers((whole, without_pictures, without_words, without_both))
    pictures, words, both = (
        whole - less for less in (without_pictures, without_words, without_both)
    )
    return Grounding(_verdict(pictures, words, both), pictures, words, both)


def _verdict(pictures: float, words: float, both: float) -> Verdict:
    if both < RESTS_NATS:
        return "guess"
    if (pictures >= RESTS_NATS) == (words >= RESTS_NATS):
        return "both"  # it needs both, or either is enough
    return "seen" if pictures >= RESTS_NATS else "heard"
