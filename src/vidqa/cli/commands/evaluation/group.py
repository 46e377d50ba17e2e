"""The commands of `vidqa eval`: without a name, questions are asked."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from vidqa.cli import options
from vidqa.cli.command import Only, grouped
from vidqa.cli.commands.evaluation.agree import agree
from vidqa.cli.commands.evaluation.benchmark import BenchmarkRun, Setup
from vidqa.cli.commands.evaluation.choices import BenchmarkOptions
from vidqa.cli.commands.evaluation.compare import compare
from vidqa.cli.commands.evaluation.own import EvaluateOptions, EvaluateRun, read_without
from vidqa.cli.groups import EngineOptions, NoiseOptions
from vidqa.cli.render.status import StatusReporter
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.system.config import setting
from vidqa.types.exit_codes import ExitCode
from vidqa.types.generation import GenerationSettings
from vidqa.types.loading import LoadSettings

ASK = "run"
"""The command that is meant where none is named."""


class WithDefault(TyperGroup):
    """Commands, of which one needs no name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the name of the command that is meant."""
        named = args[:1] if set(args[:1]) & self.commands.keys() else [ASK]
        return super().parse_args(ctx, [*named, *args[len(set(args[:1]) & self.commands.keys()) :]])


app = typer.Typer(
    cls=WithDefault,
    help="Count right answers, and compare the counts of benchmarks.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("compare")(compare)
app.command("agree")(agree)


@app.command(
    ASK,
    epilog="`vidqa eval` is short for `vidqa eval run`; two results of a benchmark are compared by "
    "`vidqa eval compare A.json B.json`, two judges by `vidqa eval agree A.jsonl`.",
)
@grouped
def run(
    viewing: Annotated[
        Viewing, Only("frames", "recipe", "sampling", "skip_alike", "compress", "max_words")
    ],
    load: Annotated[LoadSettings, Only("device", "dtype", "kv_cache", "keep")],
    generation: Annotated[GenerationSettings, Only("max_new_tokens", "think", "keep_thought")],
    chosen: BenchmarkOptions,
    engine: EngineOptions,
    noise: NoiseOptions,
    questions: options.QuestionFile = None,
    model: options.ModelName = None,
    without: options.Without = None,
    against: options.Against = None,
    output: options.ResultFile = None,
    force: options.Force = False,
    as_json: options.Json = False,
) -> ExitCode:
    """Ask what is known, and count the right answers: own questions, or those of a benchmark."""
    reporter = StatusReporter(**vars(noise))
    load = replace(load, speech=setting("speech").value)
    hidden = read_without(without)
    common: dict[str, Any] = {"model": model, "load": load, "engine": engine, "output": output}
    common |= {"force": force, "as_json": as_json}
    if chosen.benchmark is None:
        _require_own(questions, chosen, viewing, generation)
        assert questions is not None, "it was checked"
        how = EvaluateOptions(
            **common,
            frames=viewing.frames,
            skip_alike=viewing.skip_alike,
            compress=viewing.compress,
            without=hidden,
            against=against,
        )
        return EvaluateRun(questions, how, reporter).run()
    _require_benchmark(questions, chosen, against)
    if "words" in hidden:
        chosen = replace(chosen, words="off")
    setup = Setup(
        **common,
        options=chosen,
        viewing=replace(viewing, blank="pictures" in hidden, screen_text="off"),
        generation=replace(generation, windows="off"),
    )
    return BenchmarkRun(setup, reporter).run()


def _require_own(
    questions: Path | None,
    chosen: BenchmarkOptions,
    viewing: Viewing,
    generation: GenerationSettings,
) -> None:
    """Refuse options of benchmarks beside own questions. Raises UsageError."""
    if questions is None:
        raise UsageError(
            "there is nothing to ask",
            hint="vidqa eval questions.jsonl, or vidqa eval --benchmark NAME --data FOLDER",
        )
    if chosen != BenchmarkOptions():
        raise UsageError("own questions are no benchmark", hint="--benchmark NAME --data FOLDER")
    others = replace(viewing, frames=None, skip_alike=False, compress=1)
    if others != Viewing() or generation != GenerationSettings():
        raise UsageError(
            "--recipe, --sample, --max-words, --max-new-tokens and --think are for a --benchmark"
        )


def _require_benchmark(
    questions: Path | None, chosen: BenchmarkOptions, against: Path | None
) -> None:
    """Refuse what a benchmark cannot take. Raises UsageError."""
    if chosen.data is None:
        raise UsageError("--benchmark needs its files and clips", hint="--data FOLDER")
    if questions is not None:
        raise UsageError("a benchmark has its own questions", hint=f"leave {questions} out")
    if against is not None:
        raise UsageError(
            "--against compares own questions", hint="vidqa eval compare A.json B.json"
        )
