"""The model of a command: find it, load it once, watch clips with it."""

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vidqa.cli import BEGUN_S
from vidqa.cli.groups import WatchSetup
from vidqa.cli.model_choice import (
    connected,
    is_time_for_advice,
    likely_model,
    settled_model,
)
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.status import StatusReporter
from vidqa.system.config import setting
from vidqa.system.footprint import CACHES
from vidqa.system.remote.addresses import scheme_of

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model, RemoteModel
    from vidqa.engine.watch.early import EarlyWords
    from vidqa.media.places import Places
    from vidqa.media.reader import Reader
    from vidqa.models.resolve import LocalModel
    from vidqa.models.store.store import Store
    from vidqa.serve.socket.identity import Wanted
    from vidqa.serve.socket.remote import SocketModel
    from vidqa.types import Maker, Marks

SERVER_ADVISED = "advised-server"
"""A file in the cache directory: it was said that a server exists."""
SERVER_ADVICE = "note: while `vidqa serve` runs, it has the model loaded: questions are quicker"


@dataclass(slots=True)
class ModelSession:
    """Finds and loads the model, and watches with it."""

    setup: WatchSetup
    reporter: StatusReporter
    caches: int = CACHES
    """How often memory holds a clip; see `engine.load`."""
    asks_server: bool = False
    """Whether a server may answer about the only clip, if it has the same model loaded."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Of the clips that lie elsewhere, by their names."""
    model: "LocalModel | None" = field(default=None, init=False)
    """Once it was chosen and found."""
    store: "Store" = field(init=False)
    reader: "Reader | None" = field(default=None, init=False)
    remote: "SocketModel | None" = field(default=None, init=False)
    """The model of `vidqa serve`, if that answers."""
    engine: "RemoteModel | None" = field(default=None, init=False)
    """The model of `--engine`."""
    early: "EarlyWords | None" = field(default=None, init=False)
    """The words of the only clip, looked for while the model is loaded."""
    places: "Places" = field(init=False)

    def __post_init__(self) -> None:
        from vidqa.media.places import Places

        keep, request = self.setup.load.keep, self.setup.viewing.word_request
        self.places = Places(self.addresses, request, keep=keep)

    def check(self, clips: tuple[str, ...]) -> None:
        """Find what cannot work before spending seconds on loading; a server does that itself."""
        if len(clips) == 1 and clips[0] in self.addresses:
            self._check_copy(clips[0])
        else:
            self._check(clips)

    def _check_copy(self, clip: str) -> None:
        """Find what cannot work, then copy the only clip, and look into it."""
        self._check(())
        self.reporter.progress(f"copying {clip}")
        place = self.places.place(clip)
        place.need()
        with self.places.naming(clip):
            path = place.path()
            self._look_into(path)
        if self.model is not None:
            self._listen(path, self.model)

    def _check(self, clips: tuple[str, ...]) -> None:
        if self.setup.engine.engine is not None:
            self._connect(self.setup.engine.engine, clips)
        elif not (self.asks_server and self._is_served(clips)):
            self._check_here(clips)

    def _connect(self, url: str, clips: tuple[str, ...]) -> None:
        """Reach the server that is to answer; nothing of a clip is sent yet."""
        self._probe(clips)
        setup, store = self.setup, self.store
        per_minute = setup.engine.engine_rate
        how: dict[str, Any] = {"store": store, "reader": self.reader, "per_minute": per_minute}
        self.engine = connected(url, setup.model, setup.load, self.reporter, **how)
        from vidqa.engine.speech import require_ears

        require_ears(self.engine.spec, setup.viewing, setup.load.speech, store)

    def _probe(self, clips: tuple[str, ...]) -> None:
        """Look into the only clip, if it is one."""
        from vidqa.media.reader import Reader
        from vidqa.models.store.store import Store

        self.reader, self.store = Reader(), Store()
        self.reader.warm()
        if len(clips) == 1:
            self._look_into(Path(clips[0]))

    def _look_into(self, clip: Path) -> None:
        """Refuse a clip that is no video, or that is not as long as was asked for."""
        from vidqa.media.sampling.select import stretch

        assert self.reader is not None, "it is made first"
        viewing = self.setup.viewing
        stretch(self.reader.probe(clip), viewing.start_s, viewing.end_s)

    def _check_here(self, clips: tuple[str, ...]) -> None:
        self._probe(clips)
        setup = self.setup
        if likely := likely_model(setup.model, self.store):
            self._find(likely, clips)
        try:
            name = settled_model(
                setup.model, setup.load.device, self.reporter, may_download=setup.may_download
            )
        except BaseException:
            self._cancel_early()
            raise
        if name != likely:
            self._find(name, clips)

    @property
    def wanted(self) -> "Wanted":
        """What is loaded, as a server compares it."""
        from vidqa.serve.socket.identity import Wanted

        setup = self.setup
        named = setup.model or setting("model").value
        return Wanted.by(named, setup.load, frames=setup.viewing.frames, caches=self.caches)

    def _is_served(self, clips: tuple[str, ...]) -> bool:
        """Look for a server that answers as this command would."""
        from vidqa.serve.socket.address import VARIABLE
        from vidqa.serve.socket.client import NoServerError, Server, is_of_the_process
        from vidqa.serve.socket.remote import SocketModel

        try:
            server = Server.here()
        except NoServerError as error:
            if os.environ.get(VARIABLE):
                self.reporter.detail(f"no server is asked: {error}")
            if is_time_for_advice(SERVER_ADVISED, math.inf):
                self.reporter.note(SERVER_ADVICE)
            return False
        if any(map(is_of_the_process, (*clips, str(self.setup.viewing.subtitles)))):
            return False
        (clip,) = clips
        try:
            maker = server.hello(self.wanted, clip, self.setup.viewing)
        except NoServerError as error:
            self.reporter.detail(f"the server is not asked: {error}")
            return False
        self.remote = SocketModel(server, maker, self._watch_here)
        return True

    def _watch_here(self, video: str, why: str) -> "Clip":
        """Watch a clip after all, as the server is gone."""
        self.reporter.note(f"note: the server does not answer ({why}); the model is loaded here")
        self.remote = None
        self._check_here((video,))
        return self.watch(self.load(), video)

    def _find(self, name: str, clips: tuple[str, ...]) -> None:
        """Find the model, and begin to listen to the only clip, if it is one."""
        from vidqa.engine.speech import require_ears
        from vidqa.models.resolve import resolve

        self.model = resolve(name, self.store)
        require_ears(self.model.spec, self.setup.viewing, self.setup.load.speech, self.store)
        if len(clips) == 1:
            self._listen(Path(clips[0]), self.model)

    def _cancel_early(self) -> None:
        if self.early is not None:
            self.early.cancel()

    def _listen(self, clip: Path, model: "LocalModel") -> None:
        """Begin to listen: hearing needs no torch, which takes long to import."""
        self._keep_libraries_off_the_network()
        silence_libraries()
        from vidqa.engine.watch.early import listen_early

        assert self.reader is not None, "it probed the clip"
        setup = self.setup
        self.early = listen_early(
            clip, setup.viewing, model, setup.load, store=self.store, reader=self.reader
        )

    def marks(self, video: str) -> "Marks":
        """Return the fingerprints of a clip and of its subtitles."""
        return self.places.marks(video)

    def known_marks(self, video: str) -> "Marks":
        """Return the same, of a clip elsewhere only what is known of it already."""
        return self.places.marks(video, look=False)

    def subtitles_mark(self, video: str) -> str | None:
        """Return the fingerprints of the subtitle files that a clip's words may come from."""
        if self.remote is not None and video in self.remote.subtitles:
            return self.remote.subtitles[video]
        return self.places.subtitles_mark(video)

    def identify(self) -> "Maker":
        """Return what the model will say of itself, without loading it."""
        if (elsewhere := self.engine or self.remote) is not None:
            return elsewhere.maker
        self._keep_libraries_off_the_network()
        silence_libraries()
        from vidqa import engine

        load = self.setup.load
        return engine.identify(
            self._found, device=load.device, dtype=load.dtype, kv_cache=load.kv_cache
        )

    def load(self) -> "Model":
        """Load the model; a server's does for it what questions need."""
        if (elsewhere := self.engine or self.remote) is not None:
            return cast("Model", elsewhere)
        self.reporter.stage("load")
        self._keep_libraries_off_the_network()
        silence_libraries()
        from vidqa import engine

        start_s = time.monotonic() - BEGUN_S
        try:
            model = engine.load(
                self._found,
                self.setup.load,
                frames=self.setup.viewing.frames,
                caches=self.caches,
                on_plan=self.reporter.plan,
                store=self.store,
                reader=self.reader,
            )
        except BaseException:
            self._cancel_early()
            raise
        model.timings_s = {"start": start_s, **model.timings_s}
        if self.early is not None:
            model.adopt(self.early)
        return model

    def _keep_libraries_off_the_network(self) -> None:
        """Do so, unless clips lie on the Hub."""
        if not any(scheme_of(one) == "hf" for one in self.addresses.values()):
            keep_libraries_off_the_network()

    @property
    def _found(self) -> "LocalModel":
        assert self.model is not None, "it is checked before it is loaded"
        return self.model

    def watch(
        self, model: "Model", video: str, span: tuple[float | None, float | None] | None = None
    ) -> "Clip":
        """Watch a clip; or the part of it between two times, in seconds."""
        viewing = self.setup.viewing
        if span is not None:
            viewing = replace(viewing, start_s=span[0], end_s=span[1])
        fetch = model.fetch(self.places.place(video), viewing)
        return model.watched(video, fetch, viewing, notify=self.reporter.stage)
