"""Messages on stderr: stages, coverage, warnings, errors."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vidqa.cli.render.escape import printable
from vidqa.cli.render.prompt import show_prompt
from vidqa.errors import VidqaError, trace_of
from vidqa.types import UNKNOWN, Answer, Grounding, PromptView, Stage
from vidqa.types.clock import clock
from vidqa.types.media_info import NO_PICTURES
from vidqa.types.wording import counted

if TYPE_CHECKING:
    from vidqa.cli.render.board import Board
    from vidqa.cli.render.spinner import Spinner
    from vidqa.system.footprint import MemoryPlan
    from vidqa.tasks.folders.book import Tally
    from vidqa.tasks.folders.clip_list import ClipList

STAGE_LABELS: dict[Stage, str] = {
    "start": "starting",
    "load": "loading the model",
    "decode": "reading frames",
    "speech": "listening",
    "vision": "looking",
    "prefill": "reading along",
    "generate": "answering",
}


class StatusReporter:
    """A writer of messages to stderr, as verbose as requested."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet = quiet
        self._verbose = verbose
        self._spinner: Spinner | Board | None = None
        self._is_run = False
        self._begun = self._run_begun = time.monotonic()

    @property
    def is_quiet(self) -> bool:
        """Whether only errors are written."""
        return self._quiet

    @contextmanager
    def stages(self, *, is_run: bool = False) -> Iterator[None]:
        """Show a spinner (for a run, a board) on a terminal while the body works."""
        self._is_run = is_run
        if self._quiet or not sys.stderr.isatty():
            yield
            return
        from vidqa.cli.render.board import Board
        from vidqa.cli.render.spinner import Spinner

        self._spinner = Board() if is_run else Spinner()
        try:
            yield
        finally:
            self._spinner.hide()

    def stage(self, name: Stage) -> None:
        """Name the stage that begins; generation needs no spinner, as the answer is visible."""
        if self._spinner is None:
            return
        if name == "generate" and not self._is_run:
            self._spinner.hide()
        else:
            self._spinner.show(STAGE_LABELS[name])

    def run(self, tally: "Callable[[], Tally]") -> None:
        """Start counting answered clips."""
        self._run_begun = time.monotonic()
        if self._spinner is None:
            return
        from vidqa.cli.render.board import Board

        if isinstance(self._spinner, Board):
            self._spinner.follow(tally)

    def tally(self, tally: "Tally") -> None:
        """Report the result of a run."""
        from vidqa.cli.render.pace import Pace

        self.note(str(Pace(tally, time.monotonic() - self._run_begun)))

    def passed_over(self, found: "ClipList") -> None:
        """Report files and folders that were skipped."""
        if found.passed_over:
            files = counted(found.passed_over, "file")
            self.note(f"passed over {files} not called like a video")
        if found.not_entered:
            folders = counted(found.not_entered, "folder")
            self.note(f"did not look into {folders} inside; --recursive does")

    def progress(self, label: str) -> None:
        """Report progress, on a terminal only."""
        if self._spinner is not None:
            self._spinner.show(label)

    def error(self, error: VidqaError, *, about: str | None = None) -> None:
        """Report an error and its hint; with `--verbose`, its trace."""
        subject = f"{printable(about)}: " if about else ""
        self._line(f"error: {subject}{printable(error.message)}")
        if error.hint:
            self._line(f"hint: {printable(error.hint)}")
        if self._verbose and (trace := trace_of(error)):
            self._line(printable(trace, newlines=True))

    def coverage(
        self,
        answer: Answer,
        *,
        decoder: str,
        detail: str,
        timings: bool,
        about: str | None = None,
    ) -> None:
        """Report what the answer is based on: frames, words, model and cost."""
        if self._quiet:
            return
        now = time.monotonic()
        took, self._begun = now - self._begun, now
        subject = f"{printable(about)}: " if about else ""
        cost = f"{work(answer)} in {took:.1f} s"
        self._line(f"{subject}{seen(answer)}; {heard(answer)}; {by_whom(answer)}; {cost}")
        if answer.stopped_by in ("context_full", "token_limit"):
            self._line(f"note: {cut_short(answer)}")
        if answer.grounding is not None:
            self._line(rests_on(answer.grounding))
        for warning in answer.warnings:
            self._line(f"warning: {printable(warning)}")
        if self._verbose:
            self._line(f"decoder: {decoder}; words: {printable(detail) or answer.words_source}")
            self._line(
                f"tokens: {answer.prompt_tokens} in the prompt{_visual(answer)}; "
                f"{answer.new_tokens} new; fingerprint {answer.fingerprint}"
            )
        if self._verbose or timings:
            parts = ", ".join(f"{stage} {s:.2f}" for stage, s in answer.timings_s.items())
            self._line(f"seconds: {parts}")

    def plan(self, plan: "MemoryPlan", device: str) -> None:
        """Report the planned memory and the total; only if verbose."""
        if self._verbose:
            from vidqa.system.memory import total_memory_bytes

            self._line(f"plan: {plan} of {total_memory_bytes(device) / 1e9:.1f} GB on {device}")

    def prompt(self, view: PromptView) -> None:
        """Show each frame's time, words and tokens."""
        self.pause()
        show_prompt(view)
        if self._verbose:
            self._line(printable(view.text, newlines=True))

    def unused_draws(self, temperature: float, top_p: float, seed: int) -> None:
        """Report sampling options that have no effect without `--temperature`."""
        given = ["--seed"] * (seed != 0) + ["--top-p"] * (top_p != 1)
        if given and temperature == 0:
            verb = "does" if len(given) == 1 else "do"
            self.note(f"note: {' and '.join(given)} {verb} nothing without --temperature")

    def pause(self) -> None:
        """Hide the spinner, so that something else can be written."""
        if self._spinner is not None:
            self._spinner.hide()

    def note(self, text: str) -> None:
        """Write a note, unless quiet."""
        if not self._quiet:
            self._line(printable(text))

    def detail(self, text: str) -> None:
        """Write a note for whoever wants to know more."""
        if self._verbose:
            self.note(text)

    def _line(self, text: str) -> None:
        self.pause()
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def seen(answer: Answer) -> str:
    """Describe the frames: `saw 8 frames from 1.5 to 21.8 s of 23.3 s`."""
    if NO_PICTURES in answer.warnings:
        return "saw nothing"
    count = len(answer.frame_times_s)
    frames = counted(count, "frame")
    if answer.chosen_by is not None and not answer.looked_at:
        return f"found no part of {answer.duration_s:.1f} s that it is about"
    if answer.looked_at:
        return f"saw {frames} in {_windows(answer)} of {answer.duration_s:.1f} s"
    span = f"{answer.first_seen_s:.1f} to {answer.last_seen_s:.1f} s of {answer.duration_s:.1f} s"
    return f"saw {frames} from {span}"


def _visual(answer: Answer) -> str:
    return "" if answer.visual_tokens is None else f", {answer.visual_tokens} of them visual"


def _windows(answer: Answer) -> str:
    """Describe which windows were watched: `2 windows, 0:10-0:56 and 3:12-3:58, chosen by ...`."""
    if answer.chosen_by == "all":
        return f"all {len(answer.looked_at)} windows"
    spans = [f"{clock(start_s)}-{clock(end_s)}" for start_s, end_s in answer.looked_at]
    return f"{counted(len(spans), 'window')} ({', '.join(spans)}; by its {answer.chosen_by})"


def heard(answer: Answer) -> str:
    """Describe the words: `heard 34 words (speech)`, and how many were dropped."""
    if answer.words_source == "off":
        return "did not listen"
    if answer.words_source == "none":
        return "no speech"
    verb = "heard" if answer.words_source == "speech" else "read"
    if answer.words_source == "speech+screen":
        verb = "heard and read"
    dropped = f", {answer.words_dropped} dropped" if answer.words_dropped else ""
    return f"{verb} {answer.words_used} words ({answer.words_source}{dropped})"


def by_whom(answer: Answer) -> str:
    """Describe the model: `starter@1a2b3c on cpu, bfloat16`."""
    seed = "" if answer.seed is None else f", seed {answer.seed}"
    revision = "" if answer.revision == UNKNOWN else f"@{answer.revision[:12]}"
    dtype = "" if answer.dtype == UNKNOWN else f", {answer.dtype}"
    return f"{answer.model}{revision} on {answer.device}{dtype}{seed}"


def work(answer: Answer) -> str:
    """Describe the work: new tokens, or choices ranked."""
    if answer.choices:
        return f"{len(answer.choices)} choices ranked by their likelihood per token"
    return f"{answer.new_tokens} tokens"


def rests_on(grounding: Grounding) -> str:
    """Describe the grounding: `seen: log-likelihood lost, in nats: 9.1 without ...`."""
    lead = "warning: a guess" if grounding.verdict == "guess" else grounding.verdict
    parts = (
        ("the pictures", grounding.without_pictures),
        ("the words", grounding.without_words),
        ("both", grounding.without_both),
    )
    losses = ", ".join(f"{nats:.1f} without {name}" for name, nats in parts)
    return f"{lead}: log-likelihood lost, in nats: {losses}"


def cut_short(answer: Answer) -> str:
    """Return why the answer may be incomplete."""
    if answer.stopped_by == "context_full":
        return "the answer was cut: the model's context is full"
    return (
        "the answer was cut: it came to the limit of new tokens; "
        f"--max-new-tokens {answer.longest_tokens * 2} allows more"
    )
