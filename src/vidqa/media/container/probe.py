"""What a container says of itself, checked against what can be read."""

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
"""Width and height of the picture that stands for those a sound has not."""

LONGEST_S = 24 * 3600.0
"""A header that claims more than a day is checked."""

FEWEST_BYTES_PER_S = 125.0
"""So is one that claims less than 1 kbit/s: the sum is cheap, because the file is small."""


def probe(path: Path) -> VideoInfo:
    """Look into a file without decoding more than its first frame: a video, a sound, a picture.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: it cannot be read, or no picture in it can be decoded.
        NoVideoStreamError: a media file without any picture or sound that can be decoded.

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
    """All that the headers and the first frame say."""
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
    """A sound, with one grey picture in place of those that it has not."""
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
    """A display matrix's angle as quarter turns counter-clockwise: 0, 90, 180 or 270.

    Angles in between go to the nearest quarter turn; nonsense beyond a full turn means none.
    """
    return round(degrees / 90) * 90 % 360 if abs(degrees) <= 360 else 0


def _claimed_duration(container: Any, stream: Any, start_s: float) -> float:
    """Seconds from the first frame to the end, as the headers say; 0 when they say nothing."""
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
    """Seconds from the first frame to the end of the last packet; reads the whole file."""
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
    """The packets of one stream on the time line."""

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
        """The end of the last packet, which lasts as long as the others when it does not say."""
        average_s = (self.last_s - self.first_s) / (self.count - 1) if self.count > 1 else 0.0
        return self.last_s + (self.last_duration_s or average_s)
