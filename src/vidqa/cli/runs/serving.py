"""Start and stop the server."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from vidqa.cli.groups import WatchSetup
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.session import ModelSession
from vidqa.errors import UsageError
from vidqa.serve.settings import MOST_WAITING, ServeSettings
from vidqa.types.exit_codes import ExitCode

if TYPE_CHECKING:
    from vidqa.engine import Model
    from vidqa.serve.http.office import Office
    from vidqa.serve.http.roots import Roots
    from vidqa.serve.running import Place
    from vidqa.serve.socket.client import Server

ENDS_WITHIN_S = 30.0
POLL_S = 0.1


@dataclass(slots=True)
class ServeRun:
    """One server, as long as it runs."""

    settings: ServeSettings
    setup: WatchSetup
    caches: int
    """How often memory holds a clip."""
    reporter: StatusReporter

    def run(self) -> ExitCode:
        """Load the model, and answer until the server is ended."""
        session = ModelSession(self.setup, self.reporter, self.caches)
        with self.reporter.stages():
            session.check(())
            from vidqa.serve.running import serve

            serve(session.load, session.wanted, self.setup.load, self.settings, self._tell)
        return ExitCode.ANSWERED

    def _tell(self, place: "Place", model: "Model") -> None:
        maker = model.maker
        self.reporter.note(
            f"{maker.model}@{maker.revision[:12]} on {maker.device} answers at {place.url}/v1 and "
            f"{place.socket}; vidqa serve --stop ends it"
        )


@dataclass(slots=True)
class ToolRun:
    """A server of tools, as long as its stdin is open."""

    folders: Sequence[Path]
    setup: WatchSetup
    caches: int
    reporter: StatusReporter

    def run(self) -> ExitCode:
        """Find the model, and load it when the first tool needs it."""
        try:
            from vidqa.serve.http.roots import Roots
            from vidqa.serve.tools import tool_server
        except ImportError as error:
            raise UsageError(
                f"a library is missing: {error.name}", hint="pip install 'vidqa[mcp]'"
            ) from error
        session = ModelSession(self.setup, self.reporter, self.caches)
        session.check(())
        with TemporaryDirectory() as spare:
            roots = Roots.of(self.folders, most_bytes=0, uploads=Path(spare))
            server = tool_server(partial(self._opened, session, roots))
            server.run()
        return ExitCode.ANSWERED

    def _opened(self, session: ModelSession, roots: "Roots") -> "Office":
        from vidqa.serve.running import office_of

        model = session.load()
        office = office_of(model, session.wanted, self.setup.load, roots, most_waiting=MOST_WAITING)
        office.desk.start()
        return office


def _process(server: "Server") -> int | None:
    """Return the process of a server; None if it has ended."""
    from vidqa.serve.socket.client import NoServerError

    try:
        return int(server.call("status")["pid"])
    except NoServerError:
        return None


def stop_server() -> str:
    """End the server that runs, and wait until it has; say so.

    Raises:
        UsageError: there is none, or it does not end.

    """
    from vidqa.serve.socket.client import NoServerError, Server

    try:
        server = Server.here()
        pid = server.call("status")["pid"]
        server.call("stop", {})
    except NoServerError as error:
        raise UsageError(f"no server was ended: {error}", hint="vidqa serve starts one") from error
    deadline = time.monotonic() + ENDS_WITHIN_S
    while _process(server) == pid:
        if time.monotonic() > deadline:
            raise UsageError(f"the server (process {pid}) has not ended yet", hint=f"kill {pid}")
        time.sleep(POLL_S)
    return f"the server (process {pid}) has ended"
