"""Bootstrap confidence intervals of shares of right answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 4000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """A mean between -1 and 1, with its 95 % confidence interval."""

    mean: float
    low: float
    high: float
    count: int
    """Number of questions."""


def share(values: Sequence[float], strata: Sequence[str]) -> Share:
    """Compute the mean, and its confidence interval by resampling questions.

    Several strata weigh the same: a model that always says yes gets one half.

    Args:
        values: one value per question, such as 1 for right, or the difference of two models.
        strata: the stratum of each question.

    """
    groups = _grouped(values, strata)
    chance = np.random.default_rng(0)
    draws = np.mean([_resampled(group, chance) for group in groups], axis=0)  # (draws,)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    mean = float(np.mean([group.mean() for group in groups]))
    return Share(mean, float(low), float(high), len(values))


def _grouped(values: Sequence[float], strata: Sequence[str]) -> list[NDArray[np.float64]]:
    by_name: dict[str, list[float]] = {}
    for value, name in zip(values, strata, strict=True):
        by_name.setdefault(name, []).append(value)
    return [np.array(group, dtype=np.float64) for group in by_name.values()]


def _resampled(group: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    """Return the means of all draws, each as large as the group: (draws,)."""
    drawn = chance.integers(0, len(group), (DRAWS, len(group)))
    means: NDArray[np.float64] = group[drawn].mean(axis=1)
    return means
