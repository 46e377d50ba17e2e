"""Train a model from a file of examples: watch the clips, train, merge into a folder."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from vidqa.engine import Model
from vidqa.errors import UsageError
from vidqa.models.resolve import write_settings
from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.training import checkpoint
from vidqa.training.data.build_samples import (
    KeptLessons,
    Unwatchable,
    Watched,
    Watching,
    is_there,
    missing,
)
from vidqa.training.data.examples import Example, by_source
from vidqa.training.log import LOG, PICTURE, Point, cut_log, draw, read_log
from vidqa.training.loop import Evaluated, Event, Precision, Run, Saved, Stepped
from vidqa.training.settings import TrainingSettings
from vidqa.training.trainable import make_trainable

NOTES = "training"
"""Folder inside the model's, with checkpoints, lessons, the log and the plot of the loss."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The event after the model was written to its folder."""

    folder: Path


TrainingEvent = Watched | Unwatchable | Event | Finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One training from start to end; a run begun in the same folder is resumed."""

    model: Model
    preset: str
    """Name of the preset whose frames, words and prompt the new model uses."""
    folder: Path
    settings: TrainingSettings
    recipe: str = "vidqa"
    frames: int | None = None
    precision: Precision = "no"

    def run(
        self, examples: Sequence[Example], kept_apart: Sequence[Example]
    ) -> Iterator[TrainingEvent]:
        """Train; yield an event for each clip, step, evaluation and checkpoint.

        Args:
            examples: the training set.
            kept_apart: the held-out set, evaluated during training; may be empty.

        Raises:
            UsageError: no clip of a set can be used, or the folder holds a model or another run.

        """
        if (self.folder / "config.json").exists():
            raise UsageError(
                f"{str(self.folder)!r} holds a model already", hint="choose another folder"
            )
        learned, apart = list[Path](), list[Path]()
        one_process_first = PartialState(cpu=self.model.device == "cpu").main_process_first
        with one_process_first():  # the others find the lessons on disk
            sources, others = by_source(examples), by_source(kept_apart)
            yield from missing({**sources, **others})
            for chosen, kept in ((sources, learned), (others, apart)):
                there = {source: asked for source, asked in chosen.items() if is_there(source)}
                for event in self._watching().lessons(there):
                    if isinstance(event, Watched):
                        kept.append(event.file)
                    yield event
        if not learned:
            raise UsageError("no clip could be watched, so there is nothing to learn from")
        if kept_apart and not apart:
            raise UsageError("no clip of --eval could be watched, so there is nothing to look at")
        run = self._prepare(learned, apart)
        log = _Log(self._notes, run.step)
        for step in run.steps():
            log.write(step)
            yield step
        if run.is_main:
            log.draw()
            self._finish(run)
        yield Finished(self.folder)

    @property
    def _notes(self) -> Path:
        return self.folder / NOTES

    def _watching(self) -> Watching:
        return Watching(self.model, self._notes / "lessons", self.recipe, self.frames)

    def _prepare(self, learned: Sequence[Path], apart: Sequence[Path]) -> Run:
        network = self.model.loaded.network
        if not isinstance(network, VidqaForConditionalGeneration):
            raise UsageError(f"{self.model.name} is of a family that vidqa cannot train")
        mark = self._mark(learned)
        begun = checkpoint.checkpoints(self._notes)
        if begun and checkpoint.read_state(begun[-1]).fingerprint != mark:
            raise UsageError(
                f"another training was begun in {str(self.folder)!r}: its clips or settings differ",
                hint="choose another folder, or remove that one",
            )
        started = begun[-1] if begun else None
        tuned = make_trainable(
            network, self.settings.lora, started=started, seed=self.settings.seed
        )
        run = Run(
            tuned,
            KeptLessons(learned),
            self.settings,
            folder=self._notes,
            pad_id=int(self.model.loaded.end_id),
            precision=self.precision,
            device=self.model.device,
            kept_apart=KeptLessons(apart) if apart else None,
            fingerprint=mark,
        )
        if started is not None:
            run.resume(started)
        return run

    def _mark(self, learned: Sequence[Path]) -> str:
        """Hash everything that decides what is learned; how often it is saved does not."""
        settings = replace(self.settings, checkpoint_every=1, evaluate_every=1, keep_checkpoints=1)
        content = [asdict(settings), self.precision, [file.name for file in learned]]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]

    def _finish(self, run: Run) -> None:
        """Merge the trained weights into the base model, beside the notes."""
        network: Any = run.tuned.merge_and_unload()
        draft = self.folder / f".model.{os.getpid()}.part"
        shutil.rmtree(draft, ignore_errors=True)
        network.to(torch.bfloat16).save_pretrained(draft)
        self.model.loaded.processor.save_pretrained(draft)
        write_settings(draft, self.preset)
        config = "config.json"  # last: it is what makes the folder a model
        for file in sorted(draft.iterdir(), key=lambda file: file.name == config):
            file.replace(self.folder / file.name)
        draft.rmdir()


class _Log:
    """The run's log and plot; what was logged after the last checkpoint is removed."""

    def __init__(self, folder: Path, step: int) -> None:
        self._folder = folder
        self._file = folder / LOG
        folder.mkdir(parents=True, exist_ok=True)
        cut_log(self._file, step)
        self._learned, self._apart = read_log(self._file)

    def write(self, event: Event) -> None:
        """Log a step or an evaluation, and plot the loss whenever a checkpoint is saved."""
        if isinstance(event, Saved):
            self.draw()
            return
        point = Point(event.step, event.loss)
        if isinstance(event, Evaluated):
            self._apart.append(point)
            line: dict[str, object] = {"step": point.step, "kept_apart": point.loss}
        else:
            assert isinstance(event, Stepped)
            self._learned.append(point)
            line = {"step": event.step, "loss": event.loss, "rate": event.rate}
            line["lessons"] = list(event.samples)
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def draw(self) -> None:
        """Plot the loss so far."""
        if self._learned:
            draw(self._folder / PICTURE, self._learned, self._apart)
