"""Show answers on stdout, for a person, a pipe or a program."""

import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from vidqa.cli.parse import Request
from vidqa.cli.render.escape import printable
from vidqa.cli.render.stdout import put
from vidqa.errors import VidqaError
from vidqa.types import SCHEMA_VERSION, Answer, TextDelta
from vidqa.types.exit_codes import exit_code
from vidqa.types.records import Record

if TYPE_CHECKING:
    from rich.live import Live
    from rich.markdown import Markdown


class AnswerView:
    """A view of answers, one after the other; methods that a subclass leaves out do nothing."""

    def begin(self, video: str, question: str) -> None:
        """Announce an answer."""

    def piece(self, delta: TextDelta) -> None:
        """Show the next piece of the answer."""

    def whole(self, answer: Answer, record: Record) -> None:
        """Show the complete answer; its record is the JSON object of it."""

    def failed(self, record: Record) -> None:
        """Show that there is no answer; stderr reports why in any case."""

    def close(self) -> None:
        """Finish: nothing more will come, or the program was interrupted."""


def choose_view(
    request: Request, *, as_json: bool, to_file: bool, is_json: bool = False
) -> AnswerView:
    """Choose the view that suits the reader."""
    if as_json:
        return JsonView()
    if to_file:
        return AnswerView()
    if is_json and request.single and not request.is_run:
        return CodeView()
    if sys.stdout.isatty():
        return TitledView() if request.is_run else TerminalView(titles=not request.single)
    if request.is_run:
        return JsonView()
    return PlainView() if request.single else LineView(request)


class PlainView(AnswerView):
    """A view of the answer alone, as it comes, ended by one newline."""

    def piece(self, delta: TextDelta) -> None:
        """Write the piece at once."""
        put(printable(delta.text, newlines=True))

    def whole(self, answer: Answer, record: Record) -> None:
        """End the line; choices follow, each with its probability."""
        put("\n")
        for choice in answer.choices:
            put(f"{printable(choice.text)}\t{choice.probability:.3f}\n")


class CodeView(PlainView):
    """A view of JSON, for people and programs: what cannot be shown is escaped as in JSON."""

    def piece(self, delta: TextDelta) -> None:
        """Write the piece at once."""
        put("".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in delta.text))


class LineView(AnswerView):
    """A view of one tab-separated line per answer: clip, question if several, answer."""

    def __init__(self, request: Request) -> None:
        self._with_question = len(request.questions) > 1

    def whole(self, answer: Answer, record: Record) -> None:
        """Write the line."""
        columns = [answer.video, *([answer.question] if self._with_question else []), answer.text]
        columns += [f"{choice.text} {choice.probability:.3f}" for choice in answer.choices]
        line = "\t".join(printable(" ".join(column.splitlines())) for column in columns)
        put(f"{line}\n")


class JsonView(AnswerView):
    """A view of one JSON object per clip and question, errors included."""

    def whole(self, answer: Answer, record: Record) -> None:
        """Write the object."""
        self.failed(record)

    def failed(self, record: Record) -> None:
        """Write the error."""
        # ASCII: invalid text in a file name, and any control character, is escaped
        put(json.dumps(record) + "\n")


def failure_line(error: VidqaError, **about: str) -> str:
    """Return the JSON object of a clip that failed, as a line."""
    code = exit_code(error)
    content = {
        "code": int(code),
        "kind": code.name.lower(),
        "message": error.message,
        "hint": error.hint,
    }
    return json.dumps({"schema_version": SCHEMA_VERSION, "error": content, **about}) + "\n"


class TitledView(AnswerView):
    """A view of complete answers under their clip and question, beside a board."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False)

    def whole(self, answer: Answer, record: Record) -> None:
        """Write the titles and the answer."""
        write = partial(self._console.print, markup=False)
        write(printable(answer.video), style="bold")
        write(printable(answer.question), style="dim")
        write(_markdown(printable(answer.text, newlines=True)))
        for choice in answer.choices:
            write(f"{choice.probability:5.1%}  {printable(choice.text)}", style="dim")


class TerminalView(AnswerView):
    """A view of Markdown that grows while the answer comes, with titles if there are several."""

    def __init__(self, *, titles: bool) -> None:
        from rich.console import Console

        self._console = Console(highlight=False)
        self._titles = titles
        self._text = ""
        self._live: Live | None = None

    def begin(self, video: str, question: str) -> None:
        """Show the clip and question, and make room for the answer."""
        from rich.live import Live

        self._text = ""
        if self._titles:
            self._console.print(printable(video), style="bold", markup=False)
            self._console.print(printable(question), style="dim", markup=False)
        self._live = Live(console=self._console, redirect_stdout=False, redirect_stderr=False)
        self._live.start()

    def piece(self, delta: TextDelta) -> None:
        """Extend the answer on the screen."""
        self._text += printable(delta.text, newlines=True)
        if self._live is not None:
            self._live.update(_markdown(self._text))

    def whole(self, answer: Answer, record: Record) -> None:
        """Leave the answer on the screen; choices with their probabilities."""
        self.close()
        for choice in answer.choices:
            content = f"{choice.probability:5.1%}  {printable(choice.text)}"
            self._console.print(content, style="dim", markup=False)

    def failed(self, record: Record) -> None:
        """Leave the partial answer; the error goes to stderr."""
        self.close()

    def close(self) -> None:
        """Draw a last time and restore the cursor."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _markdown(text: str) -> "Markdown":
    from rich.markdown import Markdown

    # a link must show its address: a model wrote its text
    return Markdown(text, hyperlinks=False)
