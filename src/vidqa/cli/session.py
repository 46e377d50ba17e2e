"""A model on the command line: found, loaded once, shown clips."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidqa.cli import parse
from vidqa.cli.clock import BEGUN_S
from vidqa.cli.model_choice import settled, settled_model
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.status import Teller
from vidqa.system.config import setting
from vidqa.system.footprint import CACHES

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model
    from vidqa.media.frames.read import Decoder
    from vidqa.media.reader import Reader
    from vidqa.media.sampling.strategies import Sampling
    from vidqa.media.speech.recognizer import Task
    from vidqa.media.viewing import Viewing
    from vidqa.media.words.sources import Wanted
    from vidqa.types import Maker, Marks


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Which model, and where it computes."""

    model: str | None
    """None: the best in the cache for this machine."""
    device: str
    dtype: str
    fit: bool

    @classmethod
    def read(
        cls, model: str | None, device: str | None, dtype: str | None, *, fit: bool
    ) -> "ModelOptions":
        """As typed; what was not is as it is set."""
        return cls(model, settled("device", device, "auto"), settled("dtype", dtype, "auto"), fit)


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """Which frames it is shown."""

    frames: int | None
    recipe: str
    sampling: "Sampling | None"
    span: tuple[float | None, float | None]
    """Begin and end, in seconds."""
    decoder: "Decoder"

    @classmethod
    def read(
        cls,
        frames: int | None,
        recipe: str,
        sample: str | None,
        start: str | None,
        end: str | None,
        decoder: str,
    ) -> "FrameOptions":
        """As typed. Raises UsageError for what makes no sense."""
        sampling = parse.read_sampling(sample)
        span = parse.read_span(start, end)
        return cls(frames, recipe, sampling, span, parse.read_decoder(decoder))


@dataclass(frozen=True, slots=True)
class WordOptions:
    """Which words it is shown."""

    subtitles: str | Path
    language: str | None
    task: "Task"
    speech: str | None
    text_track: str | None = None
    audio_track: str | None = None

    @classmethod
    def read(
        cls,
        subtitles: str,
        language: str | None,
        task: str,
        speech: str | None,
        text_track: str | None,
        audio_track: str | None,
    ) -> "WordOptions":
        """As typed; what was not is as it is set. Raises UsageError for what makes no sense."""
        heard_by = speech or setting("speech").value
        words = parse.read_subtitles(subtitles)
        return cls(words, language, parse.read_task(task), heard_by, text_track, audio_track)


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Which model, and how it is shown clips."""

    chosen: ModelOptions
    frames: FrameOptions
    words: WordOptions
    keep: bool
    """Whether anything of clips is kept on disk."""
    offline: bool = False
    """Offer no download."""
    caches: int = CACHES
    """How often memory holds a clip; see `engine.load`."""

    @property
    def settings(self) -> dict[str, Any]:
        """All of it that can change an answer, as it was given, for JSON."""
        return {
            **self.viewing.settings,
            "speech": self.words.speech,
            "fit": self.chosen.fit,
        }

    @property
    def viewing(self) -> "Viewing":
        """How clips are watched."""
        from vidqa.media.viewing import Viewing

        frames, words = self.frames, self.words
        start_s, end_s = frames.span
        return Viewing(
            frames=frames.frames,
            recipe=frames.recipe,
            sampling=frames.sampling,
            start_s=start_s,
            end_s=end_s,
            subtitles=words.subtitles,
            language=words.language,
            task=words.task,
            text_track=words.text_track,
            audio_track=words.audio_track,
            decoder=frames.decoder,
        )


@dataclass(slots=True)
class Watcher:
    """Loads the model, and watches with it."""

    options: WatchOptions
    teller: Teller
    model: str = ""
    """Its name, once it was chosen."""
    reader: "Reader | None" = field(default=None, init=False)

    def check(self, clips: tuple[str, ...]) -> None:
        """Find out what cannot work before the seconds that loading takes."""
        from vidqa.media.reader import Reader
        from vidqa.media.sampling.select import stretch
        from vidqa.models.inventory import locate

        self.reader = Reader()
        self.reader.warm()
        if len(clips) == 1:
            stretch(self.reader.probe(Path(clips[0])), *self.options.frames.span)
        chosen, words = self.options.chosen, self.options.words
        self.model = settled_model(
            chosen.model, chosen.device, self.teller, may_download=not self.options.offline
        )
        listens = words.subtitles == "speech" and words.speech is None
        locate(self.model, listens=listens)  # else there may be something to read
        if words.speech is not None:
            locate(words.speech)

    def marks(self, video: str) -> "Marks":
        """The fingerprints of a clip and of its subtitles."""
        from vidqa.media.marks import marks

        return marks(video, self._wanted, keep=self.options.keep)

    def subtitles_mark(self, video: str) -> str | None:
        """The fingerprints of the subtitle files that a clip's words may come from."""
        from vidqa.media.marks import subtitles_mark

        return subtitles_mark(video, self._wanted, keep=self.options.keep)

    @property
    def _wanted(self) -> "Wanted":
        return self.options.viewing.wanted

    def identify(self) -> "Maker":
        """What the model will say of itself, without loading it."""
        keep_libraries_off_the_network()
        silence_libraries()
        from vidqa import engine

        chosen = self.options.chosen
        return engine.identify(self.model, device=chosen.device, dtype=chosen.dtype)

    def load(self) -> "Model":
        """The model."""
        self.teller.stage("load")
        keep_libraries_off_the_network()
        silence_libraries()
        from vidqa import engine

        chosen = self.options.chosen
        start_s = time.monotonic() - BEGUN_S
        model = engine.load(
            self.model,
            device=chosen.device,
            dtype=chosen.dtype,
            frames=self.options.frames.frames,
            caches=self.options.caches,
            fit=chosen.fit,
            on_plan=self.teller.plan,
            speech=self.options.words.speech,
            reader=self.reader,
            keep=self.options.keep,
        )
        model.timings_s = {"start": start_s, **model.timings_s}
        return model

    def watch(
        self, model: "Model", video: str, span: tuple[float | None, float | None] | None = None
    ) -> "Clip":
        """A clip; or the part of it between two times, in seconds."""
        viewing = self.options.viewing
        if span is not None:
            viewing = replace(viewing, start_s=span[0], end_s=span[1])
        fetch = model.fetch(Path(video), viewing)
        return model.watched(video, fetch, viewing, notify=self.teller.stage)
