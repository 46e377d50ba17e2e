"""Read the words and times of timed text in XML (W3C TTML and its predecessor DFXP).

pysubs2 reads TTML, too, but refuses times in frames and ticks, which broadcasters and streaming
services use, and supports neither `dur` nor times of spans. The XML is parsed by expat: entities
are refused, and nothing is ever fetched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

TTML = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?tt[\s>]")
"""The start of the root element, with any prefix."""

CLOCK = re.compile(r"(\d+):([0-5]?\d):(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?")
OFFSET = re.compile(r"(\d+(?:\.\d+)?)(h|m|s|ms|f|t)")
SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}

DEFAULT_FRAME_RATE = 30.0
"""Frames per second if the file states no rate (TTML 2, 7.2.3)."""

DEEPEST = 64
"""Levels of nesting allowed: subtitles have a few, a bomb has more."""

SPOKEN = frozenset({"p", "span"})
"""Elements whose text is shown; others hold metadata and styles."""


class TtmlError(ValueError):
    """An error for content that is not timed text, is damaged, or is refused."""


@dataclass(slots=True)
class Timed:
    """An element with its times, in seconds."""

    tag: str
    begin_s: float
    end_s: float | None
    next_s: float
    """Start of its next child if it shows them one after the other."""
    in_sequence: bool = False
    own_time: bool = False
    text: list[str] = field(default_factory=list)


def looks_like_ttml(text: str) -> bool:
    """Return whether a text is timed text, judged by its beginning."""
    return bool(TTML.search(text[:4096])) and text.lstrip("\ufeff \t\r\n").startswith("<")


def read_ttml(content: bytes | str) -> list[tuple[float, float, str]]:
    """Return start and end in seconds, and text, of everything that is shown.

    Raises:
        TtmlError: it is not well-formed, or not timed text.

    """
    return list(_Reader().read(content))


class _Reader:
    def __init__(self) -> None:
        self._lines: list[tuple[float, float, str]] = []
        self._open: list[Timed] = []
        self._frame_rate = DEFAULT_FRAME_RATE
        self._tick_rate = 0.0
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._refuse
        self._parser = parser

    def read(self, content: bytes | str) -> Iterator[tuple[float, float, str]]:
        try:
            self._parser.Parse(content, True)
        except TtmlError:
            raise
        except (expat.ExpatError, ValueError, OverflowError, LookupError) as error:
            raise TtmlError(str(error)) from error
        yield from self._lines

    def _refuse(self, *_: object) -> None:
        raise TtmlError("it declares entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _local(name)
        given = {_local(key): value.strip() for key, value in attributes.items()}
        if not self._open:
            if tag != "tt":
                raise TtmlError("its root element is not tt")
            self._rates(given)
        if len(self._open) >= DEEPEST:
            raise TtmlError("it is nested too deeply")
        if tag == "br":
            self._characters(" ")
        self._open.append(self._timed(tag, given))

    def _rates(self, given: dict[str, str]) -> None:
        """Read the frame rate and the tick rate (TTML 2, 7.2)."""
        rate = _number(given.get("frameRate")) or DEFAULT_FRAME_RATE
        multiplier = [_number(one) for one in given.get("frameRateMultiplier", "").split()]
        if len(multiplier) == 2 and all(multiplier):
            rate *= multiplier[0] / multiplier[1]
        self._frame_rate = rate
        stated = rate * (_number(given.get("subFrameRate")) or 1) if "frameRate" in given else 1.0
        self._tick_rate = _number(given.get("tickRate")) or stated

    def _timed(self, tag: str, given: dict[str, str]) -> Timed:
        """Return an element with its times: relative to its parent's start or its sibling's end."""
        parent = self._open[-1] if self._open else Timed("", 0.0, None, 0.0)
        base_s = parent.next_s if parent.in_sequence else parent.begin_s
        begin_s = base_s + (self._seconds(given.get("begin")) or 0.0)
        ends = [] if parent.end_s is None else [parent.end_s]
        if (end_s := self._seconds(given.get("end"))) is not None:
            ends.append(base_s + end_s)
        if (duration_s := self._seconds(given.get("dur"))) is not None:
            ends.append(begin_s + duration_s)
        return Timed(
            tag,
            begin_s,
            min(ends, default=None),
            begin_s,
            in_sequence=given.get("timeContainer") == "seq",
            own_time=tag == "p" or not given.keys().isdisjoint(("begin", "end", "dur")),
        )

    def _seconds(self, text: str | None) -> float | None:
        """Parse a time expression into seconds; None if there is none, or an invalid one."""
        if text is None:
            return None
        if match := CLOCK.fullmatch(text):
            hours, minutes, seconds, frames = (float(part or 0) for part in match.groups())
            return hours * 3600 + minutes * 60 + seconds + frames / self._frame_rate
        if match := OFFSET.fullmatch(text):
            rates = {"f": 1 / self._frame_rate, "t": 1 / self._tick_rate}
            return float(match[1]) * (SECONDS | rates)[match[2]]
        return None

    def _characters(self, text: str) -> None:
        """Add text to the innermost element with times of its own: its span, or its paragraph."""
        if not self._open or self._open[-1].tag not in SPOKEN:
            return
        for one in reversed(self._open):
            if one.tag not in SPOKEN:
                return
            if one.own_time:
                one.text.append(text)
                return

    def _end(self, _: str) -> None:
        done = self._open.pop()
        if self._open:
            self._open[-1].next_s = done.begin_s if done.end_s is None else done.end_s
        text = " ".join("".join(done.text).split())
        if text:
            end_s = done.begin_s if done.end_s is None else done.end_s
            self._lines.append((done.begin_s, max(done.begin_s, end_s), text))


def _local(name: str) -> str:
    """Return a name without its namespace: TTML has had several."""
    return name.rpartition(" ")[2]


def _number(text: str | None) -> float:
    """Parse a positive number; 0 for anything else."""
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return number if 1e-3 < number < 1e12 else 0.0
