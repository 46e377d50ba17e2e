"""`vidqa models`: list, pull, rm, path, verify."""

import json
import sys
from typing import TYPE_CHECKING

import typer

from vidqa.cli import options
from vidqa.cli.model_choice import settled
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.download import fetch_model
from vidqa.cli.render.escape import printable
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put, put_columns
from vidqa.types.exit_codes import ExitCode

if TYPE_CHECKING:
    from vidqa.models.choose import Machine
    from vidqa.models.inventory import ModelStatus
    from vidqa.models.spec import Spec

app = typer.Typer(help="Fetch, check and remove models.", no_args_is_help=True)


TITLES = ("name", "cached", "download", "disk", "memory", "fits", "licence", "what it is")


@app.command("list")
def list_models(as_json: options.Json = False) -> ExitCode:
    """List the models there are, and which are in the cache."""
    from vidqa.models.registry import every

    silence_libraries()
    from vidqa.models.choose import this_machine
    from vidqa.models.inventory import others, status

    machine = this_machine(settled("device", None, "auto"))
    rows = [_row(spec, status(spec.name), machine) for spec in every().values()]
    rows += [_row(None, held, machine) for held in others()]
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
    """Download a model and make it ready. What is there already is kept; all is verified."""
    fetch_model(name, offline=offline, reporter=StatusReporter(quiet=quiet))
    return ExitCode.ANSWERED


@app.command()
def add(folder: options.AddedFolder, name: options.AddedName) -> ExitCode:
    """Copy a model's folder into the cache. `save_pretrained` writes such folders."""
    silence_libraries()
    keep_libraries_off_the_network()
    from vidqa.models.add import add as take

    StatusReporter().note(f"{name} is ready in {printable(str(take(folder, name)))}")
    return ExitCode.ANSWERED


@app.command()
def convert(
    checkpoint: options.Checkpoint,
    tower: options.Tower,
    decoder: options.DecoderFolder,
    output: options.ModelFolder,
    keep_adapter: options.KeepAdapter = False,
) -> ExitCode:
    """Turn the paper's released files into a model's folder. `ask --model` takes it."""
    silence_libraries()
    keep_libraries_off_the_network()
    from vidqa.models.conversion import convert as task
    from vidqa.models.conversion.released_files import Parts

    parts = Parts(checkpoint, tower, decoder)
    done = task.convert(parts, output, merge=not keep_adapter)
    left_out = f"; not kept: {', '.join(done.left_out)}" if done.left_out else ""
    StatusReporter().note(
        f"{done.tensors} tensors, {done.size_bytes / 1e9:.1f} GB in {printable(str(output))}"
        f"{left_out}"
    )
    return ExitCode.ANSWERED


@app.command()
def rm(name: options.Name) -> ExitCode:
    """Remove a model from the cache. Parts that another one needs stay."""
    from vidqa.models.remove import remove

    freed = remove(name)
    StatusReporter().note(f"{name}: {freed / 1e6:.0f} MB freed")
    return ExitCode.ANSWERED


@app.command()
def path(name: options.Name) -> ExitCode:
    """Print the folder of a model in the cache."""
    from vidqa.models.inventory import locate

    put(f"{printable(str(locate(name)))}\n")
    return ExitCode.ANSWERED


@app.command()
def verify(name: options.Name) -> ExitCode:
    """Read every byte of a model again. It must be what was verified."""
    from vidqa.models.inventory import verify as check

    for folder in check(name):
        put(f"ok\t{printable(str(folder))}\n")
    return ExitCode.ANSWERED


def _row(spec: "Spec | None", state: "ModelStatus", machine: "Machine") -> dict[str, object]:
    """Describe a model; of one that was added or is only on the Hub no spec is known."""
    from vidqa.models.spec import ModelSpec

    plan = machine.plan(spec) if isinstance(spec, ModelSpec) else None
    return {
        "name": state.name,
        "cached": state.cached,
        "damaged": state.damaged,
        "download_bytes": state.download_bytes,
        "disk_bytes": state.disk_bytes,
        "memory_bytes": None if plan is None else plan.total_bytes,
        "fits": None if plan is None else plan.total_bytes <= machine.memory_bytes,
        "quick": None if not isinstance(spec, ModelSpec) else machine.suits(spec),
        "licences": [] if spec is None else list(spec.licences),
        "summary": "taken into the cache by you" if spec is None else spec.summary,
    }


def _print_json(rows: list[dict[str, object]]) -> None:
    for row in rows:
        put(json.dumps(row) + "\n")


def _print_columns(rows: list[dict[str, object]]) -> None:
    put_columns(TITLES)
    for row in rows:
        put_columns(_cells(row))


def _print_table(rows: list[dict[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in TITLES:
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
        "-" if row["memory_bytes"] is None else _megabytes(row["memory_bytes"]),
        _fits(row),
        ", ".join(licences),
        str(row["summary"]),
    ]


def _fits(row: dict[str, object]) -> str:
    if row["fits"] is None:
        return "-"
    if not row["fits"]:
        return "no"
    return "yes" if row["quick"] else "slow"


def _megabytes(size: object) -> str:
    assert isinstance(size, int)
    return f"{size / 1e6:.0f} MB"
