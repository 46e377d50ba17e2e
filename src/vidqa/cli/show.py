"""Answers on stdout: for a person, for a pipe, for a program."""

import json
import os
import sys
from typing import TYPE_CHECKING, Protocol

import typer

from vidqa.cli.exit_codes import ExitCode, exit_code
from vidqa.cli.printable import printable
from vidqa.cli.request import Request
from vidqa.errors import VidqaError
from vidqa.types import SCHEMA_VERSION, Answer, TextDelta

if TYPE_CHECKING:
    from rich.live import Live
    from rich.markdown import Markdown


def put(text: str) -> None:
    """Write to stdout at once; when nobody reads any more, end the program in peace."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        # keep Python from failing again when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.ANSWERED) from error


class AnswerView(Protocol):
    """Shows answers, one after the other."""

    def piece(self, delta: TextDelta) -> None:
        """The answer goes on."""

    def whole(self, answer: Answer) -> None:
        """The answer is complete."""

    def failed(self, video: str, question: str, error: VidqaError) -> None:
        """There is no answer."""


def choose_view(request: Request, *, as_json: bool, timings: bool) -> AnswerView:
    """The view that suits who is reading."""
    if as_json:
        return JsonView(timings=timings)
    if sys.stdout.isatty():
        return TerminalView(titles=not request.single)
    return PlainView() if request.single else LineView(request)


class PlainView:
    """The answer alone, as it comes, ended by one newline."""

    def piece(self, delta: TextDelta) -> None:
        """Write it at once."""
        put(printable(delta.text, newlines=True))

    def whole(self, answer: Answer) -> None:
        """End the line."""
        put("\n")

    def failed(self, video: str, question: str, error: VidqaError) -> None:
        """Errors go to stderr alone."""


class LineView:
    """One line a clip and question, columns split by tabs: clip, question if several, answer."""

    def __init__(self, request: Request) -> None:
        self._with_question = len(request.questions) > 1

    def piece(self, delta: TextDelta) -> None:
        """A line is written when it is whole."""

    def whole(self, answer: Answer) -> None:
        """Write the line."""
        columns = [answer.video, *([answer.question] if self._with_question else []), answer.text]
        line = "\t".join(printable(" ".join(column.splitlines())) for column in columns)
        put(f"{line}\n")

    def failed(self, video: str, question: str, error: VidqaError) -> None:
        """Errors go to stderr alone."""


class JsonView:
    """One object a clip and question, errors too."""

    def __init__(self, *, timings: bool) -> None:
        self._timings = timings

    def piece(self, delta: TextDelta) -> None:
        """An object is written when it is whole."""

    def whole(self, answer: Answer) -> None:
        """Write the object."""
        self._write(answer.to_record(timings=self._timings))

    def failed(self, video: str, question: str, error: VidqaError) -> None:
        """Write what went wrong."""
        code = exit_code(error)
        self._write(
            {
                "schema_version": SCHEMA_VERSION,
                "error": {
                    "code": int(code),
                    "kind": code.name.lower(),
                    "message": error.message,
                    "hint": error.hint,
                },
                "question": question,
                "video": video,
            }
        )

    def _write(self, record: dict[str, object]) -> None:
        # ASCII: a file name that is no valid text, and any control character, comes out escaped
        put(json.dumps(record) + "\n")


class TerminalView:
    """Markdown that grows while the answer comes."""

    def __init__(self, *, titles: bool) -> None:
        from rich.console import Console

        self._console = Console(highlight=False)
        self._titles = titles
        self._text = ""
        self._live: Live | None = None

    def piece(self, delta: TextDelta) -> None:
        """Show a little more."""
        from rich.live import Live

        self._text += printable(delta.text, newlines=True)
        if self._live is None:
            self._live = Live(console=self._console, vertical_overflow="visible")
            self._live.start()
        self._live.update(self._markdown())

    def whole(self, answer: Answer) -> None:
        """Leave the answer on the screen, under its clip and question if there are several."""
        if self._titles:
            self._stop(clear=True)
            self._console.print(printable(answer.video), style="bold", markup=False)
            self._console.print(printable(answer.question), style="dim", markup=False)
            self._console.print(self._markdown())
        self._stop()
        self._text = ""

    def failed(self, video: str, question: str, error: VidqaError) -> None:
        """Drop what was begun; the error goes to stderr."""
        self._stop()
        self._text = ""

    def _stop(self, *, clear: bool = False) -> None:
        if self._live is not None:
            if clear:
                self._live.transient = True
            self._live.stop()
            self._live = None

    def _markdown(self) -> "Markdown":
        from rich.markdown import Markdown

        return Markdown(self._text)
