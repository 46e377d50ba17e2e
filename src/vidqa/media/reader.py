"""Read clips: every decoding job runs in a worker process."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from vidqa.errors import DecoderError
from vidqa.media.container.open_media import quoted
from vidqa.media.container.probe import probe
from vidqa.media.frames.read import FrameReport, read_frames
from vidqa.media.frames.resize import Size
from vidqa.media.sampling.samplers import Moments, Sampling
from vidqa.media.sampling.select import find_moments
from vidqa.media.worker.pool import Workers
from vidqa.types import Frame
from vidqa.types.media_info import VideoInfo
from vidqa.types.values import Decoder

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

AT_ONCE = 2
"""Processes per clip: its frames and its sound are read at the same time."""


class Reader:
    """A safe reader of media files, which decodes in worker processes.

    If a decoder crashes, hangs or asks for too much memory, the clip gets a `DecoderError` within
    bounded time. Processes stay warm from clip to clip.
    """

    def __init__(self) -> None:
        self._workers = Workers()

    def warm(self) -> None:
        """Start the processes ahead of the first clip; returns at once."""
        self._workers.warm(AT_ONCE)

    def close(self) -> None:
        """End the processes; otherwise they end with this object."""
        self._workers.close()

    def probe(self, path: Path) -> VideoInfo:
        """Probe a file. See `vidqa.media.container.probe.probe`."""
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
        """Yield frames as they are decoded. See `vidqa.media.frames.read.read_frames`."""
        return self.stream(info.path, read_frames, info, times_s, size=size, decoder=decoder)

    def moments(
        self, info: VideoInfo, how: Sampling, window: tuple[float, float], count: int
    ) -> Moments:
        """Choose moments to sample. See `vidqa.media.sampling.select.find_moments`."""
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
            DecoderError: it crashed, hung, or needed too much memory.
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
    """Add the file's name to errors of the worker, which does not know it."""
    try:
        yield
    except DecoderError as error:
        raise DecoderError(f"{quoted(path)} cannot be decoded: {error.message}") from error
