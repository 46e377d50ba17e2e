"""Subtitle files as cues: clean lines of text on the time line, however untidy the file."""

import codecs
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vidqa.errors import UsageError
from vidqa.media.container import quoted
from vidqa.types import Cue

EXTENSIONS = (".srt", ".vtt", ".ass", ".ssa")
"""The files looked for beside a clip, in this order."""

FORMATS = frozenset({"srt", "vtt", "ass", "ssa"})
"""What may be in a subtitle file, in pysubs2's words; told by content, never by the name."""

LARGEST_BYTES = 32 << 20
"""A day of subtitles has a tenth of it; more is a video named by mistake."""

ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[A-Za-z]+\d*);")
KARAOKE_TIME = re.compile(r"<[\d:.]+>")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class SubtitleFile:
    """What a subtitle file says."""

    cues: tuple[Cue, ...]
    """In order of time; overlapping ones are kept."""
    warnings: tuple[str, ...] = ()


def read_subtitles(path: Path) -> SubtitleFile:
    """Read an SRT, WebVTT, ASS or SSA file in UTF-8, UTF-16 with a mark, or Windows-1252.

    Raises:
        UsageError: it cannot be read, or is no such file.

    """
    import pysubs2
    from pysubs2.formats import autodetect_format

    text, warnings = _decode(_content(path), path)
    try:
        known = autodetect_format(text)
        if known not in FORMATS:
            raise UsageError(f"{quoted(path)} holds {known} subtitles; SRT, VTT and ASS are read")
        events = pysubs2.SSAFile.from_string(text, format_=known)
    except (pysubs2.Pysubs2Error, ValueError, OverflowError) as error:
        raise UsageError(f"{quoted(path)} is not an SRT, VTT or ASS subtitle file") from error
    cues = (
        make_cue(event.start / 1000, event.end / 1000, event.plaintext)
        for event in events
        if not event.is_comment and not event.is_drawing
    )
    return SubtitleFile(in_order(cues), warnings)


def make_cue(start_s: float, end_s: float, text: str) -> Cue | None:
    """A cue of one clean line, from times and text as found; None when nothing is said in it."""
    start_s = max(0.0, round(start_s, 3))
    line = clean_line(text)
    return Cue(start_s, max(start_s, round(end_s, 3)), line) if line else None


def clean_line(text: str) -> str:
    """One line: no markup, no control characters, single blanks."""
    text = KARAOKE_TIME.sub("", text)
    text = ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return " ".join(CONTROL_CHARACTERS.sub(" ", text).split())


def in_order(cues: Iterable[Cue | None]) -> tuple[Cue, ...]:
    """The cues that say something, by time; those of one time stay in the order of the file."""
    return tuple(sorted(filter(None, cues), key=lambda cue: (cue.start_s, cue.end_s)))


def sidecars(video: Path, language: str | None) -> tuple[Path, ...]:
    """The subtitle files beside a clip, best first: `clip.srt`, `clip.vtt`, `clip.en.srt`...

    With a language, the files in it come first and those in others are left out.
    """
    prefix = video.stem + "."
    found = []
    for path in video.parent.iterdir():
        if path.suffix.lower() not in EXTENSIONS or not path.name.startswith(prefix):
            continue
        tag = path.stem[len(prefix) :]
        rank = 0 if path.stem == video.stem else _rank(tag, language)
        if rank is not None and path.is_file():
            found.append((rank, EXTENSIONS.index(path.suffix.lower()), path.name, path))
    return tuple(path for *_, path in sorted(found))


def _rank(tag: str, language: str | None) -> int | None:
    """How well a file tagged `clip.TAG.srt` fits; None when the tag is no language or another."""
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?", tag):
        return None
    if language is None:
        return 1
    return -1 if re.split("[-_]", tag.lower())[0] == language.lower() else None


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageError(f"{quoted(path)} is too large for a subtitle file")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"there is no subtitle file {quoted(path)}") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(f"the subtitles {quoted(path)} cannot be read: {reason}") from error


def _decode(content: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    """The text, and a warning when its encoding had to be guessed."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        if marked:
            return content.decode("utf-16"), ()
        if b"\0" in content:
            raise UsageError(f"{quoted(path)} is not a text file")
        try:
            return content.decode("utf-8-sig"), ()
        except UnicodeDecodeError:
            guess = f"the subtitles {quoted(path)} are not UTF-8 and were read as Windows-1252"
            return content.decode("cp1252"), (guess,)
    except UnicodeDecodeError as error:
        raise UsageError(f"{quoted(path)} is not a text file in a known encoding") from error
