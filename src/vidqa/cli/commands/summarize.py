"""Sum clips up."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vidqa.cli import parse, run_options
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
from vidqa.cli.render.answers import AnswerView, JsonView
from vidqa.cli.render.output_file import STDOUT, require_writable
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.summaries import FileView, SummaryView, Text, text_in
from vidqa.cli.runs.outlet import JSON, Leaf, is_folder
from vidqa.cli.runs.run import Run, RunOptions
from vidqa.cli.runs.verdict import verdict
from vidqa.errors import UsageError, VidqaError
from vidqa.media.languages import read_language
from vidqa.media.viewing import Viewing
from vidqa.models.summary_form import question_of
from vidqa.types import Answer
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings
from vidqa.types.options import as_given
from vidqa.types.records import Records
from vidqa.types.summaries import SummarySettings

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model

Form = Text | Literal["json"]

ENDINGS: dict[Text, str] = {"text": ".txt", "md": ".md", "ffmetadata": ".ffmetadata"}
"""Of the names of files."""

FormName = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="text|md|ffmetadata|json",
        help="text: for reading; md: Markdown; ffmetadata: chapters, as ffmpeg puts them into a "
        "clip; json: an object a line, one a clip. [default: as -o FILE is called, else text; of "
        "folders in a pipe json]",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.jsonl|FILE.md|FOLDER/|-",
        help="FILE.jsonl: a record a clip, each on disk before it counts; what is there already, "
        "by content and settings, is not done again. FOLDER/ gets a file a clip, in folders like "
        "those of the clips. FILE.md, FILE.txt and any FILE with -f text, md or ffmetadata: the "
        "summary of one clip. - is stdout.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryOptions:
    """How to watch, sum up and show."""

    run: RunOptions
    summary: SummarySettings
    form: Form | None
    file: Path | None
    """For the text of the only clip, in place of records."""
    replaces_file: bool
    """Whether that file may exist already."""

    def __post_init__(self) -> None:
        how = self.summary
        if how.length == "none" and not how.chapters:
            raise UsageError("--length none leaves nothing to say", hint="--chapters")
        if how.length == "none" and (how.instructions or how.grounding or how.strict):
            raise UsageError(
                "--instructions, --grounding and --strict are about a text, not about chapters",
                hint="--length short",
            )
        if how.instructions is not None and not how.instructions.strip():
            raise UsageError("the instructions are empty")
        if how.language is not None:
            read_language(how.language)

    @property
    def settings(self) -> dict[str, Any]:
        """All that can change a summary, as it was given; None is as the model has it."""
        return {**self.run.watch.settings, **as_given(self.summary)}


def summarize_all(asked: Request, how: SummaryOptions, reporter: StatusReporter) -> ExitCode:
    """Sum up all there is to sum up."""
    records = Records(how.settings)
    view = _choose_view(asked, how)
    way = Summing(how, reporter)
    book = Run(asked, how.run, reporter, view, records, way, "summarize", _leaf(how.form)).run()
    return verdict(book.records, asked)


@dataclass(frozen=True, slots=True)
class Summing:
    """A clip is summed up, window by window where it is long."""

    how: SummaryOptions
    reporter: StatusReporter

    def check(self, model: "Model") -> None:
        """Raise UsageError if it follows no instructions, or does not speak the language."""
        from vidqa.engine.summaries.summarize import worded_form

        worded_form(model.spec, self.how.summary.instructions, self.how.summary.language)
        if self.how.summary.grounding or self.how.summary.strict:
            model.require_scoring()

    def answer(self, clip: "Clip", question: str) -> Answer:
        """Sum one clip up."""
        from vidqa.engine.summaries.summarize import summarize

        notify, progress = self.reporter.stage, self.reporter.progress
        return summarize(clip, self.how.summary, notify=notify, progress=progress)

    def together(self, clips: Sequence["Clip"], question: str) -> Sequence[Answer | VidqaError]:
        """Summaries are made one by one."""
        raise AssertionError("there is no --batch")


def _choose_view(asked: Request, how: SummaryOptions) -> AnswerView:
    """Return the view that was asked for, else the one that suits who is reading."""
    form = how.form
    if how.run.is_kept:
        return AnswerView()
    if form is None and how.run.output == STDOUT:
        form = "json"
    if form is None and asked.is_run and not sys.stdout.isatty():
        form = "json"
    if form == "json":
        return JsonView()
    several = len(asked.clips) > 1 or asked.is_run
    if how.file is not None:
        for clip in asked.clips:
            if how.file.exists() and Path(clip).exists() and how.file.samefile(clip):
                raise UsageError(f"{clip} would be replaced", hint="choose another -o")
    text = form or "text"
    if several and (how.file is not None or text == "ffmetadata"):
        raise UsageError("such a file is about one clip", hint="-o FOLDER/ writes a file a clip")
    if how.file is None:
        return SummaryView(text, titles=several)
    return FileView(how.file, text, replace=how.replaces_file)


def _leaf(form: Form | None) -> Leaf:
    """Return how the files of a folder look."""
    if form is None or form == "json":
        return JSON
    return Leaf(ENDINGS[form], text_in(form))


def _read_form(given: str | None, output: str | None) -> Form | None:
    """Return the format asked for, else the one that the output's name says."""
    forms: tuple[Form, ...] = (*ENDINGS, "json")
    for form in forms:
        if given == form:
            return form
    if given is not None:
        raise UsageError(f"--format {given!r}: no such format", hint=f"use {', '.join(forms)}")
    if output is None or is_folder(output):
        return None
    suffix = Path(output).suffix.lower()
    return next((text for text, ending in ENDINGS.items() if suffix == ending), None)


def _text_file(form: Form | None, records: RecordOptions) -> Path | None:
    """Return the file that is to hold a text in place of records.

    Raises:
        UsageError: it cannot be written, is there already, or knows of no failures.

    """
    output = records.output
    if form in (None, "json") or output in (None, STDOUT) or is_folder(output):
        return None
    if records.retry_failed:
        raise UsageError("--retry-failed is for records", hint="-o summaries.jsonl")
    file = Path(output)
    if file.is_file() and not records.force:
        raise UsageError(f"{output} is there already", hint="--force replaces it")
    require_writable(file)
    return file


@dataclass(frozen=True, kw_only=True)
class SummaryRecords(RecordOptions):
    """Where summaries go."""

    output: Output = None


@grouped
def summarize(
    summary: SummarySettings,
    clips: ClipOptions,
    records: SummaryRecords,
    viewing: Viewing,
    load: LoadSettings,
    model: ModelOptions,
    engine: EngineOptions,
    noise: NoiseOptions,
    words: run_options.ClipsAnywhere = None,
    form_name: FormName = None,
) -> ExitCode:
    """Say what clips are about. Long ones are watched window by window."""
    engine.require_network(offline=model.offline)
    form = _read_form(form_name, records.output)
    file = _text_file(form, records)
    is_metadata = form == "ffmetadata"
    length = summary.length or ("none" if is_metadata else "medium")
    found = clips.find(words, elsewhere=True, offline=model.offline)
    asked = Request(found, (question_of(length),))
    is_scored = summary.grounding or summary.strict
    kept = records if file is None else replace(records, output=None, force=False)
    how = SummaryOptions(
        run=RunOptions(
            **vars(kept),
            watch=WatchSetup(
                model=model.model,
                load=load,
                viewing=viewing,
                may_download=not model.offline,
                engine=engine,
            ),
            caches=parse.caches_held(has_choices=False, grounding=is_scored, sentences=True),
        ),
        summary=replace(summary, length=length, chapters=summary.chapters or is_metadata),
        form=form,
        file=file,
        replaces_file=records.force,
    )
    return summarize_all(asked, how, StatusReporter(**vars(noise)))
