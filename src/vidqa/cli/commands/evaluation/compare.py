"""Compare two results of a benchmark."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from vidqa.cli import options
from vidqa.cli.render.scores import Table, between, show_table
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put
from vidqa.types.exit_codes import ExitCode

One = Annotated[Path, typer.Argument(metavar="A.json", help="A result.", show_default=False)]
Other = Annotated[
    Path, typer.Argument(metavar="B.json", help="What it is compared with.", show_default=False)
]


def compare(one: One, other: Other, as_json: options.Json = False) -> ExitCode:
    """Say by how much one result of a benchmark is more than another, question by question.

    The interval is of the difference, by drawing videos.
    """
    from vidqa.tasks.evaluate.compare import Comparison, SavedResult

    comparison = Comparison(SavedResult.read(one), SavedResult.read(other))
    rows = list(comparison.rows())
    if as_json:
        for row in rows:
            put(json.dumps(row) + "\n")
    else:
        cells = [
            (
                row["score"],
                f"{row['category']}: {row['of']}" if row["category"] else row["of"],
                str(row["difference"]["questions"]),
                f"{row['one']:.4f}",
                f"{row['other']:.4f}",
                f"{row['difference']['mean']:+.4f}",
                between(row["difference"]["low"], row["difference"]["high"], "+.4f"),
            )
            for row in rows
        ]
        titles = ("score", "of", "questions", "A", "B", "A - B", "95 % interval")
        show_table(Table(titles, cells), sys.stdout)
    mine, its = comparison.alone
    if mine or its:
        StatusReporter().note(f"not compared: {mine} questions that only A has, {its} that only B")
    return ExitCode.ANSWERED
