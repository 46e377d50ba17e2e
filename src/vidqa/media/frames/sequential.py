"""Read frames by decoding from the start and comparing timestamps: slow, but always correct."""

from bisect import bisect_left
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

from vidqa.errors import NotAVideoError
from vidqa.media.clock import CLOCK_DIGITS
from vidqa.media.container.ending import said_of_end
from vidqa.media.container.open_media import (
    Losses,
    decoded,
    open_media,
    quoted,
    start_of,
    video_stream,
)
from vidqa.media.frames.resize import Size, picture
from vidqa.types import Frame
from vidqa.types.media_info import VideoInfo

REORDERED_FRAMES = 16
"""Frames that H.264 and HEVC let a decoder hold back at most: after this many frames past the last
requested time, none before it can still come."""


def read_in_order(
    info: VideoInfo, times_s: Sequence[float], size: Size
) -> Generator[Frame, None, tuple[str, ...]]:
    """Yield the frames shown at the given times, decoded from the first frame on.

    Holds only the requested frames and those of the decoder itself. Frames are yielded only after
    decoding has finished, because damage found late forces a second, single-threaded pass.

    Args:
        info: the clip, as probed.
        times_s: increasing, in seconds from the first frame.
        size: of the frames, in pixels.

    Returns:
        Warnings of what was lost.

    Raises:
        NotAVideoError: nothing could be decoded.

    """
    slots = _fill(info, times_s, size, threads=0)
    if slots.is_damaged:
        # With threads, what a damaged picture is patched up with depends on their timing, and an
        # error near the end takes all later pictures along.
        slots = _fill(info, times_s, size, threads=1)
    warnings = _warnings(slots, times_s[-1])
    if not slots.kept:
        raise NotAVideoError(f"{quoted(info.path)} is damaged: no picture of it can be decoded")
    yield from slots.kept
    return warnings


class _Slots:
    """The latest frame at or before each requested time, in whatever order frames arrive."""

    def __init__(self, info: VideoInfo, times_s: Sequence[float], size: Size) -> None:
        self.info = info
        self.times_s = times_s
        self.size = size
        self.losses = Losses()
        self.kept: list[Frame] = []
        """Resized frames that no later frame can replace."""
        self.last_s = 0.0
        self.corrupt = self.corrupt_kept = self.untimed = 0
        self.gone_back = 0
        """Count of frames that come long after their time, as in concatenated files."""
        self._settled = -1
        """Index of the last slot that has its frame."""
        self._held: deque[tuple[int, float, Any]] = deque()
        """Slot, time and frame of those that may still be replaced, in order of time."""
        self._start_s: float | None = None
        self._behind = 0

    @property
    def is_damaged(self) -> bool:
        """Whether any frame, requested or not, may have been lost or patched up."""
        losses = self.losses
        return bool(losses.packets or losses.cut_off or losses.missing or self.corrupt)

    def is_done_with(self, frame: Any) -> bool:
        """Hold the frame if its time is requested; return True once no later frame can be."""
        self.corrupt += bool(frame.is_corrupt)
        if frame.time is None:
            self.untimed += 1
            return False
        if self._start_s is None:
            self._start_s = start_of(frame)
        time_s = round(frame.time - self._start_s, CLOCK_DIGITS)
        self.last_s = max(self.last_s, time_s)
        slot = bisect_left(self.times_s, time_s)
        if slot == len(self.times_s):
            self._behind += 1
            return self._behind > REORDERED_FRAMES
        if slot <= self._settled:
            self.gone_back += 1
        elif time_s >= 0:
            self._hold(slot, time_s, frame)
        return False

    def settle(self, *, all_but: int = 0) -> None:
        """Resize the held frames, in order of time, and release them."""
        while len(self._held) > all_but:
            self._settled, time_s, frame = self._held.popleft()
            self.corrupt_kept += bool(frame.is_corrupt)
            self.kept.append(Frame(time_s, picture(frame, self.info.rotation_deg, self.size)))

    def _hold(self, slot: int, time_s: float, frame: Any) -> None:
        """Put a frame in its slot unless the slot holds a later one."""
        place = next((n for n, (taken, *_) in enumerate(self._held) if taken >= slot), None)
        if place is None:
            self._held.append((slot, time_s, frame))
        elif self._held[place][0] > slot:
            self._held.insert(place, (slot, time_s, frame))
        elif self._held[place][1] < time_s:
            self._held[place] = (slot, time_s, frame)
        self.settle(all_but=REORDERED_FRAMES)


def _fill(info: VideoInfo, times_s: Sequence[float], size: Size, *, threads: int) -> _Slots:
    """Decode up to the last requested time; 0 threads means as many as the machine has."""
    slots = _Slots(info, times_s, size)
    with open_media(info.path) as container:
        stream = video_stream(container, info.path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        for frame in decoded(container, stream, slots.losses):
            if slots.is_done_with(frame):
                break
    slots.settle()
    return slots


def _warnings(slots: _Slots, last_wanted_s: float) -> tuple[str, ...]:
    rate = slots.info.raw_rate
    counted = (
        f"it is a raw stream without times: frames are counted at {float(rate or 0):g} a second"
    )
    reasons = {
        counted: rate,
        "the file cannot be read to its end": slots.losses.cut_off,
        f"pictures skipped because they are damaged: {slots.losses.packets}": slots.losses.packets,
        f"damaged frames that were used: {slots.corrupt_kept}": slots.corrupt_kept,
        f"pictures skipped because they have no time: {slots.untimed}": slots.untimed,
        f"pictures skipped because their times go back: {slots.gone_back}": slots.gone_back,
    }
    lost = tuple(text for text, is_so in reasons.items() if is_so)
    return lost + said_of_end(slots.last_s, last_wanted_s)
