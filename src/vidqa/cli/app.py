"""The `vidqa` program: what can be typed, and the one place where it ends."""

import sys
from typing import Annotated, NoReturn

import typer

import vidqa
from vidqa.cli.commands import cache, config, models
from vidqa.cli.commands.ask import AskCommand, ask
from vidqa.cli.commands.chat import chat
from vidqa.cli.commands.doctor import doctor
from vidqa.cli.commands.evaluate import evaluate
from vidqa.cli.commands.frames import frames
from vidqa.cli.commands.info import info
from vidqa.cli.commands.library import index
from vidqa.cli.commands.library.find import find
from vidqa.cli.commands.serve import serve
from vidqa.cli.commands.summarize import summarize
from vidqa.cli.commands.train import train
from vidqa.cli.commands.transcribe import transcribe
from vidqa.cli.ending import status_of
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import escape_the_unencodable, leave, put

app = typer.Typer(
    name="vidqa",
    help="Ask questions about video files, on your own machine.",
    epilog="Answers go to stdout, everything else to stderr.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")
app.add_typer(cache.app, name="cache")


def _print_version(wanted: bool) -> None:
    if wanted:
        put(f"vidqa {vidqa.__version__}\n")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Say the version."
        ),
    ] = False,
) -> None:
    """Ask questions about video files, on your own machine."""


app.command(cls=AskCommand)(ask)
app.command()(chat)
app.command()(summarize)
app.command()(transcribe)
app.add_typer(index.app, name="index")
app.command()(find)
app.command()(info)
app.command()(frames)
app.command(name="eval")(evaluate)
app.command()(train)
app.command()(serve)
app.command()(doctor)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status; prints errors, never raises them."""
    try:
        return int(app(args=arguments, prog_name="vidqa", standalone_mode=False) or 0)
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        return status_of(error, StatusReporter(verbose="--verbose" in arguments))


def main() -> NoReturn:
    """Run the program and exit with its status."""
    escape_the_unencodable()
    leave(run(sys.argv[1:]))
