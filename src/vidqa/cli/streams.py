"""The three streams of a process, whoever closed them before it began."""

import io
import os
import sys

from vidqa.errors import NoSpaceError

STREAMS = 3
"""stdin, stdout and stderr have the numbers 0 to 2."""


class ClosedStdout(io.TextIOBase):
    """In place of a stdout that is closed."""

    def write(self, text: str) -> int:
        """Refuse the text. Raises NoSpaceError."""
        raise NoSpaceError("stdout cannot be written: it is closed")


def open_what_is_closed() -> None:
    """Occupy the numbers of closed streams, so that no file gets them, and give Python streams."""
    for number in range(STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - to the very end
    if sys.stdout is None:
        sys.stdout = ClosedStdout()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
