"""Show on stderr what the model saw, frame by frame: a table for a person, columns for a pipe."""

import sys

from vidqa.cli.render.escape import printable
from vidqa.types import PromptView

COLUMNS = ("time_s", "visual_tokens", "text_tokens", "words")


def show_prompt(view: PromptView) -> None:
    """Write the frames, then the totals."""
    if sys.stderr.isatty():
        _table(view)
    else:
        for row in [COLUMNS, *_rows(view)]:
            sys.stderr.write("\t".join(row) + "\n")
    sys.stderr.write(f"prompt: {_counted(view)}\n")
    sys.stderr.flush()


def _counted(view: PromptView) -> str:
    """Return how many tokens there are of each kind."""
    if view.prompt_tokens is None:
        return "its tokens are counted where it is answered"
    visual = sum(one.visual_tokens or 0 for one in view.segments)
    words = sum(one.text_tokens or 0 for one in view.segments)
    return f"{view.prompt_tokens} tokens, {visual} of them visual, {words} of words"


def _rows(view: PromptView) -> list[tuple[str, ...]]:
    return [
        (
            f"{one.time_s:.3f}",
            "-" if one.visual_tokens is None else str(one.visual_tokens),
            "-" if one.text_tokens is None else str(one.text_tokens),
            printable(one.text) or "-",
        )
        for one in view.segments
    ]


def _table(view: PromptView) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in COLUMNS:
        table.add_column(title, justify="left" if title == "words" else "right")
    for row in _rows(view):
        table.add_row(*map(Text, row))  # a Text is never read as markup
    Console(file=sys.stderr, highlight=False).print(table)
