"""Given answers in order of their likelihood."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from torch import Tensor

from vidqa.errors import ModelDamagedError
from vidqa.types import Choice

Score = Literal["per_token", "sum"]
"""The mean over an answer's tokens, or their sum, with which shorter answers win."""


def ranked(texts: Sequence[str], likelihoods: Sequence[Tensor], *, by: Score) -> tuple[Choice, ...]:
    """Put choices in order, the likeliest first; of two alike, the one given first.

    Args:
        texts: the choices.
        likelihoods: (T,) log likelihoods of the tokens of each, its end included.
        by: the score.

    Raises:
        ModelDamagedError: some likelihoods are no numbers.

    """
    nlls = [-float(one.sum()) for one in likelihoods]
    require_numbers(nlls)
    lengths = [len(one) for one in likelihoods]
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
    """Refuse what an overflow or broken weights left: it would win, or lose, without a reason.

    Raises:
        ModelDamagedError: some are infinite or no numbers.

    """
    if not all(map(math.isfinite, values)):
        raise ModelDamagedError(
            "the model computes likelihoods that are no numbers (overflow, or damaged weights)",
            hint="try --dtype float32 or bfloat16",
        )
