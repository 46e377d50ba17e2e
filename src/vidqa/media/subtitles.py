"""Subtitle files as cues: clean lines of text on the time line, however untidy the file."""

import codecs
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vidqa.errors import UsageError
from vidqa.media.container import quoted
from vidqa.media.language import TAG, code_page, language_of
from vidqa.media.ttml import TtmlError, looks_like_ttml, read_ttml
from vidqa.types import Cue

EXTENSIONS = (".srt", ".vtt", ".ass", ".ssa", ".ttml", ".dfxp")
"""The files looked for beside a clip, in this order."""

ASS_EVENTS = re.compile(r"^\[Events\]", re.MULTILINE)

FORMATS = frozenset({"srt", "vtt", "ass", "ssa"})
"""What is read by pysubs2, in its words; told by content, never by the name."""

READABLE = "SRT, VTT, ASS and TTML"

LARGEST_BYTES = 32 << 20
"""A day of subtitles has a tenth of it; more is a video named by mistake."""

LONGEST_S = 1e8
"""Three years: a time beyond it is no time."""

ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[A-Za-z]+\d*);")
KARAOKE_TIME = re.compile(r"<[\d:.]+>")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}
"""What a file that says its encoding begins with, the longer ones first."""

ROLL_S = 0.1
"""A line that stands on from one cue to the next has no longer break than this."""

FLASH_S = 0.05
"""A cue that nobody could read only holds the last one's line until the next comes."""


@dataclass(frozen=True, slots=True)
class SubtitleFile:
    """What a subtitle file says."""

    cues: tuple[Cue, ...]
    """In order of time; overlapping ones are kept."""
    warnings: tuple[str, ...] = ()


def read_subtitles(path: Path, language: str | None = None) -> SubtitleFile:
    """Read an SRT, WebVTT, ASS, SSA or TTML file.

    Args:
        path: the file; its name says nothing of its format.
        language: of its text if known, which helps to guess an encoding that is not Unicode.

    Raises:
        UsageError: it cannot be read, or is no such file.

    """
    content = _content(path)
    text, warnings = _decode(content, path, language)
    lines = _ttml(content, text, path) if looks_like_ttml(text) else _events(text, path)
    cues = in_order(make_cue(*line) for line in _unrolled(sorted(lines, key=lambda one: one[:2])))
    return SubtitleFile(cues, warnings)


Line = tuple[float, float, str]
"""Begin and end in seconds, and text of one or several lines."""


def _events(text: str, path: Path) -> list[Line]:
    import pysubs2
    from pysubs2.formats import autodetect_format

    try:
        # players do without a section of styles, which the detection looks for
        known = "ass" if ASS_EVENTS.search(text) else autodetect_format(text)
        if known not in FORMATS:
            raise UsageError(f"{quoted(path)} holds {known} subtitles; {READABLE} are read")
        events = pysubs2.SSAFile.from_string(text, format_=known)
        return [
            (event.start / 1000, event.end / 1000, event.plaintext)
            for event in events
            if not event.is_comment and not event.is_drawing
        ]
    except (pysubs2.Pysubs2Error, ValueError, ArithmeticError, LookupError) as error:
        raise UsageError(f"{quoted(path)} is no subtitle file; {READABLE} are read") from error


def _ttml(content: bytes, text: str, path: Path) -> list[Line]:
    """The bytes know their encoding best; a file that lies about it is read as it was decoded."""
    try:
        try:
            return read_ttml(content)
        except TtmlError:
            return read_ttml(text)
    except TtmlError as error:
        raise UsageError(f"{quoted(path)} is damaged TTML: {error}") from error


def _unrolled(lines: Iterable[Line]) -> Iterator[Line]:
    """Leave out lines that the cue before showed last: captions that roll up say all twice."""
    shown: list[str] = []
    shown_until_s = 0.0
    for begin_s, end_s, text in lines:
        rows = list(filter(None, map(clean_line, text.split("\n"))))
        again = _rolled(shown, rows) if begin_s <= shown_until_s + ROLL_S else 0
        if again == len(shown) == len(rows) and end_s - begin_s > FLASH_S:
            again = 0  # somebody says the same once more
        shown, shown_until_s = rows, end_s
        yield begin_s, end_s, "\n".join(rows[again:])


def _rolled(shown: list[str], rows: list[str]) -> int:
    """How many of the first rows are the last ones shown before."""
    most = min(len(rows), len(shown))
    return next((count for count in range(most, 0, -1) if shown[-count:] == rows[:count]), 0)


def make_cue(start_s: float, end_s: float, text: str) -> Cue | None:
    """A cue of one clean line, from times and text as found; None when nothing is said in it."""
    start_s = max(0.0, round(start_s, 3))
    line = clean_line(text)
    if not line or not start_s < LONGEST_S:
        return None
    return Cue(start_s, min(LONGEST_S, max(start_s, round(end_s, 3))), line)


def clean_line(text: str) -> str:
    """One line: no markup, no control characters, single blanks."""
    text = KARAOKE_TIME.sub("", text)
    text = ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return " ".join(CONTROL_CHARACTERS.sub(" ", text).split())


def in_order(cues: Iterable[Cue | None]) -> tuple[Cue, ...]:
    """The cues that say something, by time; those of one time stay in the order of the file."""
    return tuple(sorted(filter(None, cues), key=lambda cue: (cue.start_s, cue.end_s)))


def sidecars(video: Path, language: str | None, *, strict: bool = False) -> tuple[Path, ...]:
    """The subtitle files beside a clip, best first: `clip.srt`, `clip.vtt`, `clip.en.srt`...

    With a language, the files in it come first and those in others are left out; if `strict`, so
    are those that do not name theirs. Forced ones, which only translate signs, do not count.
    """
    prefix = video.stem + "."
    found = []
    for path in video.parent.iterdir():
        if path.suffix.lower() not in EXTENSIONS or not path.name.startswith(prefix):
            continue
        rank = _rank(path.stem[len(video.stem) :], language, strict)
        if rank is not None and path.is_file():
            found.append((rank, EXTENSIONS.index(path.suffix.lower()), path.name, path))
    return tuple(path for *_, path in sorted(found))


def spoken_in(sidecar: Path, video: Path) -> str | None:
    """The language a file beside a clip is marked with; None when it is not."""
    return _tags(sidecar.stem[len(video.stem) :])[0]


HINTS = frozenset({"cc", "sdh", "hi", "default", "forced", "foreign"})
"""What media players write beside the language: `clip.en.sdh.srt`."""

LEFT_OUT = frozenset({"forced", "foreign"})


def _tags(tail: str) -> tuple[str | None, frozenset[str]]:
    """The language and the hints in `.en.sdh`; other words are hints that nobody knows."""
    words = tail.lower().split(".")[1:]
    for place, word in enumerate(words):
        match = TAG.fullmatch(word)
        if match and (word not in HINTS or (place == 0 and language_of(word))):
            return language_of(word) or match[1], frozenset(words[:place] + words[place + 1 :])
    return None, frozenset(words)


def _rank(tail: str, language: str | None, strict: bool) -> int | None:
    """How well a file fits that is named `clip` + tail + `.srt`; None when it does not."""
    spoken, hints = _tags(tail)
    if hints & LEFT_OUT or hints - HINTS:
        return None
    if spoken is None:
        return None if strict else 0
    if language is None:
        return 1
    return -1 if spoken == language else None


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
    """The text, and a warning when its encoding had to be guessed."""
    encoding = next((MARKS[mark] for mark in MARKS if content.startswith(mark)), None)
    try:
        if encoding is not None:
            return content.decode(encoding), ()
        if b"\0" in content:
            guess = _utf16(content, path)
        else:
            try:
                return content.decode("utf-8"), ()
            except UnicodeDecodeError:
                guess = code_page(language)
        name = guess.replace("cp125", "Windows-125").upper().replace("WINDOWS", "Windows")
        warning = f"the subtitles {quoted(path)} are not UTF-8 and were read as {name}"
        if language is None:
            warning += "; --language says what they are in"
        return content.decode(guess), (warning,)
    except UnicodeDecodeError as error:
        raise UsageError(f"{quoted(path)} is not a text file in a known encoding") from error


def _utf16(content: bytes, path: Path) -> str:
    """Text without a mark that has a zero in every other byte, for the most part."""
    for encoding, zeros in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        if zeros.count(0) > len(zeros) // 2:
            return encoding
    raise UsageError(f"{quoted(path)} is not a text file")
