"""Send messages between processes: bytes through a socket, large arrays in shared memory.

Jobs are sent to a worker pickled; its messages come back as plain data, as it is not trusted.
"""

import json
import os
import pickle
import socket
import stat
import struct
import tempfile
from collections.abc import Sequence
from itertools import accumulate
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from vidqa.media.worker.messages import Job, More
from vidqa.media.worker.plain import decode, encode
from vidqa.system.texts import from_json

SHARED_BYTES = 1 << 16
"""Bytes of a message's arrays, together, from which they travel in shared memory."""

MOST_BYTES = 4 << 30
"""Bytes of a message's arrays at most, as no worker may allocate more."""

MOST_TEXT_BYTES = 32 << 20
"""Bytes of a message's text at most: ten times the subtitles of a very long film."""


def send_job(connection: Connection, job: Job | More) -> None:
    """Send a worker a job or a request; blocks while it does not read.

    Raises:
        OSError: the other side is gone.

    """
    connection.send_bytes(pickle.dumps(job, protocol=5))


def receive_job(connection: Connection) -> Any:
    """Receive a job or request in a worker. Raises EOFError or OSError if the parent is gone."""
    return pickle.loads(connection.recv_bytes())


def send(connection: Connection, value: object) -> None:
    """Send a worker's message; see `plain.encode`. Blocks while nobody reads.

    Raises:
        OSError: the other side is gone.
        TypeError: it is not a plain value.

    """
    content, arrays = encode(value)
    sizes = [array.nbytes for array in arrays]
    views = [array.reshape(-1).view(np.uint8).data for array in arrays if array.size]
    connection.send_bytes(json.dumps(sizes).encode())
    connection.send_bytes(content)
    if sum(sizes) >= SHARED_BYTES:
        _send_memory(connection, views)
    elif views:
        connection.send_bytes(b"".join(views))


def receive(connection: Connection) -> Any:
    """Receive a worker's next message; its arrays are writable.

    Raises:
        EOFError: the worker is gone.
        OSError: the worker went away in the middle of a message.
        ValueError: it is not a message.

    """
    sizes = _sizes(connection.recv_bytes(MOST_TEXT_BYTES))
    content = connection.recv_bytes(MOST_TEXT_BYTES)
    return decode(content, _split(_memory(connection, sum(sizes)), sizes))


def limit_silence(connection: Connection, seconds: int) -> None:
    """Make messages fail with an OSError if the other side neither sends nor reads for so long."""
    with _socket(connection) as channel:
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            channel.setsockopt(socket.SOL_SOCKET, way, struct.pack("@ll", seconds, 0))


def _sizes(head: bytes) -> list[int]:
    """Return the size in bytes of each array."""
    sizes = from_json(head)
    if not isinstance(sizes, list) or not all(type(one) is int and one >= 0 for one in sizes):
        raise ValueError("no sizes")
    if sum(sizes) > MOST_BYTES:
        raise ValueError("more than a worker may have")
    return sizes


def _memory(connection: Connection, size: int) -> memoryview:
    """Receive the bytes of all arrays."""
    if size >= SHARED_BYTES:
        return _receive_memory(connection, size)
    content = bytearray(connection.recv_bytes(SHARED_BYTES) if size else b"")
    if len(content) != size:
        raise ValueError("arrays of another size")
    return memoryview(content)


def _split(memory: memoryview, sizes: Sequence[int]) -> list[memoryview]:
    return [memory[end - size : end] for end, size in zip(accumulate(sizes), sizes, strict=True)]


def _send_memory(connection: Connection, views: list[memoryview]) -> None:
    with _anonymous_file() as file, _socket(connection) as channel:
        for view in views:
            file.write(view)
        file.flush()
        socket.send_fds(channel, [b"m"], [file.fileno()])


def _receive_memory(connection: Connection, size: int) -> memoryview:
    with _socket(connection) as channel:
        _, descriptors, *_ = socket.recv_fds(channel, 1, 1)
    if not descriptors:
        raise EOFError("no shared memory came")
    with open(descriptors[0], "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor, not a path
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            raise ValueError("shared memory of another kind or size")
        # copied out rather than mapped: a mapping would hold a descriptor for every frame held
        memory = memoryview(bytearray(size))
        file.seek(0)
        filled = 0
        while filled < len(memory):
            count = file.readinto(memory[filled:])
            if not count:
                raise EOFError("shared memory ends early")
            filled += count
    return memory


def _anonymous_file() -> Any:
    """Open a file without a name, in memory if the system supports it."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("vidqa"), "wb")  # noqa: PTH123 - a descriptor, not a path
    return tempfile.TemporaryFile()


def _socket(connection: Connection) -> socket.socket:
    """Return the connection's socket, for what only a socket can carry."""
    return socket.socket(fileno=os.dup(connection.fileno()))
