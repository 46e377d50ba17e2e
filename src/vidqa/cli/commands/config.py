"""`vidqa config`: what is set, and where it comes from."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from vidqa.cli import options
from vidqa.cli.render.escape import printable
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put, put_columns
from vidqa.errors import UsageError
from vidqa.system import file_systems, paths
from vidqa.system.config import DEFAULTS, SETTINGS, Setting, require_name, setting, write_setting
from vidqa.types.exit_codes import ExitCode

app = typer.Typer(help="Show and change settings.", invoke_without_command=True)
SettingName = Annotated[str, typer.Argument(metavar="|".join(SETTINGS), help="Which setting.")]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="As the option of that name takes it.")]


@app.callback()
def show(context: typer.Context, as_json: options.Json = False) -> ExitCode:
    """Show every setting, and where it comes from."""
    if context.invoked_subcommand is None:
        rows = [*map(setting, SETTINGS), _cache()]
        if not as_json and not sys.stdout.isatty():
            put_columns(("setting", "value", "where from"))
        for row in rows:
            put(json.dumps(asdict(row)) + "\n" if as_json else _line(row))
        if not as_json and sys.stdout.isatty():
            file = paths.config_file()
            there = "" if file.is_file() else ", which is not there"
            put(f"\nsettings are read from {printable(str(file))}{there}\n")
    return ExitCode.ANSWERED


@app.command()
def get(name: SettingName) -> ExitCode:
    """Print what a setting is. Nothing where it is chosen for the machine."""
    require_name(name)
    put(f"{printable(setting(name).value or DEFAULTS.get(name, ''))}\n")
    return ExitCode.ANSWERED


@app.command("set")
def set_value(name: SettingName, value: Value) -> ExitCode:
    """Set a setting in the file."""
    require_name(name)
    _require_value(name, value)
    if name == "model" and _is_folder(value):
        value = str(Path(value).resolve())
    _tell(write_setting(name, value), f"{name} is {printable(value)} from now on")
    return ExitCode.ANSWERED


@app.command()
def unset(name: SettingName) -> ExitCode:
    """Take a setting out of the file."""
    _tell(write_setting(name, None), f"{name} is not set any more")
    return ExitCode.ANSWERED


def _require_value(name: str, value: str) -> None:
    """Refuse what the option of that name would refuse."""
    if name == "dtype":
        from vidqa.system.devices import choose_dtype

        choose_dtype(value, "cpu")
    elif name == "device":
        from vidqa.system.devices import choose_device

        choose_device(value)
    elif name in ("keep", "copies"):
        from vidqa.system.cache import read_size

        if value.strip().isdecimal() and int(value):
            raise UsageError(f"{value} has no unit", hint=f"write {value}GB or {value}MB")
        read_size(value)
    elif name == "speech":
        from vidqa.models.registry import find_speech

        find_speech(value)
    else:
        from vidqa.models.registry import find_model
        from vidqa.models.resolve import hub_source, is_added
        from vidqa.models.store.store import Store

        if not value:
            raise UsageError("no model is named", hint="vidqa config unset model")
        if not (_is_folder(value) or hub_source(value) or is_added(value, Store())):
            find_model(value)


def _is_folder(value: str) -> bool:
    """Return whether a model's name means a folder, as it does for `--model`."""
    from vidqa.models.registry import is_known
    from vidqa.models.resolve import is_added
    from vidqa.models.store.store import Store

    return (
        bool(value)
        and file_systems.is_folder(Path(value))
        and not (is_known(value) or is_added(value, Store()))
    )


def _tell(file: Path, message: str) -> None:
    StatusReporter().note(f"{message} ({printable(str(file))})")


def _cache() -> Setting:
    variable = "VIDQA_CACHE_DIR"
    if os.environ.get(variable):
        return Setting("cache", str(paths.cache_dir()), "environment", variable)
    return Setting("cache", str(paths.cache_dir()), "default")


def _line(row: Setting) -> str:
    value = printable(row.value or DEFAULTS.get(row.name, "-"))
    where = f" {printable(row.where)}" if row.where else ""
    if sys.stdout.isatty():
        return f"{row.name:8}{value:24}  {row.source}{where}\n"
    return f"{row.name}\t{value}\t{row.source}{where}\n"
