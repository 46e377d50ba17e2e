"""A command's side of the socket: requests to the user's server."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from vidqa.media.viewing import Viewing
from vidqa.serve.socket.address import server_socket
from vidqa.serve.socket.identity import Wanted
from vidqa.serve.socket.names import Names
from vidqa.serve.socket.wire import END, GONE, error_of, written_viewing
from vidqa.system.paths import is_own
from vidqa.types import Maker

GREETING_S = 20.0
"""Seconds that a server may take to say whether it is the right one."""


OF_A_PROCESS = ("/dev", "/proc")
"""Folders with files that are others for each process."""


def is_of_the_process(file: str) -> bool:
    """Return whether a file may be another one for a server, such as `/dev/stdin`."""
    return any(Path(os.path.realpath(file)).is_relative_to(one) for one in OF_A_PROCESS) or any(
        Path(file).absolute().is_relative_to(one) for one in OF_A_PROCESS
    )


class NoServerError(Exception):
    """There is no server, it would answer otherwise, or it has no time; the message says which."""


class _Connection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout_s: float | None) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True, slots=True)
class Server:
    """A server at a socket."""

    path: Path

    @classmethod
    def here(cls) -> "Server":
        """Return the user's own. Raises NoServerError."""
        path = server_socket()
        if path is None or not path.is_socket() or not is_own(path.parent):
            raise NoServerError("there is none")
        return cls(path)

    def call(self, route: str, body: Any = None) -> Any:
        """Return the answer to a request. Raises NoServerError."""
        try:
            with closing(_Connection(self.path, GREETING_S)) as connection:
                return json.loads(self._sent(connection, route, body).read())
        except (OSError, HTTPException, ValueError) as error:
            raise NoServerError("nobody answers at its socket") from error

    def lines(self, route: str, body: Any) -> Iterator[Any]:
        """Yield the lines of an answer as they come.

        Raises:
            NoServerError: it refuses, or is gone in the middle.

        """
        try:
            with closing(_Connection(self.path, None)) as connection:
                response = self._sent(connection, route, body)
                while line := response.readline():
                    if (said := json.loads(line)) == END:
                        return
                    if GONE in said:
                        raise NoServerError(said[GONE])
                    yield said
                raise NoServerError("it went away")
        except (OSError, HTTPException, ValueError) as error:
            raise NoServerError("it went away") from error

    def _sent(self, connection: _Connection, route: str, body: Any) -> HTTPResponse:
        method = "GET" if body is None else "POST"
        content = None if body is None else json.dumps(body)
        connection.request(method, f"/socket/{route}", content)
        response = connection.getresponse()
        if response.status != 200:
            raise NoServerError(f"it refuses ({response.status})")
        return response

    def hello(self, wanted: Wanted, clip: str, viewing: Viewing) -> Maker:
        """Return the model of the server.

        Args:
            wanted: what this command would load.
            clip: it is looked into first.
            viewing: how it is watched.

        Raises:
            NoServerError: it would answer otherwise.
            VideoError, UsageError: the clip cannot be watched so.

        """
        said = self.call(
            "hello",
            {
                "wanted": asdict(wanted),
                "clip": str(Path(clip).absolute()),
                "viewing": written_viewing(viewing),
            },
        )
        if "differs" in said:
            raise NoServerError(said["differs"])
        if "error" in said:
            raise Names.of(clip, viewing).as_typed(error_of(said["error"]))
        return Maker(**said["maker"])
