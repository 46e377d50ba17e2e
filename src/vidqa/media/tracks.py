"""Subtitles inside a container."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from vidqa.media.container import Losses, clip_start, open_media, readable_packets
from vidqa.media.language import language_of
from vidqa.media.subtitles import SubtitleFile, in_order, make_cue

TEXT_CODECS = frozenset({"ass", "mov_text", "srt", "ssa", "subrip", "text", "webvtt"})
"""The others are pictures of text."""

ASS_FIELDS = 9
"""FFmpeg hands out every text as an ASS event: eight fields, then the text, commas and all."""

UNSAID = frozenset({"", "und", "mis", "mul", "zxx"})
"""Marks that name no one language (ISO 639-2)."""


@dataclass(frozen=True, slots=True)
class Track:
    """A text track that suits."""

    language: str
    """As the container marks it; empty when it does not."""
    text: SubtitleFile


def read_track(path: Path, language: str | None, *, strict: bool = False) -> Track | None:
    """The text track that suits best; None without one.

    With a language, a track that is marked with it comes first, then one without a mark; those in
    others are left out. Among equals, one marked as default comes first, then the first. Forced
    tracks, which only translate signs, do not count.

    Args:
        path: the clip.
        language: the one wanted, in Whisper's letters.
        strict: leave out tracks without a mark, too.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: it cannot be read.

    """
    start_s = clip_start(path)
    with open_media(path) as container:
        ranked = [(_rank(one, language, strict), one) for one in container.streams.subtitles]
        suitable = [(rank, one) for rank, one in ranked if rank is not None]
        if not suitable:
            return None
        _, track = min(suitable, key=lambda pair: pair[0])
        losses = Losses()
        cues = in_order(
            make_cue(begin_s - start_s, end_s - start_s, text)
            for begin_s, end_s, text in _lines(container, track, losses)
        )
        warnings = []
        if losses.packets:
            warnings.append(f"{losses.packets} lines of the text track could not be decoded")
        if losses.cut_off:
            warnings.append("the text track could not be read to its end")
        return Track(_mark(track), SubtitleFile(cues, tuple(warnings)))


def _mark(stream: Any) -> str:
    mark = (stream.language or "").lower()
    return "" if mark in UNSAID else mark


def _rank(stream: Any, language: str | None, strict: bool) -> tuple[bool, bool] | None:
    """Smaller is better; None when it is not suitable."""
    if stream.codec_context is None or stream.codec_context.name not in TEXT_CODECS:
        return None
    if stream.disposition & av.stream.Disposition.forced:
        return None
    mark = _mark(stream)
    fits = language is not None and (language_of(mark) or mark) == language
    if language is not None and not fits and (mark or strict):
        return None
    return not fits, not stream.disposition & av.stream.Disposition.default


def _lines(container: Any, track: Any, losses: Losses) -> Iterator[tuple[float, float, str]]:
    """Begin, end and text of each event, in the container's time; damaged ones are left out."""
    from pysubs2 import SSAEvent

    for packet in readable_packets(container, losses, track):
        if packet.pts is None or not packet.size:
            continue
        try:
            decoded = track.codec_context.decode2(packet)
        except (av.error.FFmpegError, ValueError):
            losses.packets += 1
            continue
        begin_s = float(packet.pts * packet.time_base)
        end_s = begin_s + float((packet.duration or 0) * packet.time_base)
        for event in decoded.rects if decoded else ():
            fields = event.ass.decode("utf-8", errors="replace").split(",", ASS_FIELDS - 1)
            if len(fields) == ASS_FIELDS:
                yield begin_s, end_s, SSAEvent(text=fields[-1]).plaintext
