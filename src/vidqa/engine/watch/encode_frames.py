"""Encode a clip's frames while the next ones are being read."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from vidqa.engine.stage_timer import StageTimer
from vidqa.media.frames.read import FrameReport
from vidqa.media.sampling.samplers import Moments
from vidqa.types import Frame
from vidqa.types.grey import grey
from vidqa.types.values import Decoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLANKED = "the pictures were blanked, as was asked"
NEW = "skip_alike"


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """Settings for reading frames: with the clip and the model, all that changes what is seen."""

    sampling: str
    """A strategy, as `Sampling.parse` reads it."""
    window: tuple[float, float]
    """Start and end, in seconds from the first frame."""
    count: int
    """Number of frames at most."""
    size: tuple[int, int] | None
    """Width and height at which frames are read, in pixels; None: their own."""
    decoder: Decoder
    blank: bool
    """Whether grey pictures replace the frames."""
    skip_alike: bool = False
    """Whether frames are left out that look like the last one shown."""

    @property
    def key(self) -> dict[str, Any]:
        """All of it, for cache keys; what is new only where it is used, so that old ones hold."""
        every = asdict(self)
        return every if self.skip_alike else {name: every[name] for name in every if name != NEW}


class FrameTaker(Protocol):
    """Takes the frames of one clip as they are read, in the form in which a model takes them."""

    def push(self, pixels: "NDArray[np.uint8]") -> None:
        """Add a frame, (height, width, 3)."""

    def flush(self) -> None:
        """Finish the frames still waiting; there are no more."""

    def joined(self, parts: Sequence[tuple[Any, Sequence[int]]]) -> "FrameTaker":
        """Return frames that others of its kind took; of each of them those with the numbers."""


@dataclass(frozen=True, slots=True)
class EncodedFrames:
    """A clip's encoded frames, without the pictures themselves."""

    frames: FrameTaker
    frame_times_s: tuple[float, ...]
    """The time of each frame, in seconds from the clip's first frame."""
    report: FrameReport
    """The report of how they were read."""


SeenFrames = tuple[Moments, EncodedFrames]
"""Which moments were chosen, and their frames."""


def look(
    encoder: FrameTaker,
    frames: Generator[Frame | FrameReport],
    timer: StageTimer,
    *,
    blank: bool = False,
) -> EncodedFrames:
    """Encode frames as they come.

    Args:
        encoder: receives the frames.
        frames: as `Reader.frames` yields them, the report last.
        stopwatch: times the stages decode and vision.
        blank: encode grey pictures of the same sizes instead.

    """
    times_s, report = list[float](), None
    with closing(frames):
        while True:
            with timer.more("decode"):
                item = next(frames, None)
            if item is None:
                break
            if isinstance(item, FrameReport):
                report = item
                continue
            times_s.append(item.time_s)
            with timer.more("vision"):
                encoder.push(grey(item.pixels.shape) if blank else item.pixels)
    assert report is not None, "the report comes last"
    if blank:
        report = replace(report, warnings=(*report.warnings, BLANKED))
    with timer.stage("vision"):
        encoder.flush()
    return EncodedFrames(encoder, tuple(times_s), report)
