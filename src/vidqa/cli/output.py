"""Write to stdout, whoever reads it."""

import io
import os
import sys

import typer

from vidqa.errors import NoSpaceError
from vidqa.exit_codes import ExitCode


class ReaderGone(typer.Exit):
    """Nobody reads stdout any more: the program ends in peace."""

    def __init__(self) -> None:
        super().__init__(ExitCode.ANSWERED)


def put(text: str) -> None:
    """Write at once.

    Raises:
        ReaderGone: nobody reads any more.
        NoSpaceError: what stdout leads to is full.

    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        # keep Python from failing again when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ReaderGone from error
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise NoSpaceError(f"stdout cannot be written: {error.strerror}") from error


def escape_the_unencodable() -> None:
    """Show letters that the terminal's or pipe's encoding lacks as escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
