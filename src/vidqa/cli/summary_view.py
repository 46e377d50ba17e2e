"""Summaries for reading."""

from typing import TYPE_CHECKING

from vidqa.cli.output import put
from vidqa.cli.printable import printable
from vidqa.cli.show import AnswerView
from vidqa.types import Answer

if TYPE_CHECKING:
    from vidqa.tasks.summary import FoundChapter, Summary


class SummaryView(AnswerView):
    """Each summary once it is whole, with the times and titles of its chapters below it."""

    def __init__(self, *, markdown: bool, titles: bool) -> None:
        """Show summaries as Markdown or as plain text, and the names of clips or not."""
        self._markdown = markdown
        self._titles = titles
        self._is_first = True

    def whole(self, answer: Answer) -> None:
        """Write it."""
        from vidqa.tasks.summary import Summary

        assert isinstance(answer, Summary), "only summaries are shown here"
        paragraphs = [printable(answer.text, newlines=True)]
        if self._titles:
            paragraphs.insert(0, f"{'# ' if self._markdown else ''}{printable(answer.video)}")
        if answer.chapters:
            paragraphs += self._chapters(answer)
        if not self._is_first:
            put("\n")
        self._is_first = False
        put("\n\n".join(paragraphs) + "\n")

    def _chapters(self, summary: "Summary") -> list[str]:
        if self._markdown:
            lines = [f"- {_line(one, ' ')}" for one in summary.chapters]
            return ["## Chapters", "\n".join(lines)]
        return ["\n".join(_line(one, "  ") for one in summary.chapters)]


def clock(time_s: float) -> str:
    """`1:02:03` or `2:03`; the second that it begins in."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _line(chapter: "FoundChapter", between: str) -> str:
    return f"{clock(chapter.start_s)}{between}{printable(chapter.title)}".rstrip()
