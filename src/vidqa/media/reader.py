"""Read clips: every decoding job runs in a worker process."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from vidqa.errors import DecoderError
from vidqa.media.container.open_media import quoted
from vidqa.media.container.probe import probe
from vidqa.media.frames.read import Decoder, FrameReport, read_frames
from vidqa.media.frames.resize import Size
from vidqa.media.sampling.select import Moments, find_moments
from vidqa.media.sampling.strategies import Sampling
from vidqa.media.worker.pool import Workers
from vidqa.types import Frame
from vidqa.types.media_info import VideoInfo

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

AT_ONCE = 2
"""Frames and sound of a clip are read at the same time."""


class Reader:
    """Everything that is to be known of a file, read without risk.

    Whatever a decoder does with a clip, crash, hang or ask for all the memory there is, comes out
    as a `DecoderError` for that clip within bounded time. Processes stay warm from clip to clip.
    """

    def __init__(self) -> None:
        self._workers = Workers()

    def warm(self) -> None:
        """Start the processes ahead of the first clip; returns at once."""
        self._workers.warm(AT_ONCE)

    def close(self) -> None:
        """End the processes. Without it they end with this object."""
        self._workers.close()

    def probe(self, path: Path) -> VideoInfo:
        """Look into a file. See `vidqa.media.container.probe.probe`."""
        info = self.call(path, probe, path)
        return replace(info, path=path)  # which a worker may not choose

    def frames(
        self,
        info: VideoInfo,
        times_s: Sequence[float],
        *,
        size: Size | None = None,
        decoder: Decoder = "auto",
    ) -> Generator[Frame | FrameReport]:
        """Read frames while others are being used. See `vidqa.media.frames.read.read_frames`."""
        return self.stream(info.path, read_frames, info, times_s, size=size, decoder=decoder)

    def moments(
        self, info: VideoInfo, how: Sampling, window: tuple[float, float], count: int
    ) -> Moments:
        """Choose where to look. See `vidqa.media.sampling.select.find_moments`."""
        start_s, end_s = window
        return self.call(
            info.path, find_moments, info, how, start_s=start_s, end_s=end_s, count=count
        )

    def call(
        self,
        path: Path,
        function: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Result:
        """Run a module-level function about a file in a worker process.

        Raises:
            DecoderError: it crashed, hung, or wanted too much memory.
            VidqaError: as the function does.

        """
        with self._workers.lend() as worker, _about(path):
            return worker.call(function, *arguments, **options)

    def stream(
        self,
        path: Path,
        function: Callable[Arguments, Iterator[Result]],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Generator[Result]:
        """Yield what a module-level generator function about a file yields. Raises as `call`."""
        with self._workers.lend() as worker, _about(path):
            yield from worker.stream(function, *arguments, **options)


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """Name the file in errors of the worker, which knows nothing of files."""
    try:
        yield
    except DecoderError as error:
        raise DecoderError(f"{quoted(path)} cannot be decoded: {error.message}") from error
