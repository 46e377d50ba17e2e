"""Describe the streams of an open container."""

from fractions import Fraction
from typing import Any

from av.stream import Disposition

from vidqa.media.container.naming import language_mark, title_of
from vidqa.types.media_info import AudioTrack, Chapter, OtherPictures, SubtitleTrack, Transfer

UNKNOWN = "unknown"
"""The codec name of a stream that no decoder here reads."""

TRANSFERS: dict[int, Transfer] = {2: "unstated", 16: "pq", 18: "hlg"}
"""Transfer functions by their ITU-T H.273 numbers, table 3; 0 and 3 are reserved, others SDR."""

COARSEST_CLOCK = Fraction(1, 1000)
"""Seconds per step of a clock so fine that a frame rate of one per step is only FFmpeg's guess:
nobody films at exactly one frame per millisecond or faster into a file that does not say so."""


def audio_tracks(container: Any) -> tuple[AudioTrack, ...]:
    """Return the audio streams, in the order of the file."""
    return tuple(_audio_track(stream) for stream in container.streams.audio)


def _audio_track(stream: Any) -> AudioTrack:
    codec = stream.codec_context
    return AudioTrack(
        codec=_codec(stream),
        language=language_mark(stream),
        channels=0 if codec is None else codec.layout.nb_channels,
        sample_rate=0 if codec is None else codec.sample_rate or 0,
        is_default=bool(stream.disposition & Disposition.default),
        is_readable=codec is not None,
        title=title_of(stream),
    )


def subtitle_tracks(container: Any) -> tuple[SubtitleTrack, ...]:
    """Return the subtitle streams, in the order of the file."""
    return tuple(
        SubtitleTrack(
            codec=_codec(stream),
            language=language_mark(stream),
            is_text=is_text(stream),
            is_default=bool(stream.disposition & Disposition.default),
            is_forced=bool(stream.disposition & Disposition.forced),
            title=title_of(stream),
        )
        for stream in container.streams.subtitles
    )


def other_pictures(container: Any, shown: Any) -> tuple[OtherPictures, ...]:
    """Return the video streams other than the one shown, including cover pictures."""
    return tuple(
        OtherPictures(
            codec=_codec(stream),
            width=0 if stream.codec_context is None else stream.codec_context.width,
            height=0 if stream.codec_context is None else stream.codec_context.height,
            is_cover=bool(stream.disposition & Disposition.attached_pic),
        )
        for stream in container.streams.video
        if stream.index != shown.index
    )


def chapters(container: Any, start_s: float) -> tuple[Chapter, ...]:
    """Return the chapters by time; `start_s` is the container time of the first frame."""
    found = [
        Chapter(
            max(0.0, float(one["start"] * one["time_base"]) - start_s),
            max(0.0, float(one["end"] * one["time_base"]) - start_s),
            str(one["metadata"].get("title", "")),
        )
        for one in container.chapters()
    ]
    return tuple(sorted(found, key=lambda chapter: (chapter.start_s, chapter.end_s)))


def frame_rate(stream: Any) -> Fraction | None:
    """Return the stated average frame rate; None if it is only the clock's step."""
    rate = stream.average_rate
    if not rate or not stream.time_base:
        return None
    fine = stream.time_base <= COARSEST_CLOCK
    return None if fine and rate * stream.time_base >= 1 else Fraction(rate)


def pixel_aspect(stream: Any, *, sideways: bool) -> Fraction | None:
    """Return the width of a pixel over its height, as shown; None if unstated."""
    aspect = stream.sample_aspect_ratio
    if not aspect or aspect <= 0:
        return None
    return 1 / Fraction(aspect) if sideways else Fraction(aspect)


def bit_depth(frame: Any) -> int:
    """Return the bits per channel; of channels that differ, the most."""
    return max(int(component.bits) for component in frame.format.components)


def transfer(stream: Any, frame: Any) -> Transfer:
    """Return the transfer function that the first frame states, else the stream."""
    stated = [
        TRANSFERS.get(int(number), "sdr")
        for number in (frame.color_trc, stream.codec_context.color_trc)
    ]
    return stated[0] if stated[0] != "unstated" else stated[1]


def _codec(stream: Any) -> str:
    return UNKNOWN if stream.codec_context is None else str(stream.codec.canonical_name)


TEXT_CODECS = frozenset({"ass", "mov_text", "srt", "ssa", "subrip", "text", "webvtt"})
"""FFmpeg's names of subtitle codecs that hold text; the others hold pictures of it."""


def is_text(stream: Any) -> bool:
    """Return whether a subtitle stream is text that can be read."""
    return stream.codec_context is not None and stream.codec_context.name in TEXT_CODECS
