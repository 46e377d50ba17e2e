"""Read the frames shown at given times, with the decoder that suits the clip."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from vidqa.errors import UsageError
from vidqa.media.clock import CLOCK_DIGITS
from vidqa.media.container.ending import said_of_end
from vidqa.media.container.open_media import quoted
from vidqa.media.container.packet_table import PacketTable, Refusal, tabulate
from vidqa.media.container.still import read_picture
from vidqa.media.frames.by_number import distrust_numbers, read_by_number
from vidqa.media.frames.resize import Size, resized
from vidqa.media.frames.seek import distrust_searching, read_by_searching
from vidqa.media.frames.sequential import read_in_order
from vidqa.types import Frame
from vidqa.types.grey import grey
from vidqa.types.media_info import NO_PICTURES, VideoInfo
from vidqa.types.values import Decoder


@dataclass(frozen=True, slots=True)
class FrameReport:
    """A report of how the frames of a clip were read."""

    decoder: str
    """`decord`, `pyav`, `pillow` (a picture) or `none` (a sound)."""
    reason: str
    """Why this decoder was used."""
    warnings: tuple[str, ...] = ()
    """What could not be read or is doubtful."""


@dataclass(frozen=True, slots=True)
class FrameSet:
    """The frames of one clip, and the report of how they were read."""

    frames: tuple[Frame, ...]
    """In order of time, none twice, at least one."""
    report: FrameReport


def collect(stream: Iterator[Frame | FrameReport]) -> FrameSet:
    """Collect what `read_frames` yields."""
    *frames, report = stream
    assert isinstance(report, FrameReport), "the report comes last"
    return FrameSet(tuple(one for one in frames if isinstance(one, Frame)), report)


def read_frames(
    info: VideoInfo,
    times_s: Sequence[float],
    *,
    size: Size | None = None,
    decoder: Decoder = "auto",
) -> Iterator[Frame | FrameReport]:
    """Yield the frame shown at each time, the last one that begins at or before it; then a report.

    Times that fall on the same frame give it once, so there may be fewer frames than times.

    Args:
        info: the clip, as probed.
        times_s: in seconds from the first frame, in any order; at least one.
        size: width and height of the frames; the clip's own if None.
        decoder: `decord` is refused if its frame numbers cannot be trusted.

    Raises:
        NotAVideoError: nothing could be decoded.
        UsageError: decord was requested and cannot be trusted with this clip.
        ValueError: there are no times.

    """
    if not times_s:
        raise ValueError("read_frames: needs at least one time")
    size = size or (info.width, info.height)
    if info.kind != "video":
        yield from _only_picture(info, min(times_s), size)
        return
    wanted = sorted({max(0.0, round(time_s, CLOCK_DIGITS)) for time_s in times_s})
    way = choose(info, decoder)
    last_s, refusal = -1.0, way.in_order
    if way.table is not None:
        read = read_by_number if way.decoder == "decord" else read_by_searching
        frames = read(info, way.table, wanted, size)
        last_s, refusal = yield from _last_of(frames)
    if refusal is None:
        yield FrameReport(way.decoder, way.reason, _ends_early(way.table, wanted[-1]))
    elif decoder == "decord":
        raise _untrusted(info, refusal.reason)
    else:
        rest = [time_s for time_s in wanted if time_s > last_s]
        warnings = yield from _after(last_s, read_in_order(info, rest or wanted[-1:], size))
        yield FrameReport("pyav", f"in order: {refusal.reason}", warnings)


@dataclass(frozen=True, slots=True)
class Way:
    """The way to read a clip, and the reason for it."""

    decoder: Literal["decord", "pyav"]
    reason: str
    table: PacketTable | None
    """Its packet table; None to read in order."""

    @property
    def in_order(self) -> Refusal | None:
        """The reason to read in order, if it is read so."""
        return Refusal(self.reason) if self.table is None else None


def choose(info: VideoInfo, decoder: Decoder) -> Way:
    """Choose how to read a clip.

    Decoding in order with PyAV is correct for every clip. If the packet table allows it, PyAV seeks
    to the keyframe before each time instead, and checks every frame's timestamp. decord does the
    same by counting frames, which is slower (benchmarks/decode.py) and correct for fewer clips, so
    it is used only on request.

    Raises:
        UsageError: decord was requested and cannot be trusted with this clip; or no such decoder.

    """
    if decoder not in get_args(Decoder):
        raise UsageError(f"no decoder is called {decoder!r}", hint="use auto, decord or pyav")
    table = tabulate(info)
    if decoder == "decord":
        flaw = table.reason if isinstance(table, Refusal) else distrust_numbers(info, table)
        if flaw or isinstance(table, Refusal):
            raise _untrusted(info, flaw)
        return Way("decord", "asked for; frame numbers and times agree in this clip", table)
    if isinstance(table, Refusal):
        return Way("pyav", table.reason, None)
    if flaw := distrust_searching(info):
        return Way("pyav", flaw, None)
    return Way("pyav", "from the keyframe before each moment", table)


def _ends_early(table: PacketTable | None, last_wanted_s: float) -> tuple[str, ...]:
    end_s = float("inf") if table is None else float(table.times_s[-1])
    return said_of_end(end_s, last_wanted_s)


def _untrusted(info: VideoInfo, reason: str) -> UsageError:
    return UsageError(
        f"decord cannot be trusted with {quoted(info.path)}: {reason}", hint="use --decoder auto"
    )


def _only_picture(info: VideoInfo, time_s: float, size: Size) -> Iterator[Frame | FrameReport]:
    """Yield the picture of a picture file, or a grey frame for a sound; then a report."""
    if info.kind == "picture":
        yield Frame(0.0, resized(read_picture(info.path), size))
        yield FrameReport("pillow", "it is a single picture")
        return
    width, height = size
    yield Frame(time_s, grey((height, width, 3)))
    yield FrameReport("none", "there are no pictures", (NO_PICTURES,))


def _last_of(
    frames: Generator[Frame, None, Refusal | None],
) -> Generator[Frame, None, tuple[float, Refusal | None]]:
    """Yield the frames; return the time of the last one and why reading stopped, if early."""
    last_s = -1.0
    while True:
        try:
            frame = next(frames)
        except StopIteration as end:
            return last_s, end.value
        last_s = frame.time_s
        yield frame


def _after(
    last_s: float, frames: Generator[Frame, None, tuple[str, ...]]
) -> Generator[Frame, None, tuple[str, ...]]:
    """Yield the frames after a given time; return the warnings."""
    while True:
        try:
            frame = next(frames)
        except StopIteration as end:
            warnings: tuple[str, ...] = end.value
            return warnings
        if frame.time_s > last_s:
            yield frame
