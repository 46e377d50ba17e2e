"""Answers on stdout: for a person, for a pipe, for a program."""

import json
import sys
from typing import TYPE_CHECKING

from vidqa.cli.exit_codes import exit_code
from vidqa.cli.output import put
from vidqa.cli.printable import printable
from vidqa.cli.request import Request
from vidqa.errors import VidqaError
from vidqa.types import SCHEMA_VERSION, Answer, TextDelta

if TYPE_CHECKING:
    from rich.live import Live
    from rich.markdown import Markdown


class AnswerView:
    """Shows answers, one after the other. What a view has no use for, it leaves out."""

    def begin(self, video: str, question: str) -> None:
        """An answer is about to come."""

    def piece(self, delta: TextDelta) -> None:
        """The answer goes on."""

    def whole(self, answer: Answer) -> None:
        """The answer is complete."""

    def failed(self, video: str, question: str, error: VidqaError) -> None:
        """There is no answer; stderr says why in any case."""

    def close(self) -> None:
        """Nothing more will come, or the program was interrupted."""


def choose_view(request: Request, *, as_json: bool, timings: bool) -> AnswerView:
    """The view that suits who is reading."""
    if as_json:
        return JsonView(timings=timings)
    if sys.stdout.isatty():
        return TerminalView(titles=not request.single)
    return PlainView() if request.single else LineView(request)


class PlainView(AnswerView):
    """The answer alone, as it comes, ended by one newline."""

    def piece(self, delta: TextDelta) -> None:
        """Write it at once."""
        put(printable(delta.text, newlines=True))

    def whole(self, answer: Answer) -> None:
        """End the line; of choices, every one follows with its probability."""
        put("\n")
        for choice in answer.choices:
            put(f"{printable(choice.text)}\t{choice.probability:.3f}\n")


class LineView(AnswerView):
    """One line a clip and question, columns split by tabs: clip, question if several, answer."""

    def __init__(self, request: Request) -> None:
        self._with_question = len(request.questions) > 1

    def whole(self, answer: Answer) -> None:
        """Write the line."""
        columns = [answer.video, *([answer.question] if self._with_question else []), answer.text]
        columns += [f"{choice.text} {choice.probability:.3f}" for choice in answer.choices]
        line = "\t".join(printable(" ".join(column.splitlines())) for column in columns)
        put(f"{line}\n")


class JsonView(AnswerView):
    """One object a clip and question, errors too."""

    def __init__(self, *, timings: bool) -> None:
        self._timings = timings

    def whole(self, answer: Answer) -> None:
        """Write the object."""
        self._write(answer.to_record(timings=self._timings))

    def failed(self, video: str, question: str, error: VidqaError) -> None:
        """Write what went wrong."""
        put(failure_line(error, question=question, video=video))

    def _write(self, record: dict[str, object]) -> None:
        # ASCII: a file name that is no valid text, and any control character, comes out escaped
        put(json.dumps(record) + "\n")


def failure_line(error: VidqaError, **about: str) -> str:
    """The JSON object of a clip that failed, as a line."""
    code = exit_code(error)
    told = {
        "code": int(code),
        "kind": code.name.lower(),
        "message": error.message,
        "hint": error.hint,
    }
    return json.dumps({"schema_version": SCHEMA_VERSION, "error": told, **about}) + "\n"


class TerminalView(AnswerView):
    """Markdown that grows while the answer comes, with a title when there are several."""

    def __init__(self, *, titles: bool) -> None:
        from rich.console import Console

        self._console = Console(highlight=False)
        self._titles = titles
        self._text = ""
        self._live: Live | None = None

    def begin(self, video: str, question: str) -> None:
        """Say which clip and question, and make room for the answer."""
        from rich.live import Live

        self._text = ""
        if self._titles:
            self._console.print(printable(video), style="bold", markup=False)
            self._console.print(printable(question), style="dim", markup=False)
        self._live = Live(console=self._console, redirect_stdout=False, redirect_stderr=False)
        self._live.start()

    def piece(self, delta: TextDelta) -> None:
        """Show a little more."""
        self._text += printable(delta.text, newlines=True)
        if self._live is not None:
            self._live.update(self._markdown())

    def whole(self, answer: Answer) -> None:
        """Leave the answer on the screen; of choices, with the probability of each."""
        self.close()
        for choice in answer.choices:
            told = f"{choice.probability:5.1%}  {printable(choice.text)}"
            self._console.print(told, style="dim", markup=False)

    def failed(self, video: str, question: str, error: VidqaError) -> None:
        """Leave what was begun; the error goes to stderr."""
        self.close()

    def close(self) -> None:
        """Draw for the last time and give the cursor back."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _markdown(self) -> "Markdown":
        from rich.markdown import Markdown

        # a link must show its address: the text before it was written by a model
        return Markdown(self._text, hyperlinks=False)
