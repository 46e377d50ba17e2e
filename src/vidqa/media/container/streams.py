"""What an open container says of the streams in it."""

from fractions import Fraction
from typing import Any

from av.stream import Disposition

from vidqa.media.container.naming import language_mark, title_of
from vidqa.types.media_info import AudioTrack, Chapter, OtherPictures, SubtitleTrack, Transfer

UNKNOWN = "unknown"
"""The codec of a stream that no decoder here reads."""

TRANSFERS: dict[int, Transfer] = {2: "unstated", 16: "pq", 18: "hlg"}
"""By the numbers of ITU-T H.273, table 3; 0 and 3 are reserved, all others are not HDR."""

COARSEST_CLOCK = Fraction(1, 1000)
"""FFmpeg takes the step of such a fine clock for the time between frames when it knows no better:
nobody films at exactly one frame a millisecond or faster into a file that does not say so."""


def audio_tracks(container: Any) -> tuple[AudioTrack, ...]:
    """Every stream of sound, in the order of the file."""
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
    """Every stream of subtitles, in the order of the file."""
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
    """Every stream of pictures but the one shown, covers among them."""
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
    """The chapters, by time; `start_s` is the container's time of the first frame."""
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
    """Frames a second on average, as stated; None when it is only the clock's step."""
    rate = stream.average_rate
    if not rate or not stream.time_base:
        return None
    fine = stream.time_base <= COARSEST_CLOCK
    return None if fine and rate * stream.time_base >= 1 else Fraction(rate)


def pixel_aspect(stream: Any, *, sideways: bool) -> Fraction | None:
    """Width of a pixel over its height, as shown; None when unstated."""
    aspect = stream.sample_aspect_ratio
    if not aspect or aspect <= 0:
        return None
    return 1 / Fraction(aspect) if sideways else Fraction(aspect)


def bit_depth(frame: Any) -> int:
    """Bits of a channel."""
    return max(int(component.bits) for component in frame.format.components)


def transfer(stream: Any, frame: Any) -> Transfer:
    """How brightness is written, as the first frame says, else the stream."""
    said = [
        TRANSFERS.get(int(number), "sdr")
        for number in (frame.color_trc, stream.codec_context.color_trc)
    ]
    return said[0] if said[0] != "unstated" else said[1]


def _codec(stream: Any) -> str:
    return UNKNOWN if stream.codec_context is None else str(stream.codec.canonical_name)


TEXT_CODECS = frozenset({"ass", "mov_text", "srt", "ssa", "subrip", "text", "webvtt"})
"""The others are pictures of text."""


def is_text(stream: Any) -> bool:
    """Whether a stream of subtitles is text that can be read."""
    return stream.codec_context is not None and stream.codec_context.name in TEXT_CODECS
