"""The training loop: take steps and yield events; accelerate spreads them over devices."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from peft import PeftModel

from vidqa.training import checkpoint
from vidqa.training.checkpoint import State
from vidqa.training.data.packing import pack
from vidqa.training.data.samples import Lessons
from vidqa.training.objective import AnswerLoss
from vidqa.training.order import lessons_of, seed_of
from vidqa.training.settings import TrainingSettings
from vidqa.training.trainable import optimizer_of

Precision = Literal["no", "bf16", "fp16"]
"""Number format of matrix products; the trained weights stay in fp32."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """The event after one optimizer step."""

    step: int
    """Steps taken so far."""
    loss: float
    """Loss on this step's lessons, before the step."""
    rate: float
    samples: tuple[int, ...]
    """Numbers of the lessons that this process took."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The event after an evaluation on the held-out lessons."""

    step: int
    loss: float


@dataclass(frozen=True, slots=True)
class Saved:
    """The event after a checkpoint was written."""

    step: int
    folder: Path


Event = Stepped | Evaluated | Saved


class Run:
    """One training run: a model, its lessons, and the steps taken so far."""

    def __init__(
        self,
        tuned: PeftModel,
        lessons: Lessons,
        settings: TrainingSettings,
        *,
        folder: Path,
        pad_id: int,
        precision: Precision = "no",
        device: str = "cpu",
        kept_apart: Lessons | None = None,
        fingerprint: str = "",
    ) -> None:
        """Prepare a run.

        Args:
            tuned: the model, from `make_trainable`.
            lessons: the training set, at least one lesson.
            settings: the hyperparameters.
            folder: the folder of checkpoints.
            pad_id: any token id.
            precision: the number format of matrix products.
            device: `cpu`; anything else is left to accelerate.
            kept_apart: held-out lessons, only evaluated.
            fingerprint: the hash of all that a checkpoint must match.

        """
        self.tuned = tuned
        self.settings = settings
        self._lessons, self._kept_apart = lessons, kept_apart
        self._folder, self._pad_id, self._fingerprint = folder, pad_id, fingerprint
        self.step = 0
        AcceleratorState._reset_state()  # global to the process; this run may use another device
        self._accelerator = Accelerator(
            mixed_precision=precision,
            gradient_accumulation_steps=settings.accumulation,
            cpu=device == "cpu",
        )
        if settings.gradient_checkpointing:
            _checkpoint_gradients(tuned)
        optimizer = optimizer_of(tuned, settings)
        self._objective, self._optimizer = self._accelerator.prepare(AnswerLoss(tuned), optimizer)

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and reports."""
        return bool(self._accelerator.is_main_process)

    def resume(self, folder: Path) -> None:
        """Continue from a checkpoint, whose weights the model already has."""
        checkpoint.restore_optimizer(folder, self._optimizer)
        self.step = checkpoint.read_state(folder).step

    def steps(self) -> Iterator[Event]:
        """Train to the end; yield an event for each step, evaluation and checkpoint."""
        settings = self.settings
        while self.step < settings.steps:
            yield self._take_step()
            is_last = self.step == settings.steps
            if self._kept_apart is not None and (
                is_last or self.step % settings.evaluate_every == 0
            ):
                yield Evaluated(self.step, self.evaluate(self._kept_apart))
            if is_last or self.step % settings.checkpoint_every == 0:
                yield self._save()

    @torch.inference_mode()
    def evaluate(self, lessons: Lessons) -> float:
        """Return the mean loss over lessons."""
        self.tuned.eval()
        losses = [
            self._loss([number], lessons).item()
            for number in range(
                self._accelerator.process_index, len(lessons), self._accelerator.num_processes
            )
        ]
        mean = torch.tensor([sum(losses), len(losses)], device=self._accelerator.device)
        total, count = self._accelerator.reduce(mean, reduction="sum").tolist()
        return float(total / count)

    def _take_step(self) -> Stepped:
        settings, accelerator = self.settings, self._accelerator
        _train(self.tuned)
        rate = settings.schedule.rate(self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["share"]
        torch.manual_seed(seed_of(settings.seed, self.step, accelerator.process_index))  # dropout
        losses, samples = [], list[int]()
        for forward in range(settings.accumulation):
            numbers = lessons_of(
                self.step * settings.accumulation + forward,
                seed=settings.seed,
                total=len(self._lessons),
                batch=settings.batch,
                rank=accelerator.process_index,
                ranks=accelerator.num_processes,
            )
            samples += numbers
            with accelerator.accumulate(self._objective):
                loss = self._loss(numbers, self._lessons)
                accelerator.backward(loss)
                if accelerator.sync_gradients and settings.clip_norm is not None:
                    accelerator.clip_grad_norm_(self._objective.parameters(), settings.clip_norm)
                self._optimizer.step()
                self._optimizer.zero_grad()
            losses.append(loss.detach())
        mean = accelerator.reduce(torch.stack(losses).mean(), reduction="mean")
        self.step += 1
        return Stepped(self.step, float(mean), rate, tuple(samples))

    def _loss(self, numbers: list[int], lessons: Lessons) -> torch.Tensor:
        batch = pack([lessons[number] for number in numbers], pad_id=self._pad_id)
        loss: torch.Tensor = self._objective(**batch.to(self._accelerator.device))
        return loss

    def _save(self) -> Saved:
        state = State(self.step, self._fingerprint)
        folder = self._folder
        if self.is_main:
            folder = checkpoint.save(
                self._folder,
                self.tuned,
                self._optimizer,
                state,
                keep=self.settings.keep_checkpoints,
            )
        self._accelerator.wait_for_everyone()
        return Saved(self.step, folder)


def _train(tuned: PeftModel) -> None:
    """Switch to training mode, except for the frozen vision tower."""
    tuned.train()
    network: Any = tuned.base_model.model
    network.model.vision_tower.eval()


def _checkpoint_gradients(tuned: PeftModel) -> None:
    network: Any = tuned.base_model.model
    network.model.language_model.gradient_checkpointing_enable(
        gradient_checkpointing_kwargs={"use_reentrant": False}
    )
