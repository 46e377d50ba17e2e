"""The model of a command: find it, load it once, watch clips with it."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vidqa.cli import BEGUN_S
from vidqa.cli.groups import WatchOptions
from vidqa.cli.model_choice import settled_model
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.status import Teller
from vidqa.system.footprint import CACHES

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model
    from vidqa.media.reader import Reader
    from vidqa.media.words.sources import Wanted
    from vidqa.types import Maker, Marks


@dataclass(slots=True)
class Watcher:
    """The loader of the model, which also watches clips with it."""

    options: WatchOptions
    teller: Teller
    caches: int = CACHES
    """KV caches of a clip held in memory at once; see `engine.load`."""
    model: str = ""
    """Name of the model, once chosen."""
    reader: "Reader | None" = field(default=None, init=False)

    def check(self, clips: tuple[str, ...]) -> None:
        """Find what cannot work before spending seconds on loading."""
        from vidqa.media.reader import Reader
        from vidqa.media.sampling.select import stretch
        from vidqa.models.inventory import locate

        self.reader = Reader()
        self.reader.warm()
        if len(clips) == 1:
            viewing = self.options.viewing
            stretch(self.reader.probe(Path(clips[0])), viewing.start_s, viewing.end_s)
        options, speech = self.options, self.options.heard_by
        device, may_download = options.chosen_device, options.may_download
        self.model = settled_model(options.model, device, self.teller, may_download=may_download)
        listens = options.subtitles == "speech" and speech is None
        locate(self.model, listens=listens)  # else there may be subtitles to read
        if speech is not None:
            locate(speech)

    def marks(self, video: str) -> "Marks":
        """Return the fingerprints of a clip and of its subtitles."""
        from vidqa.media.marks import marks

        return marks(video, self._wanted, keep=not self.options.no_cache)

    def subtitles_mark(self, video: str) -> str | None:
        """Return the fingerprints of the subtitle files that a clip's words may come from."""
        from vidqa.media.marks import subtitles_mark

        return subtitles_mark(video, self._wanted, keep=not self.options.no_cache)

    @property
    def _wanted(self) -> "Wanted":
        return self.options.viewing.wanted

    def identify(self) -> "Maker":
        """Return how the model will identify itself, without loading it."""
        keep_libraries_off_the_network()
        silence_libraries()
        from vidqa import engine

        return engine.identify(
            self.model, device=self.options.chosen_device, dtype=self.options.chosen_dtype
        )

    def load(self) -> "Model":
        """Load the model."""
        self.teller.stage("load")
        keep_libraries_off_the_network()
        silence_libraries()
        from vidqa import engine

        start_s = time.monotonic() - BEGUN_S
        model = engine.load(
            self.model,
            device=self.options.chosen_device,
            dtype=self.options.chosen_dtype,
            frames=self.options.frames,
            caches=self.caches,
            fit=self.options.fit,
            on_plan=self.teller.plan,
            speech=self.options.heard_by,
            reader=self.reader,
            keep=not self.options.no_cache,
        )
        model.timings_s = {"start": start_s, **model.timings_s}
        return model

    def watch(
        self, model: "Model", video: str, span: tuple[float | None, float | None] | None = None
    ) -> "Clip":
        """Watch a clip, or the part of it between two times, in seconds."""
        viewing = self.options.viewing
        if span is not None:
            viewing = replace(viewing, start_s=span[0], end_s=span[1])
        fetch = model.fetch(Path(video), viewing)
        return model.watched(video, fetch, viewing, notify=self.teller.stage)
