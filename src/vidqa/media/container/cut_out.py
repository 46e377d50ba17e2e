"""Cut a part out of a clip, as a clip of its own."""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from vidqa.errors import NoSpaceError, NotAVideoError, VideoError
from vidqa.media.container.open_media import (
    Losses,
    decoded,
    first_frame,
    open_media,
    quoted,
    readable_packets,
    start_of,
    video_stream,
)
from vidqa.system.file_systems import FULL

CLOCK = Fraction(1, 90_000)
"""Seconds of a tick of encoded video."""
QUALITY = "18"
"""Of libx264: hardly told from the original."""
LONGEST_ORDER = 4
"""Frames that a decoder may yield before an earlier one."""
LONGEST_INTERLEAVED_S = 10.0
"""Seconds by which one stream of a file is ahead of another, at most."""
LONGEST_ORDER_S = 0.5
"""Seconds by which a picture may be decoded before it is shown."""
KEPT = {
    **{".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".3gp": "mov", ".webm": "webm"},
    ".avi": "avi",
}
"""Containers that stay what they are; all other clips become Matroska, which takes nearly any."""
MUXERS = {"mkv": "matroska"}
"""FFmpeg's names of formats that are not called like their files."""


@dataclass(frozen=True, slots=True)
class CutOut:
    """What was cut out, in seconds from the first frame of the clip."""

    start_s: float
    end_s: float


def form_of(path: Path, *, exact: bool) -> str:
    """Return the container that a part of a clip is written in, by which its name ends."""
    return "mp4" if exact else KEPT.get(path.suffix.lower(), "mkv")


def cut_out(
    path: Path, start_s: float, end_s: float, target: Path, form: str, *, exact: bool
) -> CutOut:
    """Write a part of a clip, its pictures and its sound.

    Without `exact` nothing is encoded anew: it takes no time, and begins at the keyframe before
    the start. With it, the part is encoded as H.264 and AAC, and begins and ends where it should.

    Args:
        path: the clip.
        start_s: start, in seconds from its first frame.
        end_s: end, likewise.
        target: the file.
        form: what kind of file it is, as `form_of` says.
        exact: encode it anew.

    Raises:
        VideoError: the clip cannot be read, or its pictures fit into no file without encoding.

    """
    with open_media(path) as container:
        try:
            video = video_stream(container, path)
        except VideoError:
            video = None
            if not container.streams.audio:
                raise
        audio = container.streams.best("audio")
        first_s = _first_s(path) if video is not None else _begin_s(container)
        with av.open(str(target), "w", format=MUXERS.get(form, form)) as out:
            way = _encoded if exact else _copied
            try:
                begun_s, ended_s = way(
                    container, out, video, audio, first_s + start_s, first_s + end_s
                )
            except (av.error.FFmpegError, ValueError) as error:
                if isinstance(error, OSError) and error.errno in FULL:
                    message = f"the disk is full; {quoted(target)} was not written"
                    raise NoSpaceError(message) from error
                hint = None if exact else "--exact encodes the parts anew"
                raise NotAVideoError(
                    f"no part of {quoted(path)} can be cut out: {error}", hint=hint
                ) from error
    return CutOut(begun_s - first_s, ended_s - first_s)


def _first_s(path: Path) -> float:
    with open_media(path) as container:
        frame = first_frame(container, video_stream(container, path))
        return 0.0 if frame is None else start_of(frame)


def _begin_s(container: Any) -> float:
    return float((container.start_time or 0) / av.time_base)


def _copied(
    container: Any, out: Any, video: Any, audio: Any, start_s: float, end_s: float
) -> tuple[float, float]:
    """Copy packets from the keyframe before the start on."""
    streams = [one for one in (video, audio) if one is not None]
    targets = {one.index: out.add_stream_from_template(one, opaque=True) for one in streams}
    begun_s, ended_s = _wind(container, streams[0], start_s), start_s
    last, behind = dict[int, int](), set[int]()
    for packet in readable_packets(container, Losses(), *streams):
        if packet.pts is None:
            continue
        at_s, number = _at(packet), packet.stream_index
        if packet.dts is None:  # Matroska does not tell it of the first few
            reordered = round(LONGEST_ORDER_S / packet.time_base)
            packet.dts = last.get(number, packet.pts - reordered) + 1
        last[number] = packet.dts
        late_s = float(packet.dts * packet.time_base) - end_s
        if late_s >= 0:  # what is heard may come later than what is shown
            behind.add(number)
            if len(behind) == len(streams) or late_s >= LONGEST_INTERLEAVED_S:
                break
        if not begun_s <= at_s < end_s:
            continue
        ended_s = max(ended_s, at_s + float((packet.duration or 0) * packet.time_base))
        shift = round(begun_s / packet.time_base)
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        packet.stream = targets[number]
        out.mux(packet)
    return begun_s, ended_s


def _wind(container: Any, stream: Any, start_s: float) -> float:
    """Go to the last keyframe before a time, the first one if there is none; return its time.

    Raises:
        ValueError: there is none at all.

    """
    for seeks in (True, False):  # without an index, FFmpeg may seek too far
        place_s = start_s if seeks else _begin_s(container)
        container.seek(int(place_s * av.time_base))
        found = None
        for packet in readable_packets(container, Losses(), stream):
            if packet.pts is None or not packet.is_keyframe:
                continue
            if found is not None and _at(packet) > start_s:
                break
            found = _at(packet)
        if found is not None and (found <= start_s or not seeks):
            container.seek(int(place_s * av.time_base))
            return found
    raise ValueError("it has no keyframe")


def _at(packet: Any) -> float:
    return float(packet.pts * packet.time_base)


def _encoded(
    container: Any, out: Any, video: Any, audio: Any, start_s: float, end_s: float
) -> tuple[float, float]:
    """Encode what is shown and heard between two times."""
    parts: list[_Pictures | _Sound] = []
    if video is not None:
        parts.append(_Pictures(video, out))
    if audio is not None:
        parts.append(_Sound(audio, out))
    ended_s = start_s
    for one in parts:
        _wind(container, one.source, start_s)
        for frame in _in_order(decoded(container, one.source, Losses())):
            if frame.time < start_s:
                continue
            if frame.time >= end_s:
                break
            ended_s = max(ended_s, one.add(frame, start_s))
        one.end()
    if ended_s == start_s:
        raise ValueError("nothing is there")
    return start_s, min(ended_s, end_s)


def _in_order(frames: Iterator[Any]) -> Iterator[Any]:
    """Yield frames by their times, even of clips whose decoders confuse them; none goes back."""
    waiting, last_s = list[tuple[float, int, Any]](), -math.inf
    for number, frame in enumerate(frames):
        if frame.time is not None:
            heapq.heappush(waiting, (frame.time, number, frame))
        if len(waiting) > LONGEST_ORDER:
            time_s, _, first = heapq.heappop(waiting)
            if time_s > last_s:
                last_s = time_s
                yield first
    for time_s, _, frame in sorted(waiting):
        if time_s > last_s:
            yield frame


class _Pictures:
    """Encodes pictures, upright."""

    def __init__(self, source: Any, out: Any) -> None:
        self.source, self._out = source, out
        self._stream = out.add_stream("libx264", options={"crf": QUALITY})
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = CLOCK
        self._size: tuple[int, int] | None = None

    def add(self, frame: Any, start_s: float) -> float:
        """Encode a frame; returns when it was shown."""
        pixels = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
        if self._size is None:
            height, width = (side - side % 2 for side in pixels.shape[:2])
            self._size = self._stream.height, self._stream.width = height, width
            shape = self.source.sample_aspect_ratio or Fraction(1)
            is_turned = frame.rotation % 180 != 0
            self._stream.codec_context.sample_aspect_ratio = 1 / shape if is_turned else shape
        height, width = self._size
        shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]))
        if (shown.height, shown.width) != self._size:  # it changes within the clip
            shown = av.VideoFrame.from_ndarray(pixels).reformat(width=width, height=height)
        shown.pts, shown.time_base = round((frame.time - start_s) / CLOCK), CLOCK
        self._out.mux(self._stream.encode(shown))
        return float(frame.time)

    def end(self) -> None:
        """Write what the encoder holds back."""
        if self._size is not None:
            self._out.mux(self._stream.encode(None))


class _Sound:
    """Encodes sound."""

    def __init__(self, source: Any, out: Any) -> None:
        self.source, self._out = source, out
        self._rate = source.rate or 48_000
        layout = "stereo" if source.channels > 1 else "mono"
        self._stream = out.add_stream("aac", rate=self._rate, layout=layout)
        self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=self._rate)

    def add(self, frame: Any, start_s: float) -> float:
        """Encode a piece; returns when it ended."""
        begun_s, lasts_s = frame.time, frame.samples / frame.sample_rate  # resampling changes it
        at = round((begun_s - start_s) * self._rate)
        for part in self._resampler.resample(frame):
            part.pts, part.time_base = at, Fraction(1, self._rate)
            at += part.samples
            self._out.mux(self._stream.encode(part))
        return float(begun_s + lasts_s)

    def end(self) -> None:
        """Write what the encoder holds back."""
        self._out.mux(self._stream.encode(None))
