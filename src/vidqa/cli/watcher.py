"""A model on the command line: found, loaded once, shown clips."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vidqa.cli.libraries import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.settled import settled_model
from vidqa.cli.tell import Teller

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model
    from vidqa.media.frames import Decoder
    from vidqa.media.reader import Reader
    from vidqa.media.sampling import Sampling
    from vidqa.media.transcribe import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """Which model, and how it is shown clips."""

    model: str | None
    """None: the best in the cache for this machine."""
    device: str
    dtype: str
    fit: bool
    frames: int | None
    recipe: str
    sampling: "Sampling | None"
    start_s: float | None
    end_s: float | None
    subtitles: str | Path
    language: str | None
    task: "Task"
    speech: str | None
    decoder: "Decoder"
    keep: bool
    """Whether anything of clips is kept on disk."""
    offline: bool = False
    """Offer no download."""


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
        from vidqa.tasks.pull import locate

        self.reader = Reader()
        self.reader.warm()
        if len(clips) == 1:
            self.reader.probe(Path(clips[0]))
        self.model = settled_model(
            self.options.model,
            self.options.device,
            self.teller,
            may_download=not self.options.offline,
        )
        listens = self.options.subtitles == "speech" and self.options.speech is None
        locate(self.model, listens=listens)  # else there may be something to read
        if self.options.speech is not None:
            locate(self.options.speech)

    def load(self) -> "Model":
        """The model."""
        self.teller.stage("load")
        keep_libraries_off_the_network()
        silence_libraries()
        from vidqa import engine

        return engine.load(
            self.model,
            device=self.options.device,
            dtype=self.options.dtype,
            frames=self.options.frames,
            fit=self.options.fit,
            on_plan=self.teller.plan,
            speech=self.options.speech,
            reader=self.reader,
            keep=self.options.keep,
        )

    def watch(
        self, model: "Model", video: str, span: tuple[float | None, float | None] | None = None
    ) -> "Clip":
        """A clip; or the part of it between two times, in seconds."""
        options = self.options
        start_s, end_s = span or (options.start_s, options.end_s)
        return model.watch(
            video,
            frames=options.frames,
            recipe=options.recipe,
            sampling=options.sampling,
            start_s=start_s,
            end_s=end_s,
            subtitles=options.subtitles,
            language=options.language,
            task=options.task,
            decoder=options.decoder,
            notify=self.teller.stage,
        )
