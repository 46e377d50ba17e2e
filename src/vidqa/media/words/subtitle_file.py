"""Read subtitle files as cues, even if the file is untidy."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vidqa.errors import UsageError
from vidqa.media.container.open_media import quoted
from vidqa.media.cues import Line, clean_cues
from vidqa.media.words.code_pages import code_page, guess_code_page
from vidqa.media.words.counters import renumbered
from vidqa.media.words.ttml import TtmlError, looks_like_ttml, read_ttml
from vidqa.media.worker.heartbeat import working
from vidqa.system.texts import marked_encoding
from vidqa.types import Cue

ASS_EVENTS = re.compile(r"^\[Events\]", re.MULTILINE)

FORMATS = frozenset({"srt", "vtt", "ass", "ssa"})
"""Formats that pysubs2 reads, by its names; detected by content, never by file name."""

READABLE = "SRT, VTT, ASS and TTML"

LARGEST_BYTES = 32 << 20
"""Bytes of a subtitle file at most: ten times a day of subtitles; more is a video by mistake."""

LONGEST_PARSING_S = 300.0
"""Seconds of parsing with heartbeats at most; the largest file takes a minute."""


@dataclass(frozen=True, slots=True)
class SubtitleFile:
    """The cues of a subtitle file."""

    cues: tuple[Cue, ...]
    """Cues in order of time; they may overlap."""
    warnings: tuple[str, ...] = ()


def read_subtitles(path: Path, language: str | None = None) -> SubtitleFile:
    """Read an SRT, WebVTT, ASS, SSA or TTML file.

    Args:
        path: the file; its name is not used to detect the format.
        language: of its text if known, which helps to guess an encoding that is not Unicode.

    Raises:
        UsageError: it cannot be read, or is not a subtitle file.

    """
    content = _content(path)
    with working(LONGEST_PARSING_S):
        text, warnings = _decode(content, path, language)
        lines = _ttml(content, text, path) if looks_like_ttml(text) else _events(text, path)
        return SubtitleFile(clean_cues(lines), warnings)


def _events(text: str, path: Path) -> list[Line]:
    import pysubs2
    from pysubs2.formats import autodetect_format

    try:
        # players do without a section of styles, which the detection looks for
        known = "ass" if ASS_EVENTS.search(text) else autodetect_format(text)
        if known not in FORMATS:
            raise UsageError(f"{quoted(path)} holds {known} subtitles; {READABLE} are read")
        if known in ("srt", "vtt"):
            text = renumbered(text, known == "vtt", _is_timing(known))
        events = pysubs2.SSAFile.from_string(text, format_=known)
        return [
            (event.start / 1000, event.end / 1000, event.plaintext)
            for event in events
            if not event.is_comment and not event.is_drawing
        ]
    except (pysubs2.Pysubs2Error, ValueError, ArithmeticError, LookupError) as error:
        raise UsageError(f"{quoted(path)} is not a subtitle file; {READABLE} are read") from error


def _is_timing(known: str) -> Callable[[str], bool]:
    """Return a test of whether a line is a timing line to the format's parser."""
    from pysubs2.formats import get_format_class

    stamp: re.Pattern[str] = vars(get_format_class(known))["TIMESTAMP"]
    return lambda line: len(stamp.findall(line)) == 2


def _ttml(content: bytes, text: str, path: Path) -> list[Line]:
    """Read TTML in the encoding it declares; if that is wrong, read the decoded text."""
    try:
        try:
            return read_ttml(content)
        except TtmlError:
            return read_ttml(text)
    except TtmlError as error:
        raise UsageError(f"{quoted(path)} is damaged TTML: {error}") from error


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageError(f"{quoted(path)} is too large for a subtitle file")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"there is no subtitle file {quoted(path)}") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(f"the subtitles {quoted(path)} cannot be read: {reason}") from error
    if not content:
        raise UsageError(f"the subtitles {quoted(path)} are empty (0 bytes)")
    return content


def _decode(content: bytes, path: Path, language: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the text, and a warning if its encoding had to be guessed."""
    encoding = marked_encoding(content)
    try:
        if encoding is not None:
            return content.decode(encoding), ()
        if b"\0" in content:
            guess = _utf16(content, path)
        else:
            try:
                return content.decode("utf-8"), ()
            except UnicodeDecodeError:
                guess = code_page(language) if language else guess_code_page(content)
        name = guess.replace("cp125", "Windows-125").upper().replace("WINDOWS", "Windows")
        warning = f"the subtitles {quoted(path)} are not UTF-8 and were read as {name}"
        if language is None:
            warning += "; --language says what they are in"
        return content.decode(guess), (warning,)
    except UnicodeDecodeError as error:
        raise UsageError(f"{quoted(path)} is not a text file in a known encoding") from error


def _utf16(content: bytes, path: Path) -> str:
    """Return which UTF-16 a file without a BOM is in: most of every other byte is zero."""
    for encoding, zeros in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        if zeros.count(0) > len(zeros) // 2:
            return encoding
    raise UsageError(f"{quoted(path)} is not a text file")
