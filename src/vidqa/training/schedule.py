"""The learning rate of the authors' training: linear warm-up, then half a cosine down."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """The learning rates of one stage, and its lengths in optimizer steps."""

    warmup_rate: float
    """Learning rate of the first step."""
    top_rate: float
    """Learning rate at the end of the warm-up."""
    end_rate: float
    """Learning rate at the end of the cosine."""
    warmup_steps: int
    total_steps: int
    """Steps, warm-up included; the cosine is computed as if there were no warm-up."""

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        if step < self.warmup_steps:
            return self.warmup_rate + (self.top_rate - self.warmup_rate) * step / self.warmup_steps
        part = math.cos(math.pi * step / self.total_steps)
        return self.end_rate + (self.top_rate - self.end_rate) * (1 + part) / 2
