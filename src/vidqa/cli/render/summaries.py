"""Summaries for reading, and for other programs."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

from vidqa.cli.render.answers import AnswerView
from vidqa.cli.render.escape import printable
from vidqa.cli.render.output_file import opened
from vidqa.cli.render.stdout import put
from vidqa.types import UNWATCHED, Answer
from vidqa.types.clock import clock

Text = Literal["text", "md", "ffmetadata"]
"""How a summary is written that is no record."""


class SummaryView(AnswerView):
    """Each summary once it is whole, with the times and titles of its chapters below it."""

    def __init__(self, text: Text, *, titles: bool) -> None:
        """Show summaries in one way, and the names of clips or not."""
        self._text_of = text_in(text)
        self._heading = "# " if text == "md" else ""
        self._titles = titles
        self._is_first = True

    def whole(self, answer: Answer) -> None:
        """Write it."""
        if not self._is_first:
            put("\n")
        self._is_first = False
        if self._titles:
            put(f"{self._heading}{printable(answer.video)}\n\n")
        put(self._text_of(answer.to_record()))


class FileView(AnswerView):
    """The summary of the only clip in a file, once it is whole."""

    def __init__(self, file: Path, text: Text, *, replace: bool) -> None:
        self._file = file
        self._replace = replace
        self._text_of = text_in(text)

    def whole(self, answer: Answer) -> None:
        """Write it. Raises as `opened`."""
        with opened(self._file, replace=self._replace) as write:
            write(self._text_of(answer.to_record()))


def text_in(text: Text) -> Callable[[Mapping[str, Any]], str]:
    """What makes such a text of a record."""
    if text == "ffmetadata":
        return ffmetadata
    return partial(summary_text, markdown=text == "md")


def summary_text(record: Mapping[str, Any], *, markdown: bool) -> str:
    """A summary and its chapters, of their record; a line of a chapter begins with its time."""
    lines = [_line(one, " " if markdown else "  ") for one in record["chapters"]]
    # two blanks end a line of Markdown, and are nothing where such lines are pasted elsewhere
    chapters = ("  \n" if markdown else "\n").join(lines)
    heading = "## Chapters" if markdown and lines else ""
    paragraphs = [printable(_marked(record), newlines=True), heading, chapters]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def ffmetadata(record: Mapping[str, Any]) -> str:
    """Chapters as FFmpeg reads and writes them, and the summary, if there is one.

    `ffmpeg -i clip.mp4 -i chapters.txt -map 0 -map_chapters 1 -codec copy out.mp4` puts them into a
    clip; `-map_metadata 1` the summary.
    """
    lines = [";FFMETADATA1"]
    if record["summary"]:
        lines.append(f"description={_escaped(_marked(record))}")
    for chapter in record["chapters"]:
        begin_ms, end_ms = (round(1000 * chapter[name]) for name in ("start_s", "end_s"))
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={begin_ms}", f"END={end_ms}"]
        if chapter["title"] not in ("", UNWATCHED):
            lines.append(f"title={_escaped(chapter['title'])}")
    return "\n".join(lines) + "\n"


def _line(chapter: Mapping[str, Any], between: str) -> str:
    return f"{clock(chapter['start_s'])}{between}{printable(chapter['title'])}".rstrip()


def _marked(record: Mapping[str, Any]) -> str:
    """The summary, each sentence followed by what it rests on, if that is known."""
    text: str = record["summary"]
    done = ""
    for one in record.get("sentences", ()):
        before, sentence, text = text.partition(one["text"])
        done += f"{before}{sentence} [{one['grounding']['verdict']}]"
    return done + text


def _escaped(text: str) -> str:
    """With a backslash before what FFmpeg takes for more than a letter."""
    return re.sub(r"([=;#\\\n])", r"\\\1", printable(text, newlines=True))
