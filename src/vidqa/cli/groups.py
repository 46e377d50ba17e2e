"""Groups of options that several commands share, beside those that the library declares."""

import sys
from dataclasses import dataclass, field
from typing import Any

from vidqa.cli import options, parse, run_options
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.tasks.folders.clip_list import ClipList
from vidqa.types.loading import LoadSettings


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
        """Find the clips that the words mean, and these. Raises as `parse.read_clips`."""
        return parse.read_clips(words or [], self.selection, sys.stdin, **how)


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Which model is asked."""

    model: options.ModelName = None
    offline: options.Offline = False


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Which server answers, if one does."""

    engine: options.Engine = None
    engine_rate: options.EngineRate = None

    def __post_init__(self) -> None:
        if self.engine_rate is not None and self.engine is None:
            raise UsageError("--engine-rate is for --engine", hint="--engine URL")

    def require_network(self, *, offline: bool) -> None:
        """Refuse a server where the network is not to be touched. Raises UsageError."""
        if self.engine is not None and offline:
            raise UsageError("--offline and --engine exclude each other")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSetup:
    """Which model is asked, where it computes, and how it is shown clips."""

    model: str | None
    """As typed; None: as it is set, else the best in the cache."""
    load: LoadSettings
    viewing: Viewing
    may_download: bool = True
    """Whether a download may be offered."""
    engine: EngineOptions = field(default_factory=EngineOptions)
    """The server that answers, if one does; the model is then one of its own."""

    @property
    def settings(self) -> dict[str, Any]:
        """All of it that can change an answer, as it was given, for JSON."""
        return {**self.viewing.settings, **self.load.settings}
