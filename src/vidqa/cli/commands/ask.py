"""Ask every question about every clip."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from typer.core import TyperCommand

from vidqa.cli import options, parse, run_options
from vidqa.cli.command import grouped
from vidqa.cli.groups import (
    ClipOptions,
    EngineOptions,
    ModelOptions,
    NoiseOptions,
    RecordOptions,
    WatchSetup,
)
from vidqa.cli.parse import Request
from vidqa.cli.render.answers import AnswerView, choose_view
from vidqa.cli.render.output_file import STDOUT
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import ReaderGone
from vidqa.cli.runs.evidence import require_room, save_evidence
from vidqa.cli.runs.run import Run, RunOptions
from vidqa.cli.runs.verdict import verdict
from vidqa.errors import EngineGoneError, UsageError, VidqaError
from vidqa.media.viewing import Viewing
from vidqa.types import UNGROUNDED, Answer, Notify, Stage, TextDelta
from vidqa.types.exit_codes import ExitCode
from vidqa.types.generation import GenerationSettings
from vidqa.types.loading import LoadSettings
from vidqa.types.records import Records

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """How to watch, answer and show."""

    run: RunOptions
    generation: GenerationSettings
    """How free answers are written."""
    choices: tuple[str, ...]
    threshold: float | None
    grounding: bool
    as_json: bool
    show_prompt: bool
    save_evidence: Path | None = None
    """A folder for what supports the answers."""

    def __post_init__(self) -> None:
        if self.run.batch > 1 and (self.choices or self.grounding or self.show_prompt):
            raise UsageError(
                "--batch writes free answers; --choices, --grounding and --show-prompt take one "
                "clip at a time"
            )
        if self.generation.schema is not None and (self.choices or self.run.batch > 1):
            raise UsageError("--schema goes neither with --choices nor with --batch")
        if self.generation.think is not None and (self.choices or self.run.batch > 1):
            raise UsageError("--think goes neither with --choices nor with --batch")

    @property
    def settings(self) -> dict[str, Any]:
        """All that can change an answer, as it was given; None is as the model has it."""
        return {
            **self.run.watch.settings,
            **self.generation.settings,
            "choices": list(self.choices),
            "threshold": self.threshold,
            "grounding": self.grounding,
            "batch": 1 if self.run.watch.engine.engine else self.run.batch,  # it changes nothing
        }


def ask_all(request: Request, options: AskOptions, reporter: StatusReporter) -> ExitCode:
    """Answer all there is to answer."""
    if options.save_evidence is not None:
        if request.found.addresses:
            raise UsageError("--save-evidence cuts clips of this machine", hint="copy them first")
        require_room(options.save_evidence, force=options.run.force)
    records = Records(options.settings, timings=options.run.timings)
    as_json = options.as_json or options.run.output == STDOUT
    view = choose_view(
        request,
        as_json=as_json,
        to_file=options.run.is_kept,
        is_json=options.generation.schema is not None,
    )
    way = Asking(options, reporter, view)
    try:
        book = Run(request, options.run, reporter, view, records, way, "ask").run()
    except ReaderGone:
        if options.choices:  # 0 would say that the first one won
            return ExitCode.READER_GONE
        raise
    status = verdict(book.records, request, options.choices)
    if options.save_evidence is None:
        return status
    force = options.run.force
    is_saved = save_evidence(book.records, options.save_evidence, reporter, force=force)
    return status if is_saved else ExitCode.SOME_CLIPS_FAILED


@dataclass(frozen=True, slots=True)
class Asking:
    """Answers are written freely, or chosen, and shown as they come."""

    options: AskOptions
    reporter: StatusReporter
    view: AnswerView

    def check(self, model: "Model") -> None:
        """Refuse a schema that no model can keep to. Raises UsageError."""
        if self.options.generation.schema is not None:
            model.require_schema(self.options.generation.schema)
        if self.options.generation.think is not None:
            model.require_thinking()
        if self.options.choices or self.options.generation.strict:
            model.require_scoring()

    def answer(self, clip: "Clip", question: str) -> Answer:
        """Answer one question about one clip."""
        if self.options.show_prompt:
            windows = self.options.generation.windows
            self.reporter.prompt(clip.prompt(question, windows=windows))

        def notify(stage: Stage) -> None:
            self.reporter.stage(stage)
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
        """Add what it rests on; if that fails, the answer still stands."""
        try:
            return clip.grounded(answer)
        except EngineGoneError:
            raise
        except VidqaError as error:
            return replace(answer, warnings=(*answer.warnings, UNGROUNDED.format(error.message)))

    def together(
        self, clips: Sequence["Clip"], question: str
    ) -> Sequence[Answer | VidqaError | None]:
        """Answer one question about several clips, in one forward; of long ones alone."""
        generation, notify = self.options.generation, self.reporter.stage
        at_once = [clip for clip in clips if not clip.is_asked_in_windows(generation.windows)]
        together = cast("Model", clips[0].model).answer_together
        answers = together(at_once, question, generation, notify=notify) if at_once else ()
        found = dict(zip(map(id, at_once), answers, strict=True))
        return [found.get(id(clip)) for clip in clips]

    def _events(self, clip: "Clip", question: str, notify: Notify) -> Iterator[TextDelta | Answer]:
        """Yield what comes of a question: a free answer piece by piece, or one of the choices."""
        options = self.options
        if not options.choices:
            progress = self.reporter.progress
            yield from clip.stream(question, options.generation, notify=notify, progress=progress)
            return
        answer = clip.choose(
            question,
            options.choices,
            threshold=options.threshold,
            notify=notify,
            windows=options.generation.windows,
        )
        notify("generate")
        yield TextDelta(answer.text)
        yield answer


class AskCommand(TyperCommand):
    """Says `CLIP... QUESTION` as it is meant; typer would add dots to the whole."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words after `vidqa ask` in the usage line."""
        return [str(self.options_metavar), options.WORDS]


SHOWN_AS = AskCommand


@dataclass(frozen=True, kw_only=True)
class AnswerOptions:
    """Which answers are given, and how they are shown."""

    batch: run_options.Batch = 1
    choices: options.Choices = None
    threshold: options.Threshold = None
    grounding: options.WhatItRestsOn = False
    as_json: options.Json = False
    timings: options.Timings = False
    show_prompt: options.ShowPrompt = False
    save_evidence: run_options.SaveEvidence = None
    no_server: options.NoServer = False


@grouped
def ask(
    clips: ClipOptions,
    records: RecordOptions,
    viewing: Viewing,
    load: LoadSettings,
    model: ModelOptions,
    engine: EngineOptions,
    generation: GenerationSettings,
    answer: AnswerOptions,
    noise: NoiseOptions,
    words: options.Words = None,
    question: options.Questions = None,
    questions: run_options.QuestionList = None,
) -> ExitCode:
    """Ask questions about clips. The last word is the question, before it are files or folders."""
    engine.require_network(offline=model.offline)
    chosen = replace(clips.selection, questions=question, question_file=questions)
    asked = parse.read_request(words or [], chosen, sys.stdin, offline=model.offline)
    caches = parse.caches_held(
        has_choices=answer.choices is not None, grounding=answer.grounding, recipe=viewing.recipe
    )
    how = AskOptions(
        run=RunOptions(
            **vars(records),
            watch=WatchSetup(
                model=model.model,
                load=load,
                viewing=viewing,
                may_download=not model.offline,
                engine=engine,
            ),
            caches=caches,
            batch=answer.batch,
            timings=answer.timings,
            asks_server=not (answer.no_server or engine.engine) and answer.batch == 1,
            replaces_files=answer.save_evidence is not None,
        ),
        generation=generation,
        choices=parse.read_choices(answer.choices, answer.threshold),
        threshold=answer.threshold,
        grounding=answer.grounding,
        as_json=answer.as_json,
        show_prompt=answer.show_prompt,
        save_evidence=answer.save_evidence,
    )
    if answer.timings and noise.quiet and not (answer.as_json or records.output):
        raise UsageError("--quiet leaves no place for --timings", hint="add --json, or drop one")
    reporter = StatusReporter(**vars(noise))
    reporter.unused_draws(generation.temperature, generation.top_p, generation.seed)
    return ask_all(asked, how, reporter)
