"""How far two judges agree."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from vidqa.cli import options
from vidqa.cli.render.scores import Table, between, show_table
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put
from vidqa.errors import UsageError
from vidqa.types.exit_codes import ExitCode

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="A.jsonl [B.jsonl]",
        help="The answers of a benchmark with the verdicts of two judges, or two such files with "
        "those of one each.",
        show_default=False,
    ),
]


def agree(files: Files, as_json: options.Json = False) -> ExitCode:
    """Say how far two judges of the same answers agree.

    Cohen's kappa takes off what chance alone would give; the interval is by drawing videos.
    """
    from vidqa.tasks.evaluate.judging.agreement import agreement, two_judges

    if len(files) > 2:
        raise UsageError("two files are the most", hint="vidqa eval agree a.jsonl b.jsonl")
    one, other = two_judges(files)
    rows = list(agreement(one, other))
    StatusReporter().note(f"A: {one.name}; B: {other.name}")
    if as_json:
        for row in rows:
            put(json.dumps({"one": one.name, "other": other.name, **row}) + "\n")
        return ExitCode.ANSWERED
    cells = [
        (
            row["aspect"],
            row["of"],
            str(row["answers"]),
            f"{row['alike']:.4f}",
            f"{row['difference']:+.4f}",
            "-" if row["kappa"] is None else f"{row['kappa']:.4f}",
            between(row["low"], row["high"]),
        )
        for row in rows
    ]
    titles = ("judged", "of", "answers", "alike", "A - B", "kappa", "95 % interval")
    show_table(Table(titles, cells), sys.stdout)
    if unread := sum(row["unread"] for row in rows):
        StatusReporter().note(f"not compared: {unread} verdicts of which one says nothing")
    return ExitCode.ANSWERED
