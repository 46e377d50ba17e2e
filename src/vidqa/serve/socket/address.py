"""Where a user's server is met: a Unix socket that nobody else can open."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vidqa.errors import UsageError
from vidqa.system import paths
from vidqa.system.paths import is_own

VARIABLE = "VIDQA_SERVER"
"""Names a socket, or is `off`."""
OFF = "off"
NAME = "server.sock"
OWN = 0o700
"""The mode of the socket's folder: its owner's alone."""
WAITING = 128
"""Connections that wait until they are taken."""


def server_socket() -> Path | None:
    """Return the socket of the user's server, whether there is one or not; None if it is `off`.

    Raises:
        UsageError: there is no home directory.

    """
    named = os.environ.get(VARIABLE)
    if named == OFF:
        return None
    return Path(named) if named else paths.runtime_dir() / NAME


@contextmanager
def claimed(path: Path) -> Iterator[socket.socket]:
    """Listen at a socket as its only server; what a killed one left is removed.

    Raises:
        UsageError: another server is there, or the folder is not the user's own.

    """
    from filelock import FileLock, Timeout

    folder = path.parent
    try:
        folder.mkdir(mode=OWN, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from error
    if not is_own(folder):
        raise UsageError(
            f"{folder} can be entered by others", hint=f"chmod 700 {folder}, or set {VARIABLE}"
        )
    lock = FileLock(path.with_suffix(".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"a server is at {path} already",
            hint=f"vidqa serve --stop ends it; {VARIABLE}=PATH is a socket for another",
        ) from error
    try:
        path.unlink(missing_ok=True)
        with _bound(path) as listening:
            yield listening
    finally:
        path.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        try:
            listening.bind(str(path))
        except OSError as error:  # a path of more than 107 bytes, or a full disk
            message = f"there can be no socket {path}: {error}"
            raise UsageError(message, hint=f"set {VARIABLE} to a shorter path") from error
        path.chmod(0o600)
        listening.listen(WAITING)
        yield listening
