"""Ask every question about every clip."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from vidqa.cli import options, parse, run_options
from vidqa.cli.parse import Request
from vidqa.cli.render.answers import AnswerView, choose_view
from vidqa.cli.render.output_file import STDOUT
from vidqa.cli.render.status import Teller
from vidqa.cli.render.stdout import ReaderGone
from vidqa.cli.runs.run import Run, RunOptions
from vidqa.cli.runs.verdict import verdict
from vidqa.cli.session import FrameOptions, ModelOptions, WatchOptions, WordOptions
from vidqa.errors import UsageError, VidqaError
from vidqa.types import Answer, Notify, Stage, TextDelta
from vidqa.types.exit_codes import ExitCode
from vidqa.types.records import Records

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """How to watch, answer and show."""

    run: RunOptions
    max_new_tokens: int | None
    temperature: float
    top_p: float
    seed: int
    choices: tuple[str, ...]
    threshold: float | None
    grounding: bool
    as_json: bool
    show_prompt: bool

    def __post_init__(self) -> None:
        if self.run.batch > 1 and (self.choices or self.grounding or self.show_prompt):
            raise UsageError(
                "--batch writes free answers; --choices, --grounding and --show-prompt take one "
                "clip at a time"
            )

    @property
    def settings(self) -> dict[str, Any]:
        """All that can change an answer, as it was given; None is as the model has it."""
        return {
            **self.run.watch.settings,
            "max_new_tokens": self.max_new_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "seed": self.seed,
            "choices": list(self.choices),
            "threshold": self.threshold,
            "grounding": self.grounding,
            "batch": self.run.batch,
        }

    @property
    def writing(self) -> dict[str, Any]:
        """How free answers are written."""
        return {
            "max_new_tokens": self.max_new_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "seed": self.seed,
        }


def ask_all(request: Request, options: AskOptions, teller: Teller) -> ExitCode:
    """Answer all there is to answer."""
    records = Records(options.settings, timings=options.run.timings)
    as_json = options.as_json or options.run.output == STDOUT
    view = choose_view(request, records, as_json=as_json, to_file=options.run.is_kept)
    way = Asking(options, teller, view)
    try:
        book = Run(request, options.run, teller, view, records, way, "ask").run()
    except ReaderGone:
        if options.choices:  # 0 would say that the first one won
            return ExitCode.READER_GONE
        raise
    return verdict(book.records, request, options.choices)


@dataclass(frozen=True, slots=True)
class Asking:
    """Answers are written freely, or chosen, and shown as they come."""

    options: AskOptions
    teller: Teller
    view: AnswerView

    def check(self, model: "Model") -> None:
        """Every model answers."""

    def answer(self, clip: "Clip", question: str) -> Answer:
        """Answer one question about one clip."""
        if self.options.show_prompt:
            self.teller.prompt(clip.prompt(question))

        def notify(stage: Stage) -> None:
            self.teller.stage(stage)
            if stage == "generate":
                self.view.begin(clip.video, question)

        answer = None
        for event in self._events(clip, question, notify):
            if isinstance(event, TextDelta):
                self.view.piece(event)
            else:
                answer = event
        assert answer is not None, "a stream ends with its answer"
        return self._grounded(clip, answer) if self.options.grounding else answer

    def _grounded(self, clip: "Clip", answer: Answer) -> Answer:
        """With what it rests on; that is not worth an answer which is there already."""
        try:
            return clip.grounded(answer)
        except VidqaError as error:
            said = f"what it rests on could not be found out: {error.message}"
            return replace(answer, warnings=(*answer.warnings, said))

    def together(self, clips: Sequence["Clip"], question: str) -> Sequence[Answer | VidqaError]:
        """Answer one question about several clips, in one forward."""
        from vidqa.engine.together import answer_together

        return answer_together(clips, question, notify=self.teller.stage, **self.options.writing)

    def _events(self, clip: "Clip", question: str, notify: Notify) -> Iterator[TextDelta | Answer]:
        """What comes of a question: a free answer piece by piece, or one of the choices."""
        options = self.options
        if not options.choices:
            yield from clip.stream(question, notify=notify, **options.writing)
            return
        answer = clip.choose(question, options.choices, threshold=options.threshold, notify=notify)
        notify("generate")
        yield TextDelta(answer.text)
        yield answer


class AskCommand(TyperCommand):
    """Says `CLIP... QUESTION` as it is meant; typer would add dots to the whole."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words after `vidqa ask` in the usage line."""
        return [str(self.options_metavar), options.WORDS]


def ask(
    words: options.Words = None,
    question: options.Questions = None,
    questions: run_options.QuestionList = None,
    files_from: run_options.FilesFrom = None,
    recursive: run_options.Recursive = False,
    shard: run_options.Shard = None,
    output: run_options.Records = None,
    retry_failed: run_options.RetryFailed = False,
    force: run_options.Force = False,
    unordered: run_options.Unordered = False,
    batch: run_options.Batch = 1,
    model: options.ModelName = None,
    frames: options.Frames = None,
    recipe: options.Recipe = "vidqa",
    sample: options.Sample = None,
    start: options.Start = None,
    end: options.End = None,
    subtitles: options.Subtitles = "auto",
    language: options.Language = None,
    task: options.TaskName = "transcribe",
    text_track: options.TextTrack = None,
    audio_track: options.AudioTrack = None,
    speech: options.Speech = None,
    decoder: options.DecoderName = "auto",
    device: options.Device = None,
    dtype: options.Dtype = None,
    fit: options.Fit = False,
    max_new_tokens: options.MaxNewTokens = None,
    temperature: options.Temperature = 0.0,
    top_p: options.TopP = 1.0,
    seed: options.Seed = 0,
    choices: options.Choices = None,
    threshold: options.Threshold = None,
    grounding: options.WhatItRestsOn = False,
    no_cache: options.NoCache = False,
    offline: options.Offline = False,
    as_json: options.Json = False,
    timings: options.Timings = False,
    show_prompt: options.ShowPrompt = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> ExitCode:
    """Ask questions about clips. The last word is the question, before it are files or folders."""
    chosen = parse.Selection(question, questions, files_from, recursive, shard)
    asked = parse.read_request(words or [], chosen, sys.stdin)
    watch = WatchOptions(
        ModelOptions.read(model, device, dtype, fit=fit),
        FrameOptions.read(frames, recipe, sample, start, end, decoder),
        WordOptions.read(subtitles, language, task, speech, text_track, audio_track),
        keep=not no_cache,
        offline=offline,
        caches=parse.caches_held(
            has_choices=choices is not None, grounding=grounding, recipe=recipe
        ),
    )
    how = AskOptions(
        run=RunOptions(
            watch=watch,
            output=output,
            retry_failed=retry_failed,
            force=force,
            unordered=unordered,
            batch=batch,
            timings=timings,
        ),
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        choices=parse.read_choices(choices, threshold),
        threshold=threshold,
        grounding=grounding,
        as_json=as_json,
        show_prompt=show_prompt,
    )
    if timings and quiet and not (as_json or output):
        raise UsageError("--quiet leaves no place for --timings", hint="add --json, or drop one")
    teller = Teller(quiet=quiet, verbose=verbose)
    teller.unused_draws(temperature, top_p, seed)
    return ask_all(asked, how, teller)
