"""Look at a clip: frames are encoded while the next ones are being read."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from vidqa.engine.stopwatch import Stopwatch
from vidqa.media.frames import FrameReport
from vidqa.model.inputs import FrameEncoder
from vidqa.model.loading import Loaded
from vidqa.spec import ModelSpec
from vidqa.types import Frame

GREY = 127
BLANKED = "the pictures were blanked, as was asked"


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
    spec: ModelSpec,
    frames: Generator[Frame | FrameReport],
    stopwatch: Stopwatch,
    *,
    blank: bool = False,
    keep_places: bool = False,
) -> Looked:
    """Encode frames as they come.

    Args:
        loaded: network and processor.
        spec: what its processor is told.
        frames: as `Reader.frames` yields them, the report last.
        stopwatch: told of the stages decode and vision.
        blank: encode grey pictures of the same sizes instead.
        keep_places: see `FrameEncoder`.

    """
    encoder = FrameEncoder(
        loaded,
        spec.family.image_kwargs,
        processor_kwargs=spec.family.processor_kwargs,
        keep_places=keep_places,
    )
    times_s, report = list[float](), None
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
                encoder.push(np.full_like(item.pixels, GREY) if blank else item.pixels)
    assert report is not None, "the report comes last"
    if blank:
        report = replace(report, warnings=(*report.warnings, BLANKED))
    with stopwatch.stage("vision"):
        encoder.flush()
    return Looked(encoder, tuple(times_s), report)
