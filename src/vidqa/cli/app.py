"""The `vidqa` program: what can be typed, and the one place where it ends."""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, NoReturn

import typer

import vidqa
from vidqa.cli.ending import status_of
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import escape_the_unencodable, leave, put

COMMANDS = (
    *("models", "config", "cache"),
    *("ask", "chat", "summarize", "transcribe", "index", "find", "info", "frames", "eval", "train"),
    *("serve", "mcp", "doctor"),
)
HOMES = {"index": "library.index", "find": "library.find", "eval": "evaluation.group"}
"""Modules below `cli.commands` that are not called as their commands."""
GROUP = "app"
"""What a module has in place of a function whose command has others below it."""
SHOWN_AS = "SHOWN_AS"
"""A module's class of Typer's commands, where it has one of its own."""


def _print_version(wanted: bool) -> None:
    if wanted:
        put(f"vidqa {vidqa.__version__}\n")
        raise typer.Exit


def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Say the version."
        ),
    ] = False,
) -> None:
    """Ask questions about video files, on your own machine."""


def program(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the program with some of its commands: no other is imported."""
    whole = typer.Typer(
        name="vidqa",
        help="Ask questions about video files, on your own machine.",
        epilog="Answers go to stdout, everything else to stderr.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    whole.callback()(start)
    for name in names:
        home = HOMES.get(name, name)
        module = import_module(f"vidqa.cli.commands.{home}")
        if (group := getattr(module, GROUP, None)) is not None:
            whole.add_typer(group, name=name)
        else:
            body = getattr(module, home.rpartition(".")[2])
            whole.command(name=name, cls=getattr(module, SHOWN_AS, None))(body)
    return whole


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status; prints errors, never raises them."""
    try:
        app = program(arguments[:1] if set(arguments[:1]) & set(COMMANDS) else COMMANDS)
        return int(app(args=arguments, prog_name="vidqa", standalone_mode=False) or 0)
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        return status_of(error, StatusReporter(verbose="--verbose" in arguments))


def main() -> NoReturn:
    """Run the program and exit with its status."""
    escape_the_unencodable()
    leave(run(sys.argv[1:]))
