"""Bootstrap confidence intervals of means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 4000
CONFIDENCE = 0.95
AT_ONCE = 250
"""Draws that are made at once, so that many units take little memory."""


@dataclass(frozen=True, slots=True)
class Share:
    """A mean between -1 and 1, with its 95 % confidence interval."""

    mean: float
    low: float
    high: float
    count: int
    """Number of questions."""


Numbers = NDArray[np.float64]
Group = tuple[Numbers, Numbers]
"""The sums of some values, and how many values each is of: (units,) each. Units are drawn whole."""


def share(values: Sequence[float], strata: Sequence[str]) -> Share:
    """Compute the mean, and its confidence interval by resampling questions.

    Several strata weigh the same: a model that always says yes gets one half.

    Args:
        values: one value per question, such as 1 for right, or the difference of two models.
        strata: the stratum of each question.

    """
    by_name: dict[str, list[float]] = {}
    for value, name in zip(values, strata, strict=True):
        by_name.setdefault(name, []).append(value)
    groups = [(np.array(group), np.ones(len(group))) for group in by_name.values()]
    return Share(mean(groups), *interval(groups), len(values))


def mean(groups: Sequence[Group]) -> float:
    """Return the mean of the groups' means."""
    return float(np.mean([sums.sum() / counts.sum() for sums, counts in groups]))


def interval(groups: Sequence[Group]) -> tuple[float, float]:
    """Return the confidence interval of `mean`, by drawing as many units as each group has."""
    chance = np.random.default_rng(0)
    draws = np.mean([_drawn(*group, chance) for group in groups], axis=0)  # (draws,)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def _drawn(sums: Numbers, counts: Numbers, chance: np.random.Generator) -> Numbers:
    """Return the means of all draws, each of as many units: (draws,)."""
    means = []
    for begin in range(0, DRAWS, AT_ONCE):
        count = min(AT_ONCE, DRAWS - begin)
        drawn = chance.integers(0, len(sums), (count, len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    every: Numbers = np.concatenate(means)
    return every
