"""Render the facts about a clip, as rows for people."""

from collections.abc import Iterable
from typing import TextIO

from vidqa.cli.render.escape import printable
from vidqa.cli.render.stdout import put
from vidqa.types.clock import clock
from vidqa.types.media_info import AudioTrack, Chapter, OtherPictures, SubtitleTrack, VideoInfo
from vidqa.types.wording import counted

Row = tuple[str, str]
"""A label and its text."""

TRANSFERS = {"pq": "HDR (PQ)", "hlg": "HDR (HLG)"}


def info_rows(info: VideoInfo, video: str, fingerprint: str) -> list[Row]:
    """Return all facts about one clip, the most useful first."""
    return [
        ("clip", video),
        *([] if info.kind == "picture" else [("duration", _duration(info))]),
        ("picture", "none" if info.kind == "sound" else ", ".join(_picture(info))),
        *([("frames", _frames(info))] if info.kind == "video" else []),
        *(("audio", text) for text in _numbered(map(_audio, info.audio))),
        *([] if info.audio or info.kind == "picture" else [("audio", "none")]),
        *(("subtitles", text) for text in _numbered(map(_subtitles, info.subtitles))),
        *(("not shown", _other(stream)) for stream in info.others),
        *(("chapter", _chapter(chapter)) for chapter in info.chapters),
        ("file", f"{info.container}, {_size(info.size_bytes)}"),
        ("fingerprint", fingerprint),
    ]


def show_rows(rows: list[Row], target: TextIO) -> None:
    """Write a table on a terminal, aligned text in a pipe."""
    safe = [(title, printable(text)) for title, text in rows]
    if target.isatty():
        _show_table(safe, target)
        return
    width = max(len(title) for title, _ in safe)
    for title, text in safe:
        put(f"{title:<{width}}  {text}\n")


def _show_table(rows: Iterable[Row], target: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for title, text in rows:
        table.add_row(title, Text(text))  # a Text is never read as markup
    Console(file=target, highlight=False).print(table)


def _duration(info: VideoInfo) -> str:
    begins = f"; its clock begins at {info.start_s:.3f} s" if round(info.start_s, 3) else ""
    sound = f"; its sound begins {info.lead_s:.3f} s before its pictures" if info.lead_s else ""
    return f"{clock(info.duration_s, 1)} ({info.duration_s:.3f} s){begins}{sound}"


def _picture(info: VideoInfo) -> list[str]:
    parts = [f"{info.width} x {info.height}"]
    if info.display_width != info.width:
        parts.append(f"shown as {info.display_width} x {info.height}")
    parts += [info.codec, f"{info.bit_depth} bit"]
    if info.is_hdr:
        parts.append(TRANSFERS[info.transfer])
    if info.rotation_deg:
        parts.append(f"turned by {info.rotation_deg} degrees counter-clockwise")
    return parts


def _frames(info: VideoInfo) -> str:
    if info.raw_rate is not None:
        return f"counted at {float(info.raw_rate):g} a second: it is a raw stream without times"
    rate = "rate not stated"
    if info.frame_rate is not None:
        rate = f"{float(info.frame_rate):.6g} a second on average"
    count = "number not stated"
    if info.stated_frames is not None:
        count = f"{info.stated_frames} stated"
    return f"{rate}, {count}"


def _audio(track: AudioTrack) -> str:
    parts = [track.codec]
    if not track.is_readable:
        parts.append("cannot be read here")
    if track.channels:
        parts.append("1 channel" if track.channels == 1 else f"{track.channels} channels")
    if track.sample_rate:
        parts.append(f"{track.sample_rate} Hz")
    return ", ".join([*parts, *_flags(track)])


def _subtitles(track: SubtitleTrack) -> str:
    parts = [track.codec, "text" if track.is_text else "pictures, which are not read"]
    if track.cues is not None:
        parts.append(counted(track.cues, "cue"))
    return ", ".join([*parts, *_flags(track), *(["forced"] if track.is_forced else [])])


def _numbered(tracks: Iterable[str]) -> list[str]:
    """Number tracks as `--audio-track` and `--text-track` do, if there are several."""
    lines = list(tracks)
    return lines if len(lines) < 2 else [f"{number}: {one}" for number, one in enumerate(lines, 1)]


def _flags(track: AudioTrack | SubtitleTrack) -> list[str]:
    known = [track.language, track.title and repr(track.title), "default" * track.is_default]
    return list(filter(None, known))


def _other(stream: OtherPictures) -> str:
    kind = "cover picture" if stream.is_cover else "other video"
    return f"{kind}: {stream.width} x {stream.height}, {stream.codec}"


def _chapter(chapter: Chapter) -> str:
    title = f" {chapter.title}" if chapter.title else ""
    return f"{clock(chapter.start_s, 1)} to {clock(chapter.end_s, 1)}{title}"


def _size(size_bytes: int) -> str:
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= step:
            return f"{size_bytes / step:.1f} {unit}"
    return f"{size_bytes} bytes"
