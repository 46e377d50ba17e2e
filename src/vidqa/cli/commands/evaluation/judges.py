"""The judge that was named."""

from typing import TYPE_CHECKING

from vidqa.cli.commands.evaluation.choices import BenchmarkOptions
from vidqa.errors import UsageError
from vidqa.types.loading import LoadSettings

if TYPE_CHECKING:
    from vidqa.tasks.evaluate.benchmarks.benchmark import Benchmark
    from vidqa.tasks.evaluate.judging.judging import Judging


def reach_judge(
    options: BenchmarkOptions, load: LoadSettings, benchmark: "Benchmark"
) -> "Judging | None":
    """Reach a judge, and read what it is asked; None if nobody judges.

    Args:
        options: as typed.
        load: how a model is loaded that judges here.
        benchmark: whose answers are judged.

    Raises:
        VidqaError: it cannot be had, or the options make no sense.

    """
    if options.judge is None:
        if options.judge_model or options.judge_prompt:
            raise UsageError("nobody judges", hint="--judge URL, NAME or FOLDER")
        return None
    from vidqa import engine
    from vidqa.tasks.evaluate.judging.aspects import Prompts
    from vidqa.tasks.evaluate.judging.judge import find_judge
    from vidqa.tasks.evaluate.judging.judging import Judging

    is_official, file = options.scorer == "official", options.judge_prompt
    if file is None:
        prompts = Prompts.usual(is_official=is_official)
    else:
        is_graded = "graded" in benchmark.wordings
        prompts = Prompts.read(file, is_graded=is_graded, is_official=is_official)
    judge = find_judge(options.judge, options.judge_model, lambda name: engine.load(name, load))
    return Judging(judge, prompts)
