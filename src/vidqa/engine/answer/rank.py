"""Rank given answers by their likelihood."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from vidqa.errors import ModelDamagedError
from vidqa.types import Choice

Score = Literal["per_token", "sum"]
"""The mean log likelihood of an answer's tokens, or their sum, which favours short answers."""


class Likelihood(NamedTuple):
    """How likely a model finds a given answer."""

    nats: float
    """The log likelihood of all its tokens."""
    tokens: int
    """Their number, the end token included where it was scored as a whole answer."""


def ranked(
    texts: Sequence[str], likelihoods: Sequence[Likelihood], *, by: Score
) -> tuple[Choice, ...]:
    """Sort choices, the likeliest first; ties stay in the given order.

    Args:
        texts: the choices.
        likelihoods: that of each.
        by: the score.

    Raises:
        ModelDamagedError: some likelihoods are not finite numbers.

    """
    nlls = [-one.nats for one in likelihoods]
    require_numbers(nlls)
    lengths = [one.tokens for one in likelihoods]
    scores = [
        nll / length if by == "per_token" else nll
        for nll, length in zip(nlls, lengths, strict=True)
    ]
    best = min(scores)
    shares = [math.exp(best - score) for score in scores]
    choices = [
        Choice(text, nll, length, share / sum(shares))
        for text, nll, length, share in zip(texts, nlls, lengths, shares, strict=True)
    ]
    order = sorted(range(len(choices)), key=lambda index: scores[index])
    return tuple(choices[index] for index in order)


def require_numbers(values: Iterable[float]) -> None:
    """Refuse the results of an overflow or of broken weights: they would win or lose at random.

    Raises:
        ModelDamagedError: some values are infinite or NaN.

    """
    if not all(map(math.isfinite, values)):
        raise ModelDamagedError(
            "the model computes likelihoods that are not numbers (overflow, or damaged weights)",
            hint="try --dtype float32 or bfloat16",
        )
