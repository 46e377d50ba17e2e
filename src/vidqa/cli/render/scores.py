"""Tables of scores."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from vidqa.cli.render.escape import printable
from vidqa.cli.render.stdout import put


@dataclass(frozen=True, slots=True)
class Table:
    """Titles, and rows of as many cells."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]


def between(low: float | None, high: float | None, form: str = ".4f") -> str:
    """Return an interval for people; a dash where there is none."""
    return "-" if low is None or high is None else f"{low:{form}} to {high:{form}}"


def show_table(table: Table, stream: TextIO, *, left: int = 2) -> None:
    """Show a table on a terminal, columns split by tabs in a pipe.

    Args:
        table: the table.
        stream: where to.
        left: columns of words, which begin at the left; the others are of numbers.

    """
    if not stream.isatty():
        write = put if stream is sys.stdout else stream.write
        for line in (table.titles, *table.rows):
            write("\t".join(map(printable, line)) + "\n")
        return
    from rich.console import Console
    from rich.table import Table as RichTable

    shown = RichTable(box=None, pad_edge=False)
    for number, title in enumerate(table.titles):
        shown.add_column(title, justify="left" if number < left else "right")
    for line in table.rows:
        shown.add_row(*map(printable, line))
    Console(file=stream, highlight=False, markup=False).print(shown)
