"""A server with a tiny random model, in a thread of the test's own process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from servers import Running, Start

from clips import make_clip
from tiny import talkative, vidqa_folder
from vidqa.engine import Model, load
from vidqa.serve.running import Place, serve
from vidqa.serve.settings import ServeSettings
from vidqa.serve.socket.address import server_socket
from vidqa.serve.socket.client import NoServerError, Server
from vidqa.serve.socket.identity import Wanted
from vidqa.types.loading import LoadSettings


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talkative(vidqa_folder(tmp_path_factory.mktemp("served")))


@pytest.fixture(scope="session")
def model(model_folder: Path) -> Model:
    return load(str(model_folder), keep=True)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Two clips with words beside one, and a file that is none."""
    clips = tmp_path / "clips"
    clips.mkdir()
    for name, count in (("one", 12), ("two", 20)):
        make_clip(clips / f"{name}.mp4", [100 * number for number in range(count)])
    (clips / "one.srt").write_text("1\n00:00:00,200 --> 00:00:00,900\nThe roses are red.\n")
    (clips / "broken.mp4").write_bytes(b"no video " * 1000)
    return clips


@pytest.fixture
def start(model: Model, model_folder: Path, clips: Path) -> Start:
    """Start servers; each ends with the body."""

    @contextmanager
    def started(**how: Any) -> Iterator[Running]:
        socket = server_socket()
        assert socket is not None
        settings = ServeSettings(
            **{
                "socket": socket,
                "host": "127.0.0.1",
                "port": 0,
                "token": None,
                "roots": (clips,),
                "most_bytes": 1_000_000,
                "idle_s": None,
                **how,
            }
        )
        load = LoadSettings()
        wanted = Wanted.by(str(model_folder), load, frames=None, caches=4)
        places, failed = list[Place](), list[BaseException]()

        def run() -> None:
            try:
                serve(lambda: model, wanted, load, settings, lambda place, _: places.append(place))
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 60
        while not places and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        if failed:
            raise failed[0]
        assert places, "it answers within a minute"
        running = Running(places[0], model_folder, clips, thread, failed)
        try:
            yield running
        finally:
            with suppress(NoServerError):
                Server(socket).call("stop", {})
            thread.join(20)
            assert not thread.is_alive()

    return started


@pytest.fixture
def server(start: Start) -> Iterator[Running]:
    with start() as running:
        yield running
