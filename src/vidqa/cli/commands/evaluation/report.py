"""What is shown of a result of a benchmark."""

from collections.abc import Mapping
from typing import Any

from vidqa.cli.render.scores import Table, between


def table(record: Mapping[str, Any]) -> Table:
    """Return the scores of a result."""
    rows = [
        (
            one["score"],
            f"{one['category']}: {one['of']}" if one["category"] else one["of"],
            str(one["questions"]),
            str(one["videos"]),
            f"{one['mean']:.4f}",
            between(one["low"], one["high"]),
        )
        for one in record["scores"]
    ]
    titles = ("score", "of", "questions", "videos", "mean", "95 % interval")
    return Table(titles, rows)


def remarks(record: Mapping[str, Any]) -> list[str]:
    """Return what is not in the table, and has to be known."""
    counts, said = record["counts"], list[str]()
    if "model" in record:
        made = " ".join(record[key] for key in ("model", "revision", "device", "dtype"))
        said.append(f"the answers are of {made}")
    if counts["unread"]:
        said.append(f"{counts['unread']} answers name no option, or say nothing")
    if counts["unjudged"]:
        said.append(f"{counts['unjudged']} verdicts do not say what was asked")
    if counts["drawn"]:
        said.append(f"{counts['drawn']} answers were drawn by lot, as the official rule does")
    if counts["failed"] or counts["missing"]:
        said.append(
            f"not counted: {counts['missing']} questions whose clips are not there, and "
            f"{counts['failed']} that failed"
        )
    if record["option_mass"] is not None:
        said.append(f"an answer begins with an option with probability {record['option_mass']}")
    return said
