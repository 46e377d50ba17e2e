"""Given answers in order of their likelihood."""

import math
from collections.abc import Sequence
from typing import Literal

from torch import Tensor

from vidqa.types import Choice

Score = Literal["per_token", "sum"]
"""The mean over an answer's tokens, or their sum, with which shorter answers win."""


def ranked(texts: Sequence[str], likelihoods: Sequence[Tensor], *, by: Score) -> tuple[Choice, ...]:
    """Put choices in order, the likeliest first; of two alike, the one given first.

    Args:
        texts: the choices.
        likelihoods: (T,) log likelihoods of the tokens of each, its end included.
        by: the score.

    """
    nlls = [-float(one.sum()) for one in likelihoods]
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
