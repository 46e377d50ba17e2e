"""Read frames by seeking to keyframes: as correct as reading in order, and faster.

A frame is recognised by its timestamp, never by counting. When a frame in the packet table does not
come out of the decoder, or comes out damaged, the rest is read in order.
"""

from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import av
import numpy as np

from vidqa.media.clock import CLOCK_DIGITS
from vidqa.media.container.open_media import Losses, open_media, readable_packets, video_stream
from vidqa.media.container.packet_table import PacketTable, Refusal
from vidqa.media.frames.resize import Size, picture
from vidqa.media.worker.heartbeat import beat
from vidqa.types import Frame
from vidqa.types.media_info import VideoInfo

SEARCHED_CONTAINERS = frozenset({"mov", "matroska"})
"""FFmpeg's first names of MP4/MOV and Matroska/WebM, in which seeks find their keyframes."""

SEARCHED_CODECS = frozenset({"av1", "h264", "hevc", "vp8", "vp9"})
"""Codecs whose decoders start at a keyframe and report a missing reference."""

SKIPPING_CODECS = frozenset({"h264"})
"""Codecs whose bitstream marks frames that no other frame needs in any way: those not requested
are not decoded. (HEVC's marks hold within one layer only; VP9's frames also pass on statistics.)"""


def distrust_searching(info: VideoInfo) -> str:
    """Return why seeks cannot be trusted in this kind of file; empty if they can."""
    container = info.container.split(",")[0]
    if container not in SEARCHED_CONTAINERS:
        return f"searching for a moment cannot be trusted in {container}"
    if info.codec not in SEARCHED_CODECS:
        return f"searching for a moment cannot be trusted with {info.codec}"
    return ""


def read_by_searching(
    info: VideoInfo, table: PacketTable, times_s: Sequence[float], size: Size
) -> Generator[Frame, None, Refusal | None]:
    """Yield the frames shown at the given times, each decoded from the keyframe before it.

    Args:
        info: the clip, as probed.
        table: its frame times.
        times_s: increasing, in seconds from the first frame.
        size: of the frames, in pixels.

    Returns:
        Why it stopped early, if it did; the frames yielded until then are correct.

    """
    with open_media(info.path) as container:
        stream = video_stream(container, info.path)
        stream.thread_type = "AUTO"
        stream.codec_context.options = {"err_detect": "explode"}  # no patched-up pictures
        for group in _groups(table, times_s):
            shown = 0
            for frame in _decode_group(container, stream, group):
                if frame.is_corrupt:
                    return Refusal("a picture is damaged")
                if frame.pts != group.wanted[shown]:
                    break  # one before it is missing
                time_s = round(float((frame.pts - table.pts[0]) * table.seconds), CLOCK_DIGITS)
                yield Frame(time_s, picture(frame, info.rotation_deg, size))
                shown += 1
            if shown < len(group.wanted):
                return Refusal("a picture that is stored does not come out of the decoder")
    return None


@dataclass(frozen=True, slots=True)
class _Group:
    """The requested frames after one keyframe, by their timestamps."""

    key: int
    wanted: tuple[int, ...]
    """Increasing."""


def _groups(table: PacketTable, times_s: Sequence[float]) -> list[_Group]:
    places = np.searchsorted(table.times_s, times_s, side="right") - 1
    wanted: list[int] = table.pts[np.unique(np.maximum(places, 0))].tolist()
    keys: list[int] = table.keys.tolist()

    def key_of(pts: int) -> int:
        return keys[max(0, bisect_right(keys, pts) - 1)]

    return [_Group(key, tuple(pts)) for key, pts in groupby(wanted, key_of)]


def _decode_group(container: Any, stream: Any, group: _Group) -> Iterator[Any]:
    """Yield the requested frames of a group in decoder order; fewer if something is wrong."""
    codec, left = stream.codec_context, set(group.wanted)
    try:
        container.seek(group.key, stream=stream)
        codec.flush_buffers()
        for packet in _until_fed(readable_packets(container, Losses(), stream), group):
            if stream.codec.canonical_name in SKIPPING_CODECS:
                codec.skip_frame = "DEFAULT" if packet.pts in left else "NONREF"
            yield from _wanted(codec.decode(packet), left)
        yield from _wanted(codec.decode(None), left)
    except (av.error.FFmpegError, ValueError):
        return


def _until_fed(packets: Iterator[Any], group: _Group) -> Iterator[Any]:
    """Yield the packets up to the last requested one, in storage order; none if the seek missed.

    Packets shown before the keyframe they are stored after are skipped: they need what comes
    before it, and nothing after it needs them.
    """
    left, landing = set(group.wanted), None
    for packet in packets:
        if packet.pts is None:
            return
        if landing is None:
            landing = packet.pts
            if not packet.is_keyframe or landing > group.wanted[0]:
                return
        if packet.pts >= landing:
            yield packet
        left.discard(packet.pts)
        if not left:
            return


def _wanted(frames: Sequence[Any], left: set[int]) -> Iterator[Any]:
    for frame in frames:
        beat()
        if frame.pts in left:
            left.discard(frame.pts)
            yield frame
