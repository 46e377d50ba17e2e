"""The packet table of a video stream: when each frame is shown, and which are keyframes."""

from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidqa.media.clock import CLOCK_DIGITS
from vidqa.media.container.open_media import Losses, open_media, readable_packets, video_stream
from vidqa.types.media_info import VideoInfo


@dataclass(frozen=True, slots=True)
class PacketTable:
    """The frames of a stream in display order, by their presentation timestamps."""

    pts: NDArray[np.int64]
    """Increasing; at least one."""
    keys: NDArray[np.int64]
    """Timestamps of the keyframes, increasing; the first frame stored is one."""
    seconds: float
    """Seconds per step of a timestamp."""
    leading: bool
    """Whether some frames are stored after a keyframe and shown before it (open GOPs)."""

    @property
    def times_s(self) -> NDArray[np.float64]:
        """The time of each frame, in seconds from the first."""
        times_s: NDArray[np.float64] = (self.pts - self.pts[0]) * self.seconds
        return np.round(times_s, CLOCK_DIGITS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why frames must be read in another way."""

    reason: str


def tabulate(info: VideoInfo) -> PacketTable | Refusal:
    """Read the packets of a clip without decoding them."""
    if info.raw_rate is not None:
        return Refusal("it is a raw stream without times")
    with open_media(info.path) as container:
        packets, losses = _Packets(), Losses()
        for packet in readable_packets(container, losses, video_stream(container, info.path)):
            if packet.size:
                packets.add(packet)
    if losses.cut_off:
        return Refusal("the file cannot be read to its end")
    flaw = packets.distrust()
    return Refusal(flaw) if flaw else packets.table()


class _Packets:
    """The packets in storage order."""

    def __init__(self) -> None:
        self.pts = array("q")
        self.keys = array("q")
        self.seconds = 0.0
        self.leading = False
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
            self.leading = True
        self.pts.append(packet.pts)
        self.seconds = float(packet.time_base)

    def distrust(self) -> str:
        """Return what is wrong with the packets; empty if nothing is."""
        if not self.pts:
            return self.flaw or "there are no pictures in it"
        if len(set(self.pts)) < len(self.pts):
            return "two pictures have the same time"
        if self.keys and min(self.pts) < self.keys[0]:
            return "it begins with pictures that need what was cut off before them"
        return self.flaw

    def table(self) -> PacketTable:
        """Return the packets in display order."""
        pts, keys = (np.sort(np.asarray(times, np.int64)) for times in (self.pts, self.keys))
        return PacketTable(pts, keys, self.seconds, self.leading)
