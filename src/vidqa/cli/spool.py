"""Spool stdin and pipes into files: `-`, `/dev/stdin`, `/dev/fd/N` and named pipes.

A pipe can be read only once and in order, but reading a clip needs seeking: its content is first
written to a temporary file, which is deleted when the program ends.
"""

import atexit
import os
import shutil
import signal
import stat
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import BinaryIO

from vidqa.errors import NoSpaceError, UsageError
from vidqa.system.texts import STDIN

LIMIT_BYTES = 16 << 30
"""Bytes read from a pipe at most: more than a film at the best quality; it may be endless."""
BLOCK_BYTES = 1 << 20
LONGEST_TITLE_BYTES = 200


def spooled(name: str) -> str:
    """Return a file with the content of what is named: the name itself if it is a file.

    Raises:
        UsageError: it is empty, a terminal or too large, or it cannot be read.
        NoSpaceError: there is no room for it.

    """
    source = _source(name)
    if source is None:
        return name
    if source == STDIN and sys.stdin.isatty():
        raise UsageError("stdin is a terminal; a file is wanted there")
    return _redirected() or _written(STDIN) if source == STDIN else _written(source)


def is_stdin(name: str) -> bool:
    """Return whether a name stands for stdin."""
    return name in (STDIN, "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")


def _source(name: str) -> str | None:
    """Return what must be copied; None if the name can be used as it is."""
    if is_stdin(name):
        return STDIN
    try:
        return name if stat.S_ISFIFO(Path(name).stat().st_mode) else None
    except (OSError, ValueError):
        return None  # whoever opens it reports the error


def _redirected() -> str | None:
    """Return the file that stdin is (`< clip.mp4`), if the system reveals its name."""
    try:
        status, path = os.fstat(sys.stdin.fileno()), Path("/proc/self/fd/0").resolve()
        return str(path) if os.path.samestat(path.stat(), status) and path.is_file() else None
    except (OSError, ValueError):
        return None


@cache
def _written(source: str) -> str:
    """Copy a pipe to a file, once: a pipe that is named twice gives the same file."""
    title = "stdin" if source == STDIN else source.strip("/").replace("/", "-")
    own = Path(tempfile.mkdtemp(dir=_folder()))  # two pipes may have one title
    target = own / os.fsdecode(os.fsencode(title)[-LONGEST_TITLE_BYTES:])
    if source == STDIN:
        reader = getattr(sys.stdin, "buffer", None)
        if reader is None:
            raise UsageError("stdin is closed; a file is wanted there")
        _copy(reader, target, "stdin")
    else:
        try:
            with Path(source).open("rb") as stream:
                _copy(stream, target, source)
        except OSError as error:
            raise UsageError(f"{source!r} cannot be read: {error.strerror}") from error
    return str(target)


def _copy(reader: BinaryIO, target: Path, name: str) -> None:
    size_bytes = 0
    try:
        with target.open("wb") as stream:
            while block := reader.read(BLOCK_BYTES):
                size_bytes += len(block)
                if size_bytes > LIMIT_BYTES:
                    raise UsageError(f"more than {LIMIT_BYTES >> 30} GiB came from {name}")
                stream.write(block)
    except OSError as error:
        raise NoSpaceError(
            f"what comes from {name} cannot be kept in {target.parent}: {error.strerror}",
            hint="set TMPDIR to a folder with more room",
        ) from error
    if not size_bytes:
        raise UsageError(f"nothing came from {name}")


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="vidqa-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

    def end(number: int, _: object) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    if threading.current_thread() is threading.main_thread():
        for one in (signal.SIGTERM, signal.SIGHUP):  # signals that end a process without `atexit`
            if signal.getsignal(one) is signal.SIG_DFL:
                signal.signal(one, end)
    return folder
