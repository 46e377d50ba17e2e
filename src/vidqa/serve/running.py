"""Run a server until somebody ends it, or nobody needs it any more."""

import asyncio
import hashlib
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvicorn

from vidqa.engine import Model
from vidqa.errors import UsageError, VidqaError
from vidqa.models.choose import choose_model
from vidqa.models.resolve import resolve
from vidqa.models.store.store import Store
from vidqa.serve.desk.bench import Bench
from vidqa.serve.desk.desk import Desk
from vidqa.serve.desk.metrics import Metrics
from vidqa.serve.http.application import application
from vidqa.serve.http.office import Office
from vidqa.serve.http.roots import Roots
from vidqa.serve.settings import ServeSettings
from vidqa.serve.socket.address import WAITING, claimed
from vidqa.serve.socket.identity import Wanted
from vidqa.system import paths
from vidqa.types.loading import LoadSettings

ENDING_S = 3
"""Seconds that open connections have, once the server ends."""
POLL_S = 0.2
MORE_OPEN = 16
"""Connections beside those that wait for answers."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server can be met."""

    url: str
    socket: Path


def serve(
    load_model: Callable[[], Model],
    wanted: Wanted,
    load: LoadSettings,
    settings: ServeSettings,
    on_ready: Callable[[Place, Model], object],
) -> None:
    """Answer until the server is ended.

    Args:
        load_model: loads the model, once it is sure that the server can run.
        wanted: what was loaded, as commands compare it.
        load: how it is loaded.
        settings: where it listens.
        on_ready: called once requests are answered.

    Raises:
        UsageError: another server is there, the port is taken, or a folder does not exist.
        ModelError: see `load_model`.

    """
    with ExitStack() as stack:
        own = stack.enter_context(claimed(settings.socket))
        tcp = stack.enter_context(listening(settings.host, settings.port))
        uploads = stack.enter_context(emptied(uploads_of(settings.socket)))
        roots = Roots.of(settings.roots, most_bytes=settings.most_bytes, uploads=uploads)
        model = load_model()
        mine = replace(wanted, frames=wanted.frames or model.spec.frames)
        office = office_of(model, mine, load, roots, most_waiting=settings.most_waiting)
        server = _Server(office.desk, settings.idle_s)
        place = Place(_url(tcp), settings.socket)
        server.set_up(
            application(
                office,
                hosts=settings.hosts,
                token=settings.token,
                differs=_Comparing(mine, model).differs,
                stop=server.end,
            ),
            lambda: on_ready(place, model),
            most_open=2 * settings.most_waiting + MORE_OPEN,
        )
        with _signals_ignored():
            server.run(sockets=[tcp, own])


def office_of(
    model: Model, mine: Wanted, load: LoadSettings, roots: Roots, *, most_waiting: int
) -> Office:
    """Return a server's parts around a model.

    Args:
        model: loaded.
        mine: what was loaded, with the frames that memory was planned for.
        load: how it was loaded.
        roots: which files may be named.
        most_waiting: jobs that wait, at most.

    """
    metrics = Metrics()
    desk = Desk(Bench(model, metrics), metrics, most_waiting=most_waiting)
    named, frames = mine.model or model.name, mine.frames or model.spec.frames
    return Office(desk, roots, metrics, model.maker, named, frames, load)


class _Server(uvicorn.Server):
    """One that gives its jobs up when it ends, and ends when it is idle for long."""

    def __init__(self, desk: Desk, idle_s: float | None) -> None:
        self._desk, self._idle_s = desk, idle_s
        self._on_ready: Callable[[], object] = lambda: None

    def set_up(self, app: Any, on_ready: Callable[[], object], *, most_open: int) -> None:
        """Take the application, which knows how to end the server."""
        self._on_ready = on_ready
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=ENDING_S,
                limit_concurrency=most_open,
            )
        )

    def end(self) -> None:
        """End soon."""
        self._desk.give_up()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: Any) -> None:
        """End on a signal."""
        self._desk.give_up()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()
            self._watch = asyncio.ensure_future(self._end_when_idle())

    async def _end_when_idle(self) -> None:
        while self._idle_s is not None:
            await asyncio.sleep(min(POLL_S, self._idle_s))
            if self._desk.idle_s >= self._idle_s:
                self.end()
                return


@dataclass(frozen=True, slots=True)
class _Comparing:
    """Compares what commands want with what was loaded."""

    mine: Wanted
    model: Model

    async def differs(self, wanted: Wanted) -> str | None:
        """Return why a command would not have loaded this model; None if it would."""
        return wanted.differs(self.mine) or await asyncio.to_thread(self._other_model, wanted)

    def _other_model(self, wanted: Wanted) -> str | None:
        try:
            device = self.mine.load["device"]
            name = wanted.model or choose_model(device).name
            local = resolve(name, Store())
        except VidqaError as error:
            return error.message
        loaded = self.model.name, self.model.revision
        if (local.spec.name, local.revision) == loaded:
            return None
        return f"it has {self.model.name} loaded, not {local.spec.name}"


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen at an address. Raises UsageError if that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tcp.bind((host, port))
        except OSError as error:
            message = f"nothing can listen at {host} port {port}: {error.strerror or error}"
            raise UsageError(message, hint="--port 0 takes a free one") from error
        tcp.listen(WAITING)
        yield tcp


def _url(tcp: socket.socket) -> str:
    host, port = tcp.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def uploads_of(socket_path: Path) -> Path:
    """Return the folder of what is sent to a server: on a disk, and no other server's."""
    name = hashlib.sha256(bytes(socket_path.absolute())).hexdigest()[:12]
    return paths.cache_dir() / "uploads" / name


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """Have an empty folder for the body; what a killed server left in it is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _signals_ignored() -> Iterator[None]:
    """Let the server end in order: it raises the signal that ended it once more afterwards."""
    if threading.current_thread() is not threading.main_thread():  # nobody sends it signals
        yield
        return
    both = (signal.SIGINT, signal.SIGTERM)
    before = {one: signal.signal(one, lambda *_: None) for one in both}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
