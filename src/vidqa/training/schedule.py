"""The learning rate of the authors' training: up in a line, then down half a cosine."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """One stage's rates and lengths, in optimizer steps."""

    warmup_rate: float
    """The rate of the first step."""
    top_rate: float
    """Where the line ends."""
    end_rate: float
    """Where the cosine ends."""
    warmup_steps: int
    total_steps: int
    """The warm-up included: the cosine is as if there had been none."""

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if step < self.warmup_steps:
            return self.warmup_rate + (self.top_rate - self.warmup_rate) * step / self.warmup_steps
        part = math.cos(math.pi * step / self.total_steps)
        return self.end_rate + (self.top_rate - self.end_rate) * (1 + part) / 2
