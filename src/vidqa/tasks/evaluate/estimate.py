"""Means over questions, with intervals by drawing videos: questions of one are alike."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidqa.tasks.evaluate.bootstrap import CONFIDENCE, DRAWS

AT_ONCE = 250
"""Draws that are made at once, so that many videos take little memory."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One score of one question."""

    value: float
    video: str
    stratum: str = ""
    """Strata weigh the same, however many questions they have."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and its 95 % interval."""

    mean: float
    low: float | None
    """None where nothing can be drawn: of one video alone, or one in each stratum."""
    high: float | None
    questions: int
    videos: int

    def to_record(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "mean": round(self.mean, 6),
            "low": None if self.low is None else round(self.low, 6),
            "high": None if self.high is None else round(self.high, 6),
            "questions": self.questions,
            "videos": self.videos,
        }


def estimate(marks: Sequence[Mark]) -> Estimate:
    """Compute the mean of the strata's means, and its interval by drawing their videos."""
    chance = np.random.default_rng(0)
    by_stratum: dict[str, list[Mark]] = defaultdict(list)
    for one in marks:
        by_stratum[one.stratum].append(one)
    groups = [_sums(some) for some in by_stratum.values()]
    mean = float(np.mean([sums.sum() / counts.sum() for sums, counts in groups]))
    videos = len({one.video for one in marks})
    if all(len(sums) == 1 for sums, _ in groups):
        return Estimate(mean, None, None, len(marks), videos)
    draws = np.mean([_drawn(*group, chance) for group in groups], axis=0)  # (draws,)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return Estimate(mean, float(low), float(high), len(marks), videos)


Numbers = NDArray[np.float64]


def _sums(marks: Sequence[Mark]) -> tuple[Numbers, Numbers]:
    """Return the sum of each video's values, and their number: (videos,) each."""
    sums: dict[str, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    for one in marks:
        sums[one.video] += one.value
        counts[one.video] += 1
    return np.array([*sums.values()]), np.array([*counts.values()], dtype=np.float64)


def _drawn(sums: Numbers, counts: Numbers, chance: np.random.Generator) -> Numbers:
    """Return the means of as many videos, drawn again and again: (draws,)."""
    means = []
    for begin in range(0, DRAWS, AT_ONCE):
        count = min(AT_ONCE, DRAWS - begin)
        drawn = chance.integers(0, len(sums), (count, len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    every: Numbers = np.concatenate(means)
    return every
