"""Read the text tracks in a container and choose the one that holds what is said."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from vidqa.errors import UsageError
from vidqa.media.container.naming import language_mark, name_of, pick, title_of
from vidqa.media.container.open_media import (
    Losses,
    open_media,
    quoted,
    readable_packets,
    words_start,
)
from vidqa.media.container.streams import is_text
from vidqa.media.cues import Line, clean_cues
from vidqa.media.languages import language_of
from vidqa.media.words.subtitle_file import SubtitleFile
from vidqa.media.words.telemetry import READINGS, is_telemetry
from vidqa.types.media_info import VideoInfo

ASS_FIELDS = 9
"""Fields of an ASS event, as which FFmpeg returns every text: eight, then the text with commas."""

NOT_THE_TALK = re.compile(r"\b(?:commentary|forced|karaoke|lyrics?|signs?|songs?)\b", re.IGNORECASE)
"""Words in titles of tracks that hold something other than what is said, or talk about it."""

THIN = 0.5
"""Share of the fullest track's covered time below which a track holds only part of the words."""

OPTION = "--text-track"


@dataclass(frozen=True, slots=True)
class Track:
    """A text track that was read."""

    name: str
    """Name for people: its number as `vidqa info` counts, then language and title in brackets."""
    language: str
    """Language code in the container; empty if there is none."""
    title: str
    is_default: bool
    text: SubtitleFile

    @property
    def is_other(self) -> bool:
        """Whether its title shows that it holds something other than what is said."""
        return NOT_THE_TALK.search(self.title) is not None

    @property
    def covered_s(self) -> float:
        """The seconds for which it shows text."""
        covered_s = until_s = 0.0
        for cue in self.text.cues:
            covered_s += max(0.0, cue.end_s - max(until_s, cue.start_s))
            until_s = max(until_s, cue.end_s)
        return covered_s


@dataclass(frozen=True, slots=True)
class Tracks:
    """The chosen text track of a clip, and the others."""

    chosen: Track | None = None
    others: tuple[str, ...] = ()
    """Names, for people, of the other tracks that hold text."""
    warnings: tuple[str, ...] = ()
    """The tracks that were passed over, and why."""


def read_tracks(
    path: Path, language: str | None, *, strict: bool = False, wanted: str | None = None
) -> Tracks:
    """Read the text tracks and choose the one that holds what is said.

    With a language, tracks marked with it come first, then those without a mark; tracks in other
    languages are left out. Among equals, tracks that hold most of what the fullest holds and are
    not called `Signs & Songs` or the like come first; then one marked as default; then the first.
    Forced tracks, which only translate signs, do not count, and neither does telemetry.

    Args:
        path: the clip.
        language: the requested language, as Whisper's code.
        strict: leave out tracks without a mark, too.
        wanted: number or language of the track to use, whatever it holds.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: it cannot be read.
        UsageError: the requested track does not exist, or is not text.

    """
    start_s = words_start(path)
    with open_media(path) as container:
        streams = list(container.streams.subtitles)
        names = {one.index: name_of(number, one) for number, one in enumerate(streams, start=1)}
        if wanted is not None:
            number, stream = pick(streams, wanted, OPTION, path)
            if not is_text(stream):
                raise UsageError(f"subtitles {number} of {quoted(path)} are pictures, not text")
            suitable = [stream]
        else:
            suitable = [one for one in streams if _suits(one, language, strict=strict)]
        found = _read(container, suitable, names, start_s)
        texts = [names[one.index] for one in streams if is_text(one)]
    telemetry = [] if wanted else [one for one in found if is_telemetry(one.text.cues)]
    worthy = [one for one in found if one not in telemetry and (wanted or one.text.cues)]
    chosen = _best(worthy, language)
    return Tracks(
        chosen,
        () if wanted else tuple(name for name in texts if chosen is None or name != chosen.name),
        tuple(f"passed over: text track {one.name}: {READINGS}" for one in telemetry),
    )


def with_cues(info: VideoInfo) -> VideoInfo:
    """Return the info with the cues of each text track counted; reads the whole file."""
    with open_media(info.path) as container:
        texts = [one for one in container.streams.subtitles if is_text(one)]
        counts = [len(track.text.cues) for track in _read(container, texts, {}, info.start_s)]
    left = iter(counts)
    return replace(
        info,
        subtitles=tuple(
            replace(one, cues=next(left)) if one.is_text else one for one in info.subtitles
        ),
    )


def _suits(stream: Any, language: str | None, *, strict: bool) -> bool:
    if not is_text(stream) or stream.disposition & Disposition.forced:
        return False
    mark = language_mark(stream)
    return language is None or _is_in(mark, language) or not (mark or strict)


def _is_in(mark: str, language: str | None) -> bool:
    return language is not None and (language_of(mark) or mark) == language


def _best(tracks: Sequence[Track], language: str | None) -> Track | None:
    """Return the first of the best tracks; None if there are none."""
    fullest_s = max((one.covered_s for one in tracks if not one.is_other), default=0.0)

    def rank(track: Track) -> tuple[bool, bool, bool, bool]:
        return (
            not _is_in(track.language, language),
            track.is_other,
            track.covered_s < THIN * fullest_s,
            not track.is_default,
        )

    return min(tracks, key=rank, default=None)


def _read(
    container: Any, streams: Sequence[Any], names: dict[int, str], start_s: float
) -> list[Track]:
    """Read all the streams in one pass over the file."""
    losses = Losses()
    lines: dict[int, list[Line]] = {one.index: [] for one in streams}
    lost = dict.fromkeys(lines, 0)
    for packet in readable_packets(container, losses, *streams) if streams else ():
        if packet.pts is None or not packet.size:
            continue
        try:
            lines[packet.stream_index] += _lines(packet, start_s)
        except (av.error.FFmpegError, ValueError):
            lost[packet.stream_index] += 1
    return [
        Track(
            names.get(one.index, ""),
            language_mark(one),
            title_of(one),
            bool(one.disposition & Disposition.default),
            SubtitleFile(
                clean_cues(lines[one.index]), _told(lost[one.index], cut_off=losses.cut_off)
            ),
        )
        for one in streams
    ]


def _told(lost: int, *, cut_off: bool) -> tuple[str, ...]:
    """Return warnings of what is missing from a track."""
    warnings = []
    if lost:
        warnings.append(f"{lost} lines of the text track could not be decoded")
    if cut_off:
        warnings.append("the text track could not be read to its end")
    return tuple(warnings)


def _lines(packet: Any, start_s: float) -> Iterator[Line]:
    """Yield start, end and text of each event, in seconds from the clip's start."""
    from pysubs2 import SSAEvent

    decoded = packet.stream.codec_context.decode2(packet)
    begin_s = float(packet.pts * packet.time_base) - start_s
    end_s = begin_s + float((packet.duration or 0) * packet.time_base)
    for event in decoded.rects if decoded else ():
        fields = event.ass.decode("utf-8", errors="replace").split(",", ASS_FIELDS - 1)
        if len(fields) == ASS_FIELDS:
            yield begin_s, end_s, SSAEvent(text=fields[-1]).plaintext
