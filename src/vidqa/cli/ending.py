"""Report the error that ended a command, and choose the exit status."""

import traceback

import typer

from vidqa.cli.render.status import StatusReporter
from vidqa.errors import VidqaError
from vidqa.system.file_systems import said_plainly
from vidqa.types.exit_codes import ExitCode, exit_code


def status_of(error: BaseException, reporter: StatusReporter) -> int:
    """Report an error and return the exit status.

    Raises:
        SystemExit: one raised elsewhere, passed on.

    """
    if isinstance(error, OSError) and (plain := said_plainly(error)) is not None:
        plain.__cause__ = error
        error = plain
    if isinstance(error, VidqaError):
        reporter.error(error)
        return exit_code(error)
    if isinstance(error, typer.Abort | KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    if isinstance(error, SystemExit):
        # the parser ends like this if nobody reads its help any more
        if isinstance(error.__context__, BrokenPipeError):
            return ExitCode.ANSWERED
        raise error
    if hasattr(error, "show") and hasattr(error, "exit_code"):  # the parser's own errors
        error.show()
        return int(error.exit_code)
    traceback.print_exception(error)
    return ExitCode.UNEXPECTED
