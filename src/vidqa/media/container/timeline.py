"""The times of a clip's frames and keyframes, read without decoding."""

from dataclasses import dataclass

from vidqa.media.clock import CLOCK_DIGITS
from vidqa.media.container.open_media import Losses, open_media, readable_packets, video_stream
from vidqa.types.media_info import VideoInfo


@dataclass(frozen=True, slots=True)
class Timeline:
    """Frame times in seconds from the first frame, in order, none twice."""

    frame_times_s: tuple[float, ...]
    """Times of all frames, including those that are never shown (a few codecs, such as VP9)."""
    key_times_s: tuple[float, ...]
    """Times of the keyframes."""


def read_timeline(info: VideoInfo) -> Timeline:
    """Read the packet times of a clip as far as possible; skip packets without a time.

    Raises:
        VideoError: the clip cannot be read.

    """
    frames, keys = set[float](), set[float]()
    if info.kind != "video":
        return Timeline((0.0,), (0.0,))
    with open_media(info.path) as container:
        stream = video_stream(container, info.path)
        count = 0
        for packet in readable_packets(container, Losses(), stream):
            # AVI knows no times of presentation, only the order of decoding
            stamp = packet.dts if packet.pts is None else packet.pts
            step_s = float(packet.time_base or 0)
            if info.raw_rate is not None and packet.size:
                stamp, step_s = count, float(1 / info.raw_rate)
                count += 1
            if not packet.size or stamp is None or packet.is_discard:
                continue
            time_s = round(stamp * step_s - info.start_s, CLOCK_DIGITS)
            if time_s >= 0:
                frames.add(time_s)
                if packet.is_keyframe:
                    keys.add(time_s)
    return Timeline(tuple(sorted(frames)), tuple(sorted(keys)))
