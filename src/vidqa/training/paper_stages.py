"""The stages of the authors' training: learning rates, lengths and weight decay."""

from collections.abc import Mapping
from dataclasses import dataclass

from vidqa.training.schedule import Schedule

WEIGHT_DECAY = 0.05
"""Weight decay of matrices."""
LORA_RANK, LORA_ALPHA, LORA_DROPOUT = 64, 16, 0.05
LORA_TARGETS = ("q_proj", "v_proj")


@dataclass(frozen=True, slots=True)
class Stage:
    """One training stage, with the authors' settings."""

    schedule: Schedule
    batch: int
    """Samples per device and step."""


def _stage(*, epochs: int, steps: int, top: float, end: float, batch: int) -> Stage:
    return Stage(Schedule(1e-6, top, end, warmup_steps=steps, total_steps=epochs * steps), batch)


STAGES: Mapping[str, Stage] = {
    "pretrain": _stage(epochs=4, steps=5000, top=1e-4, end=8e-5, batch=64),
    "align": _stage(epochs=5, steps=200, top=3e-5, end=1e-5, batch=12),
    "video-llama2": _stage(epochs=50, steps=1000, top=1e-4, end=8e-5, batch=4),
    "video-mistral": _stage(epochs=50, steps=875, top=1e-4, end=8e-5, batch=1),
}
"""Stages by name: images, image alignment, and both video stages (captions, instructions)."""
