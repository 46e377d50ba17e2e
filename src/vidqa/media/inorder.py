"""Read frames by decoding from the start and going by timestamps: slow, and right."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidqa.errors import NotAVideoError
from vidqa.media.container import Losses, decoded, open_media, quoted, start_of, video_stream
from vidqa.media.sampling import CLOCK_DIGITS
from vidqa.types import Frame, VideoInfo

REORDERED_FRAMES = 16
"""H.264 and HEVC let a decoder hold back at most so many frames: past that many frames behind the
last time wanted, none before it can still come."""

END_TOLERANCE_S = 1.0
"""Asking for a moment this far behind the last picture is no news."""


@dataclass(frozen=True, slots=True)
class Sequel:
    """Frames read in order, and what was lost on the way."""

    frames: tuple[Frame, ...]
    warnings: tuple[str, ...]


def read_in_order(info: VideoInfo, times_s: Sequence[float]) -> Sequel:
    """The frames shown at the given times, decoded from the first on.

    Holds no more pictures than are asked for, and those of the decoder itself.

    Args:
        info: the clip, as probed.
        times_s: increasing, in seconds from the first frame.

    Raises:
        NotAVideoError: nothing could be decoded.

    """
    slots = _fill(info, times_s, threads=0)
    if slots.is_damaged:
        # With threads, what a damaged picture is patched up with depends on their timing, and an
        # error near the end takes all later pictures along.
        slots = _fill(info, times_s, threads=1)
    warnings = _warnings(slots, times_s[-1])
    frames = slots.frames(info.rotation_deg)
    if not frames:
        raise NotAVideoError(f"{quoted(info.path)} is damaged: no picture of it can be decoded")
    return Sequel(frames, warnings)


class _Slots:
    """For each wanted time the latest frame at or before it, in whatever order frames come."""

    def __init__(self, times_s: Sequence[float]) -> None:
        self.times_s = times_s
        self.best: list[tuple[float, Any] | None] = [None] * len(times_s)
        self.losses = Losses()
        self.start_s: float | None = None
        self.last_s = 0.0
        self.corrupt = 0
        self.untimed = 0
        self._behind = 0

    @property
    def is_damaged(self) -> bool:
        """Something may have been lost or patched up, wanted or not."""
        losses = self.losses
        return bool(losses.packets or losses.cut_off or losses.missing or self.corrupt)

    def is_done_with(self, frame: Any) -> bool:
        """Keep the frame if a time wants it; true when no later frame can be wanted."""
        self.corrupt += bool(frame.is_corrupt)
        if frame.time is None:
            self.untimed += 1
            return False
        if self.start_s is None:
            self.start_s = start_of(frame)
        time_s = round(frame.time - self.start_s, CLOCK_DIGITS)
        self.last_s = max(self.last_s, time_s)
        slot = bisect_left(self.times_s, time_s)
        if slot == len(self.times_s):
            self._behind += 1
            return self._behind > REORDERED_FRAMES
        held = self.best[slot]
        if time_s >= 0 and (held is None or held[0] < time_s):
            self.best[slot] = time_s, frame
        return False

    def frames(self, rotation_deg: int) -> tuple[Frame, ...]:
        """The pictures of the kept frames; each is let go as it is converted."""
        frames = []
        for slot, held in enumerate(self.best):
            if held is not None:
                self.best[slot] = None
                time_s, frame = held
                frames.append(
                    Frame(time_s, _upright(frame.to_ndarray(format="rgb24"), rotation_deg))
                )
        return tuple(frames)


def _fill(info: VideoInfo, times_s: Sequence[float], *, threads: int) -> _Slots:
    """Decode up to the last time wanted; zero threads means as many as the machine has."""
    slots = _Slots(times_s)
    with open_media(info.path) as container:
        stream = video_stream(container, info.path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        for frame in decoded(container, stream, slots.losses):
            if slots.is_done_with(frame):
                break
    return slots


def _upright(pixels: NDArray[np.uint8], rotation_deg: int) -> NDArray[np.uint8]:
    """Turn a picture counter-clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(pixels, rotation_deg // 90)) if rotation_deg else pixels


def _warnings(slots: _Slots, last_wanted_s: float) -> tuple[str, ...]:
    shown_damaged = sum(held[1].is_corrupt for held in slots.best if held is not None)
    said = {
        "the file cannot be read to its end": slots.losses.cut_off,
        f"pictures skipped because they are damaged: {slots.losses.packets}": slots.losses.packets,
        f"frames shown although they are damaged: {shown_damaged}": shown_damaged,
        f"pictures skipped because they have no time: {slots.untimed}": slots.untimed,
        f"there is no new picture after {slots.last_s:.1f} s": (
            slots.last_s < last_wanted_s - END_TOLERANCE_S
        ),
    }
    return tuple(text for text, is_so in said.items() if is_so)
