"""The table of a video stream's packets, and whether reading by frame number can be trusted."""

from array import array
from dataclasses import dataclass
from itertools import islice
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from vidqa.media.container import Losses, decoded, open_media, readable_packets, video_stream
from vidqa.media.sampling import CLOCK_DIGITS
from vidqa.types import VideoInfo

INDEXED_CONTAINERS = frozenset({"mov", "matroska"})
"""FFmpeg's first names of MP4/MOV and Matroska/WebM. Elsewhere decord's seeking is off by frames
or whole groups of pictures (AVI, ASF, MPEG-PS and -TS, Ogg)."""

INDEXED_CODECS = frozenset({"h264", "av1"})
"""Those whose packets are one shown picture each. VP8 and VP9 may hide pictures in packets of
their own, HEVC may skip the leading pictures after a seek: both shift every later number."""

INDEXED_PIXEL_FORMATS = frozenset({"yuv420p", "yuvj420p"})
"""Others have come out garbled when the first access is a seek."""

CHECKED_FRAMES = 16
"""How many frames are decoded to see them come out in the order of their times."""


@dataclass(frozen=True, slots=True)
class PacketTable:
    """When each picture is shown; its place in the table is decord's number for it."""

    times_s: NDArray[np.float64]
    """Increasing, in seconds from the first frame."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why frames must be read in order."""

    reason: str


def tabulate(info: VideoInfo) -> PacketTable | Refusal:
    """Read all packets of a clip without decoding them, and check what decord relies on."""
    if info.container.split(",")[0] not in INDEXED_CONTAINERS:
        return Refusal(f"frame numbers cannot be trusted in {info.container.split(',')[0]}")
    if info.codec not in INDEXED_CODECS:
        return Refusal(f"frame numbers cannot be trusted with {info.codec}")
    with open_media(info.path) as container:
        stream = video_stream(container, info.path)
        if len(container.streams.video) > 1:
            return Refusal("there are several video streams")
        if stream.codec_context.pix_fmt not in INDEXED_PIXEL_FORMATS:
            return Refusal(f"its pixel format is {stream.codec_context.pix_fmt}")
        packets, losses = _Packets(), Losses()
        for packet in readable_packets(container, losses, stream):
            if packet.size:
                packets.add(packet)
        if losses.cut_off:
            return Refusal("the file cannot be read to its end")
        reason = packets.distrust() or _distrust_seeking(container, stream, packets)
    reason = reason or _distrust_order(info, packets)
    return Refusal(reason) if reason else PacketTable(packets.times_s())


class _Packets:
    """What decord counts: packets, in the order they are stored."""

    def __init__(self) -> None:
        self.times = array("q")
        self.keys = array("q")
        self.seconds = 0.0
        self.flaw = ""

    def add(self, packet: Any) -> None:
        if packet.pts is None:
            self.flaw = "a picture has no time"
            return
        if packet.is_discard or packet.is_corrupt:
            self.flaw = "some pictures are stored but not shown, or are damaged"
        if packet.is_keyframe:
            self.keys.append(packet.pts)
        elif not self.keys:
            self.flaw = "it does not begin with a keyframe"
        elif packet.pts < self.keys[-1]:
            self.flaw = "pictures stored after a keyframe are shown before it"
        self.times.append(packet.pts)
        self.seconds = float(packet.time_base)

    def distrust(self) -> str:
        """What is wrong with the packets, if anything."""
        if not self.times:
            return "there are no pictures in it"
        if len(set(self.times)) < len(self.times):
            return "two pictures have the same time"
        return self.flaw

    def times_s(self) -> NDArray[np.float64]:
        """The time of each picture in the order shown, in seconds from the first."""
        times = np.sort(np.asarray(self.times))
        seconds: NDArray[np.float64] = (times - times[0]) * self.seconds
        return np.round(seconds, CLOCK_DIGITS)


def _distrust_seeking(container: Any, stream: Any, packets: _Packets) -> str:
    """Whether a seek to a keyframe ends there: decord counts on from where it means to be."""
    if container.format.name.startswith("mov"):
        stored = sum(entry.is_keyframe for entry in stream.index_entries)
        if stored != len(packets.keys):
            return f"the index lists {stored} keyframes, the pictures have {len(packets.keys)}"
    for key in packets.keys:
        try:
            container.seek(key, stream=stream)
            landed = next(packet.pts for packet in container.demux(stream))
        except (av.error.FFmpegError, StopIteration):
            return "it cannot be searched"
        if landed != key:
            return "searching for a keyframe ends at another"
    return ""


def _distrust_order(info: VideoInfo, packets: _Packets) -> str:
    """Whether the decoder hands out the first frames in the order of their times."""
    with open_media(info.path) as container:
        stream = video_stream(container, info.path)
        losses = Losses()
        first = [frame.pts for frame in islice(decoded(container, stream, losses), CHECKED_FRAMES)]
    if losses.packets or first != sorted(packets.times)[: len(first)]:
        return "its first pictures do not come out in the order of their times"
    return ""
