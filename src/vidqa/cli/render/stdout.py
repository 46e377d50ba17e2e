"""Write to stdout, even if it is full or its reader has gone."""

import atexit
import io
import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import NoReturn

import typer

from vidqa.cli.render.escape import printable
from vidqa.errors import NoSpaceError, VidqaError
from vidqa.types.exit_codes import ExitCode


class ReaderGone(typer.Exit):
    """The error that ends the program without complaint: nobody reads stdout any more."""

    def __init__(self) -> None:
        super().__init__(ExitCode.ANSWERED)


def put(text: str) -> None:
    """Write and flush.

    Raises:
        ReaderGone: nobody reads stdout any more.
        NoSpaceError: stdout cannot be written, as on a full disk.

    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        _silence_stdout()
        raise ReaderGone from error
    except OSError as error:
        _silence_stdout()
        raise NoSpaceError(f"stdout cannot be written: {error.strerror}") from error


def put_columns(cells: Iterable[str]) -> None:
    """Write a line of tab-separated columns. Raises as `put`."""
    put("\t".join(map(printable, cells)) + "\n")


def _silence_stdout() -> None:
    """Keep Python from failing again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def leave(status: int) -> NoReturn:
    """End the process.

    If a thread still runs, skip the cleanup of its libraries: they abort when they find it at
    work.
    """
    if threading.active_count() == 1:
        sys.exit(status)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, VidqaError):
            stream.flush()
    atexit._run_exitfuncs()  # ends workers, and deletes temporary files
    os._exit(status)


def escape_the_unencodable() -> None:
    """Show letters that the encoding of stdout or stderr lacks as escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
