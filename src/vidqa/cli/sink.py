"""Where text goes: stdout, or a file that appears only when it is complete."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vidqa.cli.output import put
from vidqa.cli.printable import printable
from vidqa.errors import NoSpaceError, UsageError

Sink = Callable[[str], object]
"""Takes text as it comes."""


@contextmanager
def opened(target: Path | None) -> Iterator[Sink]:
    """A sink for the length of the body; None is stdout.

    A file is written beside its place, in UTF-8, and gets its name when the body has ended well;
    else nothing of it is left, and what was there before stays.

    Raises:
        NoSpaceError: the disk is full.
        UsageError: the file cannot be written.

    """
    if target is None:
        yield put
        return
    draft = target.with_name(f".{target.name[:80]}.{os.getpid()}.part")
    try:
        with _write_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            stream = draft.open("x", encoding="utf-8", errors="backslashreplace", newline="\n")
        with stream:

            def write(text: str) -> None:
                with _write_errors(target):
                    stream.write(text)

            yield write
            with _write_errors(target):
                stream.flush()
        with _write_errors(target):
            draft.replace(target)
    finally:
        with suppress(OSError):  # it was renamed, or never made
            draft.unlink()


@contextmanager
def _write_errors(target: Path) -> Iterator[None]:
    name = printable(str(target))
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceError(f"the disk is full; {name} was not written") from error
        raise UsageError(f"{name} cannot be written: {error.strerror}") from error
