"""Summaries for reading."""

from collections.abc import Mapping
from typing import Any

from vidqa.cli.output import put
from vidqa.cli.printable import printable
from vidqa.cli.show import AnswerView
from vidqa.types import Answer


class SummaryView(AnswerView):
    """Each summary once it is whole, with the times and titles of its chapters below it."""

    def __init__(self, *, markdown: bool, titles: bool) -> None:
        """Show summaries as Markdown or as plain text, and the names of clips or not."""
        self._markdown = markdown
        self._titles = titles
        self._is_first = True

    def whole(self, answer: Answer) -> None:
        """Write it."""
        if not self._is_first:
            put("\n")
        self._is_first = False
        if self._titles:
            put(f"{'# ' if self._markdown else ''}{printable(answer.video)}\n\n")
        put(summary_text(answer.to_record(), markdown=self._markdown))


def summary_text(record: Mapping[str, Any], *, markdown: bool) -> str:
    """A summary and its chapters, of their record."""
    paragraphs = [printable(record["summary"], newlines=True)]
    lines = [_line(one, " " if markdown else "  ") for one in record["chapters"]]
    if markdown and lines:
        paragraphs.append("## Chapters")
        lines = [f"- {line}" for line in lines]
    if lines:
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs) + "\n"


def clock(time_s: float) -> str:
    """`1:02:03` or `2:03`; the second that it begins in."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _line(chapter: Mapping[str, Any], between: str) -> str:
    return f"{clock(chapter['start_s'])}{between}{printable(chapter['title'])}".rstrip()
