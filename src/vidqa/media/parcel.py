"""Objects between processes: small ones as bytes, large arrays through shared memory."""

import os
import pickle
import socket
import tempfile
from multiprocessing.connection import Connection
from typing import Any

SHARED_BYTES = 1 << 16
"""Arrays of at least this size are not copied through the socket."""

HUGE_BYTES = 1 << 40
"""No parcel is larger than this; a length beyond it is nonsense."""


def send(connection: Connection, value: object) -> None:
    """Send an object; blocks while nobody reads.

    Raises:
        OSError: the other side is gone.

    """
    shared: list[memoryview] = []

    def keep_inside(buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        if view.nbytes < SHARED_BYTES:
            return True
        shared.append(view)
        return False

    content = pickle.dumps(value, protocol=5, buffer_callback=keep_inside)
    connection.send(tuple(view.nbytes for view in shared))
    connection.send_bytes(content)
    if shared:
        _send_memory(connection, shared)


def receive(connection: Connection) -> Any:
    """The next object; its arrays may be written to.

    Raises:
        EOFError: the other side is gone.
        OSError: so it is, in the middle of an object.

    """
    sizes: tuple[int, ...] = connection.recv()
    content = connection.recv_bytes()
    buffers = _receive_memory(connection, sizes) if sizes else ()
    return pickle.loads(content, buffers=buffers)


def _send_memory(connection: Connection, views: list[memoryview]) -> None:
    with _anonymous_file() as file, _socket(connection) as channel:
        for view in views:
            file.write(view)
        file.flush()
        socket.send_fds(channel, [b"m"], [file.fileno()])


def _receive_memory(connection: Connection, sizes: tuple[int, ...]) -> list[memoryview]:
    assert 0 < sum(sizes) < HUGE_BYTES, "a parcel of a sensible size"
    with _socket(connection) as channel:
        _, (descriptor,), *_ = socket.recv_fds(channel, 1, 1)
    # copied out rather than mapped: a mapping would keep a descriptor for every picture kept
    memory = memoryview(bytearray(sum(sizes)))
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor, not a path
        file.seek(0)
        filled = 0
        while filled < len(memory):
            count = file.readinto(memory[filled:])
            if not count:
                raise EOFError("shared memory ends early")
            filled += count
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    return [memory[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _anonymous_file() -> Any:
    """A file without a name, in memory where the system has such."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("vidqa"), "wb")  # noqa: PTH123 - a descriptor, not a path
    return tempfile.TemporaryFile()


def _socket(connection: Connection) -> socket.socket:
    """The connection's own socket, for what only a socket can carry."""
    return socket.socket(fileno=os.dup(connection.fileno()))
