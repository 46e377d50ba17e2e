"""Start and stop the server."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vidqa.cli.groups import WatchSetup
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.session import ModelSession
from vidqa.errors import UsageError
from vidqa.serve.settings import ServeSettings
from vidqa.types.exit_codes import ExitCode

if TYPE_CHECKING:
    from vidqa.engine import Model
    from vidqa.serve.running import Place

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
    while server.path.exists():
        if time.monotonic() > deadline:
            raise UsageError(f"the server (process {pid}) has not ended yet", hint=f"kill {pid}")
        time.sleep(POLL_S)
    return f"the server (process {pid}) has ended"
