"""How sure a share of right answers is: bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 4000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """A mean between -1 and 1, and where it would be in 95 of 100 evaluations."""

    mean: float
    low: float
    high: float
    count: int
    """Questions."""


def share(values: Sequence[float], strata: Sequence[str]) -> Share:
    """The mean, and its interval by resampling questions.

    Where there are several strata each weighs the same: a model that always says yes gets one half.

    Args:
        values: of each question, such as 1 for right, or the difference of two models.
        strata: the group of each question.

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
    """The means of as many draws, each as large as the group: (draws,)."""
    drawn = chance.integers(0, len(group), (DRAWS, len(group)))
    means: NDArray[np.float64] = group[drawn].mean(axis=1)
    return means
