"""What an answer rests on: how much less likely it is where the model is shown less."""

from collections.abc import Sequence
from typing import Protocol

import torch

from vidqa.engine.answer.rank import require_numbers
from vidqa.types import Grounding, Verdict

RESTS_NATS = 2.0
"""An answer rests on what makes it more than so much likelier: e^2 is about seven times."""


class Worth(Protocol):
    """What answers are worth, of the log likelihoods of their tokens."""

    def __call__(self, scores: Sequence[torch.Tensor]) -> list[float]:
        """A number an answer, or one for all."""


class Scores(Protocol):
    """The log likelihoods of answers' tokens, the clip shown with less."""

    def __call__(self, *, pictures: bool, words: bool) -> Sequence[torch.Tensor]:
        """In nats, (T,) an answer."""


def each(scores: Sequence[torch.Tensor]) -> list[float]:
    """The log likelihood of every answer."""
    return [float(one.sum()) for one in scores]


def odds(scores: Sequence[torch.Tensor]) -> list[float]:
    """The log odds of the first answer against the others; alone, its log likelihood."""
    first, *others = (one.sum() for one in scores)
    return [float(first - torch.stack(others).logsumexp(0) if others else first)]


def compared(scores: Scores, worth: Worth, *, has_words: bool) -> tuple[Grounding, ...]:
    """What answers rest on: they are scored with everything shown, and with less.

    Raises:
        ModelDamagedError: some scores are no numbers.

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
        ModelDamagedError: some are no numbers.

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
        return "both"  # it needs both; or each alone is enough
    return "seen" if pictures >= RESTS_NATS else "heard"
