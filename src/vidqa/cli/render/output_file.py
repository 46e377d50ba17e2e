"""Sinks for text: stdout, or a file that appears only when it is complete."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TextIO

from vidqa.cli.render.escape import printable
from vidqa.cli.render.stdout import put
from vidqa.errors import NoSpaceError, UsageError
from vidqa.system.file_systems import FULL, put_in_place

_TEXT: Final[Any] = {"encoding": "utf-8", "errors": "backslashreplace", "newline": "\n"}

STDOUT = "-"

Sink = Callable[[str], object]
"""Writes text as it comes."""


@contextmanager
def opened(target: Path | None, *, replace: bool = True) -> Iterator[Sink]:
    """Open a sink for the body; None and `-` are stdout.

    A file is written beside its place, in UTF-8, and renamed when the body has succeeded; else
    nothing of it is left, and an older file stays. A link stays a link: the file that it names is
    written. A device or a named pipe stays what it is, and receives the text as it comes.

    Args:
        target: the file.
        replace: False if the file must not exist, not even at the end.

    Raises:
        NoSpaceError: the disk is full.
        UsageError: the file cannot be written, or exists.

    """
    if target is None or str(target) == STDOUT:
        yield put
        return
    if target.exists() and not target.is_file() and not target.is_dir():
        with _write_errors(target):
            stream = target.open("w", **_TEXT)
        with _closed(stream, target):
            yield _writer(stream, target)
        return
    target = Path(os.path.realpath(target))
    draft = target.with_name(f".{target.name[:50]}.{os.getpid()}.part")
    try:
        with _write_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            stream = draft.open("w", **_TEXT)
        with _closed(stream, target):
            yield _writer(stream, target)
        with _write_errors(target):
            put_in_place(draft, target, replace=replace)
    finally:
        with suppress(OSError):  # it was renamed, or never created
            draft.unlink()


@contextmanager
def growing(target: Path, *, force: bool) -> Iterator[Sink]:
    """Open a sink into a new file; each text is on disk at once, whatever ends the program.

    Devices, pipes and stdout are written as by `opened`.

    Args:
        target: the file.
        force: overwrite an existing file.

    Raises:
        NoSpaceError: the disk is full.
        UsageError: the file exists, or cannot be written.

    """
    if str(target) == STDOUT or (target.exists() and not target.is_file()):
        with opened(target) as write:
            yield write
        return
    if not force:
        require_new(target)
    target = Path(os.path.realpath(target))
    with _write_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        stream = target.open("w" if force else "x", **_TEXT)
    with _closed(stream, target):

        def write_through(text: str) -> None:
            with _write_errors(target):
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())

        yield write_through


def require_new(target: Path) -> None:
    """Refuse to replace a file.

    Raises:
        UsageError: the file exists.

    """
    if target.is_file():
        raise _is_there(target)


def _is_there(target: Path) -> UsageError:
    name = printable(str(target))
    return UsageError(f"{name} is there already", hint="choose another name, or add --force")


def require_writable(target: Path) -> None:
    """Check before any work that a file can be written, or its folder created.

    Raises:
        UsageError: it cannot.

    """
    folder = Path(os.path.realpath(target)).parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{printable(str(target))} cannot be written")


def _writer(stream: TextIO, target: Path) -> Sink:
    def write(text: str) -> None:
        with _write_errors(target):
            stream.write(text)

    return write


@contextmanager
def _closed(stream: TextIO, target: Path) -> Iterator[None]:
    """Close a file after the body; failing to flush is an error only if the body succeeded."""
    try:
        yield
        with _write_errors(target):
            stream.flush()
    finally:
        with suppress(OSError):
            stream.close()


@contextmanager
def _write_errors(target: Path) -> Iterator[None]:
    name = printable(str(target))
    try:
        yield
    except OSError as error:
        if isinstance(error, FileExistsError) and target.is_file():
            raise _is_there(target) from error
        if error.errno in FULL:
            raise NoSpaceError(f"the disk is full; {name} was not written") from error
        raise UsageError(f"{name} cannot be written: {error.strerror}") from error
