"""Render summaries for people and for other programs."""

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
from vidqa.types.records import Record

Text = Literal["text", "md", "ffmetadata"]
"""The text formats of a summary."""


class SummaryView(AnswerView):
    """A view of complete summaries, with the times and titles of their chapters below."""

    def __init__(self, text: Text, *, titles: bool) -> None:
        """Choose the format, and whether clips' names are shown."""
        self._text_of = text_in(text)
        self._heading = "# " if text == "md" else ""
        self._titles = titles
        self._is_first = True

    def whole(self, answer: Answer, record: Record) -> None:
        """Write the summary."""
        if not self._is_first:
            put("\n")
        self._is_first = False
        if self._titles:
            put(f"{self._heading}{printable(answer.video)}\n\n")
        put(self._text_of(answer.to_record()))


class FileView(AnswerView):
    """A view that writes the summary of the only clip into a file, once it is complete."""

    def __init__(self, file: Path, text: Text, *, replace: bool) -> None:
        self._file = file
        self._replace = replace
        self._text_of = text_in(text)

    def whole(self, answer: Answer, record: Record) -> None:
        """Write the file. Raises as `opened`."""
        with opened(self._file, replace=self._replace) as write:
            write(self._text_of(answer.to_record()))


def text_in(text: Text) -> Callable[[Mapping[str, Any]], str]:
    """Return the function that renders a record in a format."""
    if text == "ffmetadata":
        return ffmetadata
    return partial(summary_text, markdown=text == "md")


def summary_text(record: Mapping[str, Any], *, markdown: bool) -> str:
    """Render the summary and chapters of a record; a chapter's line begins with its time."""
    lines = [_line(one, " " if markdown else "  ") for one in record["chapters"]]
    # two spaces break a line in Markdown, and do not show where such lines are pasted elsewhere
    chapters = ("  \n" if markdown else "\n").join(lines)
    heading = "## Chapters" if markdown and lines else ""
    paragraphs = [printable(_marked(record), newlines=True), heading, chapters]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def ffmetadata(record: Mapping[str, Any]) -> str:
    """Render chapters as FFmpeg reads and writes them, and the summary if there is one.

    `ffmpeg -i clip.mp4 -i chapters.txt -map 0 -map_chapters 1 -codec copy out.mp4` puts them into a
    clip; `-map_metadata 1` adds the summary.
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
    """Return the summary, each sentence followed by what it rests on, if that is known."""
    text: str = record["summary"]
    done = ""
    for one in record.get("sentences", ()):
        before, sentence, text = text.partition(one["text"])
        done += f"{before}{sentence} [{one['grounding']['verdict']}]"
    return done + text


def _escaped(text: str) -> str:
    """Put a backslash before characters that are special to FFmpeg."""
    return re.sub(r"([=;#\\\n])", r"\\\1", printable(text, newlines=True))
