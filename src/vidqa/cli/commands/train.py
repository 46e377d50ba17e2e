"""Teach a model with clips, questions and answers of one's own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from vidqa.cli import train_options
from vidqa.cli.command import Only, grouped
from vidqa.cli.options import Quiet
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.status import StatusReporter
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings
from vidqa.types.wording import counted

if TYPE_CHECKING:
    from vidqa.training.data.examples import Example
    from vidqa.training.loop import Precision
    from vidqa.training.schedule import Schedule
    from vidqa.training.session import Session, TrainingEvent
    from vidqa.training.settings import Lora, TrainingSettings

LEAST_STEPS = 60
PASSES = 3
"""Where no number of steps is named: so often through all clips, but never fewer steps."""
BATCH = 4
RATE = 5e-4
"""Gentle enough for a model that was trained before."""
END_SHARE = 0.1
WARMUP_SHARE = 0.05
EVERY = 10
"""Without a terminal every so many steps are told of."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What to learn from, and how."""

    output: train_options.TrainedFolder
    base: train_options.Base = "starter"
    layout: train_options.Layout = "jsonl"
    videos: train_options.Videos = None
    subtitle_folder: train_options.SubtitleFolder = None
    kept_apart: train_options.KeptApart = None
    stage: train_options.PaperStage = None
    steps: train_options.Steps = None
    batch: train_options.BatchSize = None
    accumulate: train_options.Accumulate = 1
    rate: train_options.Rate = None
    rank: train_options.LoraRank = None
    save_every: train_options.SaveEvery = 50
    seed: train_options.TrainSeed = 0
    gradient_checkpointing: train_options.Checkpointing = False
    dtype: train_options.TrainDtype = "auto"


@dataclass(slots=True)
class TrainRun:
    """One training."""

    files: tuple[Path, ...]
    options: TrainOptions
    viewing: Viewing
    device: str
    reporter: StatusReporter

    def run(self) -> ExitCode:
        """Learn, and say how it goes; clips that cannot be watched are left out."""
        learned = [one for file in self.files for one in self._read(file)]
        apart = [] if self.options.kept_apart is None else self._read(self.options.kept_apart)
        keep_libraries_off_the_network()
        silence_libraries()
        with self.reporter.stages():
            self.reporter.stage("load")
            session = self._session(len({one.source for one in learned}))
        self.reporter.note(
            f"{counted(len(learned), 'answer')} about "
            f"{counted(len({one.source for one in learned}), 'clip')}, "
            f"{counted(session.settings.steps, 'step')}"
        )
        left_out = 0
        with _progress(self.reporter, session.settings.steps) as tell:
            for event in session.run(learned, apart):
                left_out += tell(event)
        return ExitCode.SOME_CLIPS_FAILED if left_out else ExitCode.ANSWERED

    def _read(self, file: Path) -> "list[Example]":
        from vidqa.training.data.paper_datasets import Folders, read_layout

        options = self.options
        folders = (
            None if options.videos is None else Folders(options.videos, options.subtitle_folder)
        )
        return read_layout(options.layout, file, folders)

    def _session(self, clips: int) -> "Session":
        from vidqa import engine
        from vidqa.models.resolve import trained_preset
        from vidqa.system.devices import choose_device
        from vidqa.training.session import Session

        options = self.options
        preset = trained_preset(options.base)
        device = choose_device(self.device)
        precision = _precision(options.dtype, device)
        # on a CPU memory is cheap, and fp32 weights give the same losses wherever a run goes on
        halved = precision != "no" and device != "cpu"
        dtype = "bfloat16" if halved else "float32"
        model = engine.load(options.base, device=device, dtype=dtype, trainable=True)
        self.viewing.recipe_for(model.spec)
        return Session(
            model=model,
            preset=preset,
            folder=options.output,
            settings=read_settings(options, self.viewing.recipe, preset, clips),
            recipe=self.viewing.recipe,
            frames=self.viewing.frames,
            precision=precision,
        )


def _precision(dtype: str, device: str) -> "Precision":
    from vidqa.system.devices import choose_dtype

    chosen = choose_dtype(dtype, device)
    precisions = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}
    if chosen not in precisions:
        raise UsageError(f"training in {chosen} is not possible", hint="use --dtype bfloat16")
    return cast("Precision", precisions[chosen])


def read_settings(
    options: TrainOptions, recipe: str, preset: str, clips: int
) -> "TrainingSettings":
    """Rates and lengths: the authors' own by the recipe `paper`, else what suits a few clips.

    Raises:
        UsageError: a setting is not for this recipe, or there is no such stage.

    """
    from vidqa.training.settings import TrainingSettings

    if recipe != "paper" and options.stage is not None:
        raise UsageError("--stage is for --recipe paper", hint="add --recipe paper")
    lora, schedule, batch, more = (
        _as_the_authors(options, preset) if recipe == "paper" else _plain(options, clips)
    )
    try:
        return TrainingSettings(
            schedule,
            lora=lora,
            batch=batch,
            accumulation=options.accumulate,
            gradient_checkpointing=options.gradient_checkpointing,
            seed=options.seed,
            checkpoint_every=options.save_every,
            evaluate_every=options.save_every,
            **more,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error


Parts = tuple["Lora", "Schedule", int, dict[str, Any]]
"""LoRA, schedule, clips a forward, and what else differs."""


def _plain(options: TrainOptions, clips: int) -> Parts:
    from vidqa.training.schedule import Schedule
    from vidqa.training.settings import Lora

    batch = options.batch or min(BATCH, clips)
    passes = PASSES * clips // (batch * options.accumulate)
    steps = options.steps or max(LEAST_STEPS, passes)
    top = options.rate or RATE
    warmup = max(1, round(WARMUP_SHARE * steps))
    schedule = Schedule(top / warmup, top, END_SHARE * top, warmup, steps)
    return Lora(rank=options.rank or 8, alpha=2 * (options.rank or 8)), schedule, batch, {}


def _as_the_authors(options: TrainOptions, preset: str) -> Parts:
    from vidqa.training import paper_stages
    from vidqa.training.settings import Lora

    name = options.stage or "video"
    stage = paper_stages.STAGES.get(name) or paper_stages.STAGES.get(
        f"{name}-{preset.rpartition('-')[2]}"
    )
    if stage is None:
        raise UsageError(f"--stage {name!r}: no such stage", hint="use pretrain, align or video")
    schedule = stage.schedule
    if options.steps is not None:
        warmup = min(schedule.warmup_steps, options.steps)
        schedule = replace(schedule, total_steps=options.steps, warmup_steps=warmup)
    if options.rate is not None:
        schedule = replace(schedule, top_rate=options.rate)
    lora = Lora(
        rank=options.rank or paper_stages.LORA_RANK,
        alpha=paper_stages.LORA_ALPHA,
        dropout=paper_stages.LORA_DROPOUT,
        targets=paper_stages.LORA_TARGETS,
    )
    more = {"weight_decay": paper_stages.WEIGHT_DECAY, "clip_norm": None}
    return lora, schedule, options.batch or stage.batch, more


Tell = Callable[["TrainingEvent"], int]
"""Reports what happened, and returns how many clips were left out by it."""


@contextmanager
def _progress(reporter: StatusReporter, steps: int) -> Iterator[Tell]:
    """Show a bar on a terminal; elsewhere a line now and then."""
    if not sys.stderr.isatty() or reporter.is_quiet:
        yield lambda event: _line(reporter, event, steps)
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("watching", total=steps)

        def tell(event: "TrainingEvent") -> int:
            from vidqa.training.loop import Stepped

            if isinstance(event, Stepped):
                bar.update(task, completed=event.step, description=f"loss {event.loss:.3f}")
                return 0
            return _line(reporter, event, steps)

        yield tell


def _line(reporter: StatusReporter, event: "TrainingEvent", steps: int) -> int:
    """Say what is worth a line."""
    from vidqa.training.data.build_samples import Unwatchable
    from vidqa.training.loop import Evaluated, Saved, Stepped
    from vidqa.training.session import Finished

    if isinstance(event, Unwatchable):
        reporter.error(event.error, about=str(event.source.video))
        return 1
    if isinstance(event, Stepped) and (event.step % EVERY == 0 or event.step == steps):
        reporter.note(f"step {event.step} of {steps}: loss {event.loss:.3f}")
    elif isinstance(event, Evaluated):
        reporter.note(f"step {event.step}: loss {event.loss:.3f} on what is kept apart")
    elif isinstance(event, Saved):
        reporter.note(f"step {event.step}: saved in {event.folder}")
    elif isinstance(event, Finished):
        reporter.note(f"the model is in {event.folder}")
    return 0


@grouped
def train(
    examples: train_options.ExampleFiles,
    options: TrainOptions,
    viewing: Annotated[Viewing, Only("frames", "recipe")],
    load: Annotated[LoadSettings, Only("device")],
    quiet: Quiet = False,
) -> ExitCode:
    """Teach a model with clips, questions and answers of your own."""
    return TrainRun(
        tuple(examples), options, viewing, load.device, StatusReporter(quiet=quiet)
    ).run()
