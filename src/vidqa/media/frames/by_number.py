"""Read frames by number with decord: correct only if its numbers agree with the packets."""

from collections.abc import Generator, Sequence
from typing import Any

import av
import numpy as np

from vidqa.media.container.open_media import Losses, decoded, open_media, video_stream
from vidqa.media.container.packet_table import PacketTable, Refusal
from vidqa.media.frames.resize import Size, resized
from vidqa.media.worker.heartbeat import beat
from vidqa.types import Frame
from vidqa.types.media_info import VideoInfo

CLOCK_TOLERANCE_S = 0.002
"""Seconds that decord's times may be off: its 32-bit floats are this coarse after some hours."""

INDEXED_CONTAINERS = frozenset({"mov", "matroska"})
"""FFmpeg's first names of MP4/MOV and Matroska/WebM. In other containers decord's seeks are off by
frames or whole GOPs (AVI, ASF, MPEG-PS and -TS, Ogg)."""

INDEXED_CODECS = frozenset({"h264", "av1"})
"""Codecs whose packets hold one shown frame each. VP8 and VP9 may store hidden frames in packets of
their own, HEVC may skip leading frames after a seek: both shift every later number."""

INDEXED_PIXEL_FORMATS = frozenset({"yuv420p", "yuvj420p"})
"""Pixel formats that decord reads well; others came out garbled when the first access is a seek."""

CHECKED_FRAMES = 16
"""Frames decoded to check that they come out in the order of their times."""


def distrust_numbers(info: VideoInfo, table: PacketTable) -> str:
    """Return why decord's frame numbers cannot be trusted for a clip; empty if they can."""
    if info.container.split(",")[0] not in INDEXED_CONTAINERS:
        return f"frame numbers cannot be trusted in {info.container.split(',')[0]}"
    if info.codec not in INDEXED_CODECS:
        return f"frame numbers cannot be trusted with {info.codec}"
    if table.leading:
        return "pictures stored after a keyframe are shown before it"
    with open_media(info.path) as container:
        stream = video_stream(container, info.path)
        if len(container.streams.video) > 1:
            return "there are several video streams"
        if stream.codec_context.pix_fmt not in INDEXED_PIXEL_FORMATS:
            return f"its pixel format is {stream.codec_context.pix_fmt}"
        return _distrust_seeking(container, stream, table) or _distrust_order(info, table)


def read_by_number(
    info: VideoInfo, table: PacketTable, times_s: Sequence[float], size: Size
) -> Generator[Frame, None, Refusal | None]:
    """Yield the frames shown at the given times, each found by its place in the packet table.

    Args:
        info: the clip, as probed.
        table: its frame times, trusted.
        times_s: increasing, in seconds from the first frame.
        size: of the frames, in pixels.

    Returns:
        Why it stopped early, if it did.

    """
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    numbers = np.unique(np.searchsorted(table.times_s, times_s, side="right") - 1).tolist()
    try:
        reader = decord.VideoReader(str(info.path.absolute()), ctx=decord.cpu(0))
        refusal = _compare(reader, info, table)
        if refusal is not None:
            return refusal
        for number in numbers:
            beat()
            pixels = reader[number].asnumpy()
            yield Frame(float(table.times_s[number]), resized(pixels, size))
    except (decord.DECORDError, RuntimeError, ValueError) as error:
        return Refusal(f"decord gave up ({type(error).__name__})")
    return None


def _compare(reader: Any, info: VideoInfo, table: PacketTable) -> Refusal | None:
    """Return how decord's view of the clip differs, if it does. Some codecs need frame 0 first."""
    shape = reader[0].shape
    if tuple(shape) != (info.height, info.width, 3):
        return Refusal(f"decord's pictures have another shape: {tuple(shape)}")
    if len(reader) != len(table.pts):
        return Refusal(f"decord counts {len(reader)} pictures, not {len(table.pts)}")
    begins = reader.get_frame_timestamp(range(len(reader)))[:, 0]
    if np.abs(begins - table.times_s).max() > CLOCK_TOLERANCE_S:
        return Refusal("decord's times differ")
    return None


def _distrust_seeking(container: Any, stream: Any, table: PacketTable) -> str:
    """Return why a seek misses its keyframe, from which decord counts on; empty if none does."""
    if container.format.name.startswith("mov"):
        stored = sum(entry.is_keyframe for entry in stream.index_entries)
        if stored != len(table.keys):
            return f"the index lists {stored} keyframes, the pictures have {len(table.keys)}"
    for key in table.keys.tolist():
        beat()
        try:
            container.seek(key, stream=stream)
            landed = next(packet.pts for packet in container.demux(stream))
        except (av.error.FFmpegError, StopIteration):
            return "it cannot be searched"
        if landed != key:
            return "searching for a keyframe ends at another"
    return ""


def _distrust_order(info: VideoInfo, table: PacketTable) -> str:
    """Return a reason if the first frames come out in an order other than that of their times."""
    losses, first = Losses(), []
    with open_media(info.path) as container:
        for frame in decoded(container, video_stream(container, info.path), losses):
            first.append(frame.pts)
            if len(first) == CHECKED_FRAMES:
                break
    if losses.packets or first != table.pts[: len(first)].tolist():
        return "its first pictures do not come out in the order of their times"
    return ""
