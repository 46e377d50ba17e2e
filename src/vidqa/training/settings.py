"""Hyperparameters of a training run: its length, its rates, and what is trained."""

from dataclasses import dataclass, field

from vidqa.training.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Lora:
    """The LoRA of the decoder that is trained together with the projector."""

    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0
    targets: tuple[str, ...] = ("q_proj", "v_proj")
    """Names of the matrices in each layer that get a LoRA."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """The hyperparameters of one training run."""

    schedule: Schedule
    """Learning rate of every step, and the number of steps."""
    lora: Lora = field(default_factory=Lora)
    projector_share: float = 1.0
    """Learning rate of the projector as a share of the schedule's."""
    batch: int = 4
    """Clips per forward pass and device."""
    accumulation: int = 1
    """Forward passes per optimizer step."""
    weight_decay: float = 0.0
    """Weight decay of matrices; vectors are never decayed."""
    betas: tuple[float, float] = (0.9, 0.999)
    clip_norm: float | None = 1.0
    """Largest norm of the gradient, scaled down to it; None: no clipping."""
    gradient_checkpointing: bool = False
    seed: int = 0
    checkpoint_every: int = 100
    """Steps between checkpoints."""
    keep_checkpoints: int = 2
    """Number of latest checkpoints to keep."""
    evaluate_every: int = 100
    """Steps between evaluations."""

    def __post_init__(self) -> None:
        for name in ("batch", "accumulation", "checkpoint_every", "evaluate_every"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"TrainingSettings: {name} must be 1 or more, got {getattr(self, name)}"
                )

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole run."""
        return self.schedule.total_steps
