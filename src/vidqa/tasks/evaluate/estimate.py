"""Means over questions, with intervals by drawing videos: questions of one are alike."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vidqa.tasks.evaluate.bootstrap import Group, interval, mean


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
    by_stratum: dict[str, list[Mark]] = defaultdict(list)
    for one in marks:
        by_stratum[one.stratum].append(one)
    groups = [_by_video(some) for some in by_stratum.values()]
    can_draw = any(len(sums) > 1 for sums, _ in groups)
    low, high = interval(groups) if can_draw else (None, None)
    videos = len({one.video for one in marks})
    return Estimate(mean(groups), low, high, len(marks), videos)


def _by_video(marks: Sequence[Mark]) -> Group:
    """Return the sum of each video's values, and how many there are."""
    sums: dict[str, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    for one in marks:
        sums[one.video] += one.value
        counts[one.video] += 1
    return np.array([*sums.values()]), np.array([*counts.values()], dtype=np.float64)
