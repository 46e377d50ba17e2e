"""Probe a file: its container's metadata, checked against what can be read."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import av

from vidqa.errors import NotAVideoError, NoVideoStreamError
from vidqa.media.container import streams
from vidqa.media.container.open_media import (
    Losses,
    first_frame,
    is_picture,
    lead_of,
    open_media,
    quoted,
    raw_rate,
    readable_packets,
    start_of,
    video_stream,
)
from vidqa.media.container.still import describe_picture
from vidqa.types.media_info import VideoInfo

GREY_SIDE = 256
"""Pixels of width and height of the grey frame that stands in for a sound's pictures."""

LONGEST_S = 24 * 3600.0
"""Seconds beyond which a duration in a header is checked (one day)."""

FEWEST_BYTES_PER_S = 125.0
"""Bytes per second (1 kbit/s) below which it is checked too: cheap, as the file is small."""


def probe(path: Path) -> VideoInfo:
    """Probe a video, sound or picture, decoding its first frame at most.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: it cannot be read, or no picture in it can be decoded.
        NoVideoStreamError: it has no picture and no sound that can be decoded.

    """
    with open_media(path) as container:
        if is_picture(container):
            return describe_picture(path, container.format.name)
        try:
            stream = video_stream(container, path)
        except NoVideoStreamError:
            if not any(one.codec_context for one in container.streams.audio):
                raise
            info = _describe_sound(container, path)
        else:
            frame = first_frame(container, stream)
            if frame is None:
                raise NotAVideoError(
                    f"{quoted(path)} is damaged: not one of its pictures can be decoded"
                )
            info = _describe(container, stream, frame, path)
    if _is_believable(info.duration_s, info.size_bytes):
        return info
    return replace(info, duration_s=_measured_duration(path, info.start_s))


def _describe(container: Any, stream: Any, frame: Any, path: Path) -> VideoInfo:
    """Describe a video by its headers and its first frame."""
    rotation_deg = clean_rotation(frame.rotation)
    sideways = rotation_deg in (90, 270)
    start_s = start_of(frame)
    audio = streams.audio_tracks(container)
    return VideoInfo(
        path=path,
        duration_s=_claimed_duration(container, stream, start_s),
        width=frame.height if sideways else frame.width,
        height=frame.width if sideways else frame.height,
        codec=stream.codec.canonical_name,
        container=container.format.name,
        rotation_deg=rotation_deg,
        has_audio=any(track.is_readable for track in audio),
        start_s=start_s,
        raw_rate=raw_rate(container, stream),
        lead_s=lead_of(container, start_s),
        size_bytes=path.stat().st_size,
        stated_frames=stream.frames or None,
        frame_rate=streams.frame_rate(stream),
        time_base=stream.time_base,
        pixel_aspect=streams.pixel_aspect(stream, sideways=sideways),
        bit_depth=streams.bit_depth(frame),
        transfer=streams.transfer(stream, frame),
        audio=audio,
        subtitles=streams.subtitle_tracks(container),
        others=streams.other_pictures(container, stream),
        chapters=streams.chapters(container, start_s),
    )


def _describe_sound(container: Any, path: Path) -> VideoInfo:
    """Describe a sound; one grey frame stands in for its pictures."""
    start_s = float((container.start_time or 0) / av.time_base)
    return VideoInfo(
        path=path,
        duration_s=max(0.0, float((container.duration or 0) / av.time_base)),
        width=GREY_SIDE,
        height=GREY_SIDE,
        codec="none",
        container=container.format.name,
        rotation_deg=0,
        has_audio=True,
        kind="sound",
        start_s=start_s,
        size_bytes=path.stat().st_size,
        audio=streams.audio_tracks(container),
        subtitles=streams.subtitle_tracks(container),
        chapters=streams.chapters(container, start_s),
    )


def clean_rotation(degrees: int) -> int:
    """Round a display matrix's angle to 0, 90, 180 or 270 degrees counter-clockwise.

    An angle beyond a full turn is nonsense and gives 0.
    """
    return round(degrees / 90) * 90 % 360 if abs(degrees) <= 360 else 0


def _claimed_duration(container: Any, stream: Any, start_s: float) -> float:
    """Return the seconds from the first frame to the end as the headers state; 0 if unstated."""
    if raw_rate(container, stream) is not None:
        return 0.0  # FFmpeg guesses from the size
    if container.duration:
        # Matroska writes the end of its last picture, others the length of what they hold.
        is_matroska = container.format.name.startswith("matroska")
        begin = 0 if is_matroska else container.start_time or 0
        return float((begin + container.duration) / av.time_base - start_s)
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return 0.0


def _is_believable(duration_s: float, size_bytes: int) -> bool:
    return 0 < duration_s <= LONGEST_S and size_bytes / duration_s >= FEWEST_BYTES_PER_S


def _measured_duration(path: Path, start_s: float) -> float:
    """Measure the seconds from the first frame to the last packet's end; reads the whole file."""
    with open_media(path) as container:
        tracks = {stream.index: _Track() for stream in container.streams.video}
        tracks |= {stream.index: _Track() for stream in container.streams.audio}
        rates = {stream.index: raw_rate(container, stream) for stream in container.streams.video}
        for packet in readable_packets(container, Losses()):
            if packet.size and (rate := rates.get(packet.stream_index)):
                track = tracks[packet.stream_index]
                track.add(track.count / float(rate), 1 / float(rate))
            elif packet.pts is not None and packet.stream_index in tracks:
                seconds = float(packet.time_base)
                duration_s = (packet.duration or 0) * seconds
                tracks[packet.stream_index].add(packet.pts * seconds, duration_s)
    return max(0.0, max(track.end_s for track in tracks.values()) - start_s)


class _Track:
    """The time span that the packets of one stream cover."""

    def __init__(self) -> None:
        self.count = 0
        self.first_s = self.last_s = self.last_duration_s = 0.0

    def add(self, time_s: float, duration_s: float) -> None:
        self.first_s = min(self.first_s, time_s) if self.count else time_s
        if not self.count or time_s >= self.last_s:
            self.last_s, self.last_duration_s = time_s, duration_s
        self.count += 1

    @property
    def end_s(self) -> float:
        """The end of the last packet; one without a duration lasts as long as the average."""
        average_s = (self.last_s - self.first_s) / (self.count - 1) if self.count > 1 else 0.0
        return self.last_s + (self.last_duration_s or average_s)
