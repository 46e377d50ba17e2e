"""Sum clips up."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

import typer

from vidqa.cli import options, request, run_options
from vidqa.cli.outlet import JSON, STDOUT, Leaf, is_folder
from vidqa.cli.request import Request
from vidqa.cli.run import Run, RunOptions
from vidqa.cli.show import AnswerView, JsonView
from vidqa.cli.summary_view import SummaryView, summary_text
from vidqa.cli.tell import Teller
from vidqa.cli.verdict import verdict
from vidqa.cli.watcher import FrameOptions, ModelOptions, WatchOptions, WordOptions
from vidqa.errors import UsageError, VidqaError
from vidqa.exit_codes import ExitCode
from vidqa.records import Records
from vidqa.spec import Length, question_of
from vidqa.types import Answer

if TYPE_CHECKING:
    from vidqa.engine import Clip

Form = Literal["text", "md", "json"]

LengthName = Annotated[
    str, typer.Option("--length", metavar="short|medium|long", help="How much is said of a clip.")
]
Chapters = Annotated[
    bool,
    typer.Option(
        "--chapters", help="Also cut it into chapters, at pauses and shots, and have each titled."
    ),
]
FormName = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="text|md|json",
        help="text: for reading; md: Markdown; json: an object a line, one a clip. [default: text; "
        "of folders in a pipe json]",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryOptions:
    """How to watch, sum up and show."""

    run: RunOptions
    length: Length
    chapters: bool
    max_new_tokens: int | None
    form: Form | None

    @property
    def settings(self) -> dict[str, Any]:
        """All that can change a summary, as it was given; None is as the model has it."""
        return {
            **self.run.watch.settings,
            "length": self.length,
            "chapters": self.chapters,
            "max_new_tokens": self.max_new_tokens,
        }


def summarize_all(asked: Request, how: SummaryOptions, teller: Teller) -> ExitCode:
    """Sum up all there is to sum up."""
    records = Records(how.settings)
    view = _choose_view(asked, records, how)
    way = Summing(how, teller)
    book = Run(asked, how.run, teller, view, records, way, "summarize", _leaf(how.form)).run()
    return verdict(book.records, asked)


@dataclass(frozen=True, slots=True)
class Summing:
    """A clip is summed up, window by window where it is long."""

    how: SummaryOptions
    teller: Teller

    def answer(self, clip: "Clip", question: str) -> Answer:
        """Sum one clip up."""
        from vidqa.engine.summarize import summarize

        return summarize(
            clip,
            length=self.how.length,
            chapters=self.how.chapters,
            max_new_tokens=self.how.max_new_tokens,
            notify=self.teller.stage,
            progress=self.teller.progress,
        )

    def together(self, clips: Sequence["Clip"], question: str) -> Sequence[Answer | VidqaError]:
        """Summaries are made one by one."""
        raise AssertionError("there is no --batch")


def _choose_view(asked: Request, records: Records, how: SummaryOptions) -> AnswerView:
    """The view that was asked for, else the one that suits who is reading."""
    output = how.run.output
    if how.run.is_kept and (how.form is None or is_folder(output or "")):
        return AnswerView()
    if how.form == "json" or output == STDOUT:
        return JsonView(records)
    if how.form is None and asked.is_run and not sys.stdout.isatty():
        return JsonView(records)
    return SummaryView(markdown=how.form == "md", titles=len(asked.clips) > 1 or asked.is_run)


def _leaf(form: Form | None) -> Leaf:
    """The files of a folder."""
    if form in (None, "json"):
        return JSON
    markdown = form == "md"
    return Leaf(".md" if markdown else ".txt", partial(summary_text, markdown=markdown))


def _read_form(text: str | None) -> Form | None:
    if text is None or text in get_args(Form):
        return cast("Form | None", text)
    raise UsageError(f"--format {text!r}: no such format", hint="use text, md or json")


def summarize(
    clips: run_options.Clips = None,
    length: LengthName = "medium",
    chapters: Chapters = False,
    form: FormName = None,
    files_from: run_options.FilesFrom = None,
    recursive: run_options.Recursive = False,
    shard: run_options.Shard = None,
    output: run_options.Records = None,
    retry_failed: run_options.RetryFailed = False,
    force: run_options.Force = False,
    unordered: run_options.Unordered = False,
    model: options.ModelName = None,
    frames: options.Frames = None,
    start: options.Start = None,
    end: options.End = None,
    subtitles: options.Subtitles = "auto",
    language: options.Language = None,
    task: options.TaskName = "transcribe",
    speech: options.Speech = None,
    decoder: options.DecoderName = "auto",
    device: options.Device = None,
    dtype: options.Dtype = None,
    fit: options.Fit = False,
    max_new_tokens: options.MaxNewTokens = None,
    no_cache: options.NoCache = False,
    offline: options.Offline = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> ExitCode:
    """Say what clips are about; long ones are watched window by window."""
    wanted = request.read_length(length)
    chosen = request.Selection(files_from=files_from, recursive=recursive, shard=shard)
    found = request.read_clips(clips or [], chosen, sys.stdin)
    asked = Request(found, (question_of(wanted),))
    watch = WatchOptions(
        ModelOptions.read(model, device, dtype, fit=fit),
        FrameOptions.read(frames, "vidqa", None, start, end, decoder),
        WordOptions.read(subtitles, language, task, speech),
        keep=not no_cache,
        offline=offline,
    )
    how = SummaryOptions(
        run=RunOptions(
            watch=watch,
            output=output,
            retry_failed=retry_failed,
            force=force,
            unordered=unordered,
        ),
        length=wanted,
        chapters=chapters,
        max_new_tokens=max_new_tokens,
        form=_read_form(form),
    )
    return summarize_all(asked, how, Teller(quiet=quiet, verbose=verbose))
