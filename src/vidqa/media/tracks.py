"""Subtitles inside a container."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from vidqa.media.container import Losses, clip_start, open_media, readable_packets
from vidqa.media.subtitles import in_order, make_cue
from vidqa.types import Cue

TEXT_CODECS = frozenset({"ass", "mov_text", "srt", "ssa", "subrip", "text", "webvtt"})
"""The others are pictures of text."""

ASS_FIELDS = 9
"""FFmpeg hands out every text as an ASS event: eight fields, then the text, commas and all."""


def read_track(path: Path, language: str | None) -> tuple[Cue, ...]:
    """The cues of the text track that suits best; none without one.

    A track in the language asked for comes first, then one marked as default, then the first.
    Forced tracks, which only translate signs, do not count.
    """
    start_s = clip_start(path)
    with open_media(path) as container:
        tracks = [stream for stream in container.streams.subtitles if _is_usable(stream)]
        if not tracks:
            return ()
        track = min(tracks, key=lambda stream: _rank(stream, language))
        return in_order(
            make_cue(begin_s - start_s, end_s - start_s, text)
            for begin_s, end_s, text in _lines(container, track)
        )


def _is_usable(stream: Any) -> bool:
    if stream.codec_context is None or stream.codec_context.name not in TEXT_CODECS:
        return False
    return not stream.disposition & av.stream.Disposition.forced


def _rank(stream: Any, language: str | None) -> tuple[bool, bool]:
    """Smaller is better. Containers name languages by three letters, people by two."""
    spoken = stream.language or ""
    fits = language is not None and spoken[:2].lower() == language[:2].lower()
    return not fits, not stream.disposition & av.stream.Disposition.default


def _lines(container: Any, track: Any) -> Iterator[tuple[float, float, str]]:
    """Begin, end and text of each event, in the container's time; damaged ones are left out."""
    from pysubs2 import SSAEvent

    for packet in readable_packets(container, Losses(), track):
        if packet.pts is None or not packet.size:
            continue
        try:
            decoded = track.codec_context.decode2(packet)
        except (av.error.FFmpegError, ValueError):
            continue
        begin_s = float(packet.pts * packet.time_base)
        end_s = begin_s + float((packet.duration or 0) * packet.time_base)
        for event in decoded.rects if decoded else ():
            fields = event.ass.decode("utf-8", errors="replace").split(",", ASS_FIELDS - 1)
            if len(fields) == ASS_FIELDS:
                yield begin_s, end_s, SSAEvent(text=fields[-1]).plaintext
