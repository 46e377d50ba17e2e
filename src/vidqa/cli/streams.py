"""Repair standard streams that were closed before the process started."""

import io
import os
import sys

from vidqa.errors import NoSpaceError

STREAMS = 3
"""Number of standard streams: stdin, stdout and stderr are 0 to 2."""


class ClosedStdout(io.TextIOBase):
    """A stand-in for a stdout that is closed."""

    def write(self, text: str) -> int:
        """Refuse the text. Raises NoSpaceError."""
        raise NoSpaceError("stdout cannot be written: it is closed")


def open_what_is_closed() -> None:
    """Occupy the numbers of closed streams, so that no file gets them, and give Python streams."""
    for number in range(STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - to the very end
    if sys.stdout is None:
        sys.stdout = ClosedStdout()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
