"""Answers on stdout: for a person, for a pipe, for a program."""

import json
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from vidqa.cli.parse import Request
from vidqa.cli.render.escape import printable
from vidqa.cli.render.stdout import put
from vidqa.errors import VidqaError
from vidqa.types import SCHEMA_VERSION, Answer, TextDelta
from vidqa.types.exit_codes import exit_code
from vidqa.types.records import Records

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

    def failed(self, record: Mapping[str, Any]) -> None:
        """There is no answer; stderr says why in any case."""

    def close(self) -> None:
        """Nothing more will come, or the program was interrupted."""


def choose_view(request: Request, records: Records, *, as_json: bool, to_file: bool) -> AnswerView:
    """The view that suits who is reading."""
    if as_json:
        return JsonView(records)
    if to_file:
        return AnswerView()
    if sys.stdout.isatty():
        return TitledView() if request.is_run else TerminalView(titles=not request.single)
    if request.is_run:
        return JsonView(records)
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

    def __init__(self, records: Records) -> None:
        self._records = records

    def whole(self, answer: Answer) -> None:
        """Write the object."""
        self.failed(self._records.answered(answer))

    def failed(self, record: Mapping[str, Any]) -> None:
        """Write what went wrong."""
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


class TitledView(AnswerView):
    """Each answer under its clip and question, once it is whole: a board is on the screen, too."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False)

    def whole(self, answer: Answer) -> None:
        """Write it."""
        write = partial(self._console.print, markup=False)
        write(printable(answer.video), style="bold")
        write(printable(answer.question), style="dim")
        write(_markdown(printable(answer.text, newlines=True)))
        for choice in answer.choices:
            write(f"{choice.probability:5.1%}  {printable(choice.text)}", style="dim")


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
            self._live.update(_markdown(self._text))

    def whole(self, answer: Answer) -> None:
        """Leave the answer on the screen; of choices, with the probability of each."""
        self.close()
        for choice in answer.choices:
            told = f"{choice.probability:5.1%}  {printable(choice.text)}"
            self._console.print(told, style="dim", markup=False)

    def failed(self, record: Mapping[str, Any]) -> None:
        """Leave what was begun; the error goes to stderr."""
        self.close()

    def close(self) -> None:
        """Draw for the last time and give the cursor back."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _markdown(text: str) -> "Markdown":
    from rich.markdown import Markdown

    # a link must show its address: the text before it was written by a model
    return Markdown(text, hyperlinks=False)
