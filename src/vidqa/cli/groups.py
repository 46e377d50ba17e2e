"""Groups of options that commands share: in each command that has a group, all its fields are."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from vidqa.cli import options, parse, run_options
from vidqa.cli.model_choice import settled
from vidqa.system.config import setting
from vidqa.tasks.folders.clip_list import ClipList

if TYPE_CHECKING:
    from vidqa.media.viewing import Viewing


@dataclass(frozen=True, kw_only=True)
class ClipOptions:
    """Which clips, beside the words of the command."""

    files_from: run_options.FilesFrom = None
    recursive: run_options.Recursive = False
    shard: run_options.Shard = None

    @property
    def selection(self) -> parse.Selection:
        """The same, for whoever reads the words."""
        return parse.Selection(
            files_from=self.files_from, recursive=self.recursive, shard=self.shard
        )

    def find(self, words: list[str] | None, **how: Any) -> ClipList:
        """The clips that the words mean, and these. Raises as `parse.read_clips`."""
        return parse.read_clips(words or [], self.selection, sys.stdin, **how)


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Which model, and where it computes."""

    model: options.ModelName = None
    device: options.Device = None
    dtype: options.Dtype = None
    fit: options.Fit = False

    @property
    def chosen_device(self) -> str:
        """As typed, else as it is set."""
        return settled("device", self.device, "auto")

    @property
    def chosen_dtype(self) -> str:
        """As typed, else as it is set."""
        return settled("dtype", self.dtype, "auto")


@dataclass(frozen=True, kw_only=True)
class SpanOptions:
    """Which part of a clip."""

    start: options.Start = None
    end: options.End = None

    @property
    def span(self) -> tuple[float | None, float | None]:
        """Begin and end, in seconds. Raises as `parse.read_span`."""
        return parse.read_span(self.start, self.end)


@dataclass(frozen=True, kw_only=True)
class FrameOptions(SpanOptions):
    """Which frames a model is shown."""

    frames: options.Frames = None
    sample: options.Sample = None
    decoder: options.DecoderName = "auto"


@dataclass(frozen=True, kw_only=True)
class WordOptions:
    """Which words it is shown."""

    subtitles: options.Subtitles = "auto"
    language: options.Language = None
    task: options.TaskName = "transcribe"
    text_track: options.TextTrack = None
    audio_track: options.AudioTrack = None
    speech: options.Speech = None

    @property
    def heard_by(self) -> str | None:
        """The model that listens; what was not typed is as it is set."""
        return self.speech or setting("speech").value


@dataclass(frozen=True, kw_only=True)
class ViewOptions(WordOptions, FrameOptions):
    """How a model is shown clips. Raises UsageError for what makes no sense."""

    no_cache: options.NoCache = False

    def __post_init__(self) -> None:
        _ = self.viewing

    @property
    def recipe_name(self) -> str:
        """How frames and words are shown."""
        return "vidqa"

    @cached_property
    def viewing(self) -> "Viewing":
        """How clips are watched."""
        from vidqa.media.viewing import Viewing

        start_s, end_s = self.span
        return Viewing(
            frames=self.frames,
            recipe=self.recipe_name,
            sampling=parse.read_sampling(self.sample),
            start_s=start_s,
            end_s=end_s,
            subtitles=parse.read_subtitles(self.subtitles),
            language=self.language,
            task=parse.read_task(self.task),
            text_track=self.text_track,
            audio_track=self.audio_track,
            decoder=parse.read_decoder(self.decoder),
        )


@dataclass(frozen=True, kw_only=True)
class WatchOptions(ViewOptions, ModelOptions):
    """Which model, and how it is shown clips."""

    @property
    def may_download(self) -> bool:
        """Whether a download may be offered."""
        return True

    @property
    def settings(self) -> dict[str, Any]:
        """All of it that can change an answer, as it was given, for JSON."""
        return {**self.viewing.settings, "speech": self.heard_by, "fit": self.fit}


@dataclass(frozen=True, kw_only=True)
class RunWatchOptions(WatchOptions):
    """As commands over many clips have it."""

    recipe: options.Recipe = "vidqa"
    offline: options.Offline = False

    @property
    def recipe_name(self) -> str:
        """As typed."""
        return self.recipe

    @property
    def may_download(self) -> bool:
        """Unless it is forbidden."""
        return not self.offline


@dataclass(frozen=True, kw_only=True)
class WritingOptions:
    """How free answers are written."""

    max_new_tokens: options.MaxNewTokens = None
    temperature: options.Temperature = 0.0
    top_p: options.TopP = 1.0
    seed: options.Seed = 0

    @property
    def writing(self) -> Mapping[str, Any]:
        """The same, for `Clip.ask`."""
        return {
            "max_new_tokens": self.max_new_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "seed": self.seed,
        }


@dataclass(frozen=True, kw_only=True)
class RecordOptions:
    """Where the records of a run go, and how clips are taken."""

    output: run_options.Records = None
    retry_failed: run_options.RetryFailed = False
    force: run_options.Force = False
    unordered: run_options.Unordered = False


@dataclass(frozen=True, kw_only=True)
class NoiseOptions:
    """How much is said on stderr."""

    quiet: options.Quiet = False
    verbose: options.Verbose = False
