"""How clips are watched."""

from dataclasses import dataclass
from typing import Any

from vidqa.media.frames.read import Decoder
from vidqa.media.sampling.strategies import Sampling
from vidqa.media.speech.recognizer import Task
from vidqa.media.words.sources import Subtitles, Wanted
from vidqa.types import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChoice:
    """Which words of a clip are shown; see `Model.watch`."""

    subtitles: Subtitles = "auto"
    language: str | None = None
    task: Task = "transcribe"
    text_track: str | None = None
    audio_track: str | None = None

    @property
    def wanted(self) -> Wanted:
        """The same, checked. Raises UsageError as `Wanted.parse` does."""
        return Wanted.parse(
            self.subtitles,
            self.language,
            self.task,
            text_track=self.text_track,
            audio_track=self.audio_track,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing(WordChoice):
    """Which frames and words of a clip are shown; see `Model.watch`."""

    frames: int | None = None
    recipe: str = "vidqa"
    sampling: Sampling | None = None
    start_s: float | None = None
    end_s: float | None = None
    decoder: Decoder = "auto"
    blank: bool = False
    words: Words | None = None
    """Those said, where they are known already: then nobody reads or listens."""
    keep_places: bool = False
    """Keep what the tower says before it is projected, for training."""

    @property
    def settings(self) -> dict[str, Any]:
        """All that can change an answer, as it was given, for JSON."""
        return {
            "frames": self.frames,
            "recipe": self.recipe,
            "sample": None if self.sampling is None else str(self.sampling),
            "start_s": self.start_s,
            "end_s": self.end_s,
            "decoder": self.decoder,
            "subtitles": str(self.subtitles),
            "language": self.language,
            "task": self.task,
            "text_track": self.text_track,
            "audio_track": self.audio_track,
        }
