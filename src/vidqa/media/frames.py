"""The frame shown at each of some moments, whichever decoder reads it."""

from collections.abc import Sequence
from dataclasses import dataclass

from vidqa.media.inorder import read_in_order
from vidqa.media.numbered import read_by_number
from vidqa.media.packets import Refusal, tabulate
from vidqa.media.sampling import CLOCK_DIGITS
from vidqa.types import Frame, VideoInfo


@dataclass(frozen=True, slots=True)
class FrameSet:
    """Frames of one clip, and how they were read."""

    frames: tuple[Frame, ...]
    """In order of time, none twice, at least one."""
    decoder: str
    """`decord` or `pyav`."""
    reason: str
    """Why this decoder."""
    warnings: tuple[str, ...] = ()
    """What could not be read."""


def read_frames(info: VideoInfo, times_s: Sequence[float]) -> FrameSet:
    """Read the frame shown at each time: the last one that begins at or before it.

    Two times that fall on one frame give one frame, so there may be fewer frames than times.

    Args:
        info: the clip, as probed.
        times_s: in seconds from the first frame, in any order; at least one.

    Raises:
        NotAVideoError: nothing could be decoded.
        ValueError: no times.

    """
    if not times_s:
        raise ValueError("read_frames: needs at least one time")
    wanted = sorted({max(0.0, round(time_s, CLOCK_DIGITS)) for time_s in times_s})
    table = tabulate(info)
    read = table if isinstance(table, Refusal) else read_by_number(info, table, wanted)
    if not isinstance(read, Refusal):
        return FrameSet(read, "decord", "frame numbers and times agree in this clip")
    sequel = read_in_order(info, wanted)
    return FrameSet(sequel.frames, "pyav", read.reason, sequel.warnings)
