"""Look at a clip: frames are encoded while the next ones are being read."""

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass

from vidqa.engine.stopwatch import Stopwatch
from vidqa.media.frames import FrameReport
from vidqa.model.inputs import FrameEncoder
from vidqa.model.loading import Loaded
from vidqa.types import Frame


@dataclass(frozen=True, slots=True)
class Looked:
    """A clip's frames, encoded; of the pictures themselves nothing is left."""

    frames: FrameEncoder
    frame_times_s: tuple[float, ...]
    """When each of them is shown, in seconds from the first frame of the clip."""
    report: FrameReport
    """How they were read."""


def look(
    loaded: Loaded,
    image_kwargs: Mapping[str, object],
    frames: Generator[Frame | FrameReport],
    stopwatch: Stopwatch,
) -> Looked:
    """Encode frames as they come.

    Args:
        loaded: network and processor.
        image_kwargs: handed to the image processor.
        frames: as `Reader.frames` yields them, the report last.
        stopwatch: told of the stages decode and vision.

    """
    encoder, times_s, report = FrameEncoder(loaded, image_kwargs), list[float](), None
    with closing(frames):
        while True:
            with stopwatch.more("decode"):
                item = next(frames, None)
            if item is None:
                break
            if isinstance(item, FrameReport):
                report = item
                continue
            times_s.append(item.time_s)
            with stopwatch.more("vision"):
                encoder.push(item.pixels)
    assert report is not None, "the report comes last"
    with stopwatch.stage("vision"):
        encoder.flush()
    return Looked(encoder, tuple(times_s), report)
