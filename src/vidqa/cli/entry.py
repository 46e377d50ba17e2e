"""The entry point. An error during import is not an answer, so its status is not 1."""

import sys
import traceback
from typing import NoReturn

from vidqa.cli.streams import open_what_is_closed
from vidqa.types.exit_codes import ExitCode


def main() -> NoReturn:
    """Run the program."""
    open_what_is_closed()
    try:
        from vidqa.cli.app import main as begin
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception:
        traceback.print_exc()
        sys.exit(ExitCode.UNEXPECTED)
    begin()
