"""How long, how fast and what is trained."""

from dataclasses import dataclass, field

from vidqa.training.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Lora:
    """The low-rank change of the decoder that is trained beside the projector."""

    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0
    targets: tuple[str, ...] = ("q_proj", "v_proj")
    """Which of each layer's matrices are changed."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """One run of training."""

    schedule: Schedule
    """The learning rate of every step, and how many steps there are."""
    lora: Lora = field(default_factory=Lora)
    projector_share: float = 1.0
    """The projector's learning rate as a share of the schedule's."""
    batch: int = 4
    """Clips a forward and device."""
    accumulation: int = 1
    """Forwards a step."""
    weight_decay: float = 0.0
    """Of matrices; vectors are never decayed."""
    betas: tuple[float, float] = (0.9, 0.999)
    clip_norm: float | None = 1.0
    """The gradient is scaled down to this norm; None: it is not."""
    gradient_checkpointing: bool = False
    seed: int = 0
    checkpoint_every: int = 100
    """Steps."""
    keep_checkpoints: int = 2
    """The last so many are kept."""
    evaluate_every: int = 100
    """Steps."""

    def __post_init__(self) -> None:
        for name in ("batch", "accumulation", "checkpoint_every", "evaluate_every"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"TrainingSettings: {name} must be 1 or more, got {getattr(self, name)}"
                )

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.schedule.total_steps
