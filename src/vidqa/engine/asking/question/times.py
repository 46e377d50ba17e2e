"""Times that a question names: "at 12:30", "in the last five minutes", 第三分钟."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from vidqa.engine.asking.question.time_words import (
    COUNT,
    ENDS,
    LENGTH,
    MOMENT,
    OF_THIS,
    PLACE,
    SECONDS,
    TIME,
    UNIT,
    number_of,
    seconds_of,
)

AROUND_S = 10.0
"""Seconds to each side of a moment that are about it."""
NEXT_S = 60.0
"""Seconds that are meant by what comes after a moment."""
EDGE_S = 45.0
"""Seconds of a beginning, a middle or an end."""

Span = tuple[float, float]
"""Start and end, in seconds from the first frame."""


@dataclass(frozen=True, slots=True)
class Named:
    """A time that a question names."""

    start_s: float
    end_s: float
    phrase: str
    """How it is named."""
    rest: str
    """The question without that."""


def named_time(question: str, clip: Span) -> Named | None:
    """Return the time that a question names; None if it names none.

    Times of day, durations and numbers of other things are none: "the 12:30 train", "12:30 pm",
    "bake it for 20 minutes".

    Args:
        question: in English, German, French, Spanish, Chinese or Japanese.
        clip: what is asked about; the time may lie outside.

    """
    text = unicodedata.normalize("NFKC", question)
    for form, span in FORMS:
        found = form.search(text)
        if found is not None:
            start_s, end_s = span(found, clip)
            rest = f"{text[: found.start()]} {text[found.end() :]}"
            return Named(start_s, end_s, found.group().strip(" ,.?!"), " ".join(rest.split()))
    return None


Form = tuple[re.Pattern[str], Callable[[re.Match[str], Span], Span]]


def _around(at_s: float) -> Span:
    return at_s - AROUND_S, at_s + AROUND_S


def _between(found: re.Match[str], _: Span) -> Span:
    one, other = seconds_of(found["one"]), seconds_of(found["other"])
    return min(one, other), max(one, other)


def _between_counts(found: re.Match[str], _: Span) -> Span:
    unit = SECONDS[found["unit"].lower()]
    one, other = number_of(found["n"]) * unit, number_of(found["m"]) * unit
    return min(one, other), max(one, other)


def _between_minutes(found: re.Match[str], _: Span) -> Span:
    one, other = 60 * number_of(found["n"]), 60 * number_of(found["m"])
    return min(one, other), max(one, other)


def _of_first(found: re.Match[str], clip: Span) -> Span:
    return clip[0], clip[0] + number_of(found["n"] or "1") * SECONDS[found["unit"].lower()]


def _of_last(found: re.Match[str], clip: Span) -> Span:
    return clip[1] - number_of(found["n"] or "1") * SECONDS[found["unit"].lower()], clip[1]


def _of_part(found: re.Match[str], clip: Span) -> Span:
    parts = {"half": 2, "third": 3, "quarter": 4}[(found["part"] or found["half"]).lower()]
    place = {"first": 0, "second": 1, "last": parts - 1}[found["which"].lower()]
    step_s = (clip[1] - clip[0]) / parts
    return clip[0] + place * step_s, clip[0] + (place + 1) * step_s


def _of_nth_minute(found: re.Match[str], _: Span) -> Span:
    minute = number_of(found["n"])
    return 60 * (minute - 1), 60 * minute


def _of_minute(found: re.Match[str], _: Span) -> Span:
    """Return the minute that is counted so, and the one that a player shows so."""
    minute = number_of(found["n"])
    return 60 * (minute - 1), 60 * (minute + 1)


def _at(found: re.Match[str], _: Span) -> Span:
    return _around(seconds_of(found["time"]))


def _before(found: re.Match[str], clip: Span) -> Span:
    return clip[0], seconds_of(found["time"])


def _after(found: re.Match[str], _: Span) -> Span:
    time_s = seconds_of(found["time"])
    return time_s, time_s + NEXT_S


def _onwards(found: re.Match[str], clip: Span) -> Span:
    return seconds_of(found["time"]), clip[1]


def _beginning(_: re.Match[str], clip: Span) -> Span:
    return clip[0], clip[0] + EDGE_S


def _middle(_: re.Match[str], clip: Span) -> Span:
    middle_s = (clip[0] + clip[1]) / 2
    return middle_s - EDGE_S / 2, middle_s + EDGE_S / 2


def _end(_: re.Match[str], clip: Span) -> Span:
    return clip[1] - EDGE_S, clip[1]


_AT = r"(?:at|around|about|near|um|gegen|bei|à|vers|a las?|hacia|sobre las?)"
_EXACTLY_AT = r"(?:at|nach|à|a los?)"
TO = r"(?:and|to|until|till|bis|und|et|à|y|a|hasta|[-\u2013\u2014~]|到|至|から)"
_TWO = rf"(?P<one>{TIME})\s*{TO}\s*"
_FORMS: tuple[tuple[str, Callable[[re.Match[str], Span], Span]], ...] = (
    (rf"\b(?:between|from|zwischen|von|entre|de|desde)\s+{_TWO}(?P<other>{TIME})", _between),
    (rf"(?:从|從|在)?\s*{_TWO}(?P<other>{MOMENT})(?:之间|まで)?", _between),
    (rf"从\s*{_TWO}(?P<other>{TIME})", _between),
    (rf"\bminutes? (?P<n>{COUNT})\s*{TO}\s*(?:minute )?(?P<m>{COUNT})\b", _between_minutes),
    (
        rf"\b(?:between|from)\s+(?P<n>{COUNT})\s*{TO}\s*(?P<m>{COUNT})\s*(?P<unit>{UNIT})",
        _between_counts,
    ),
    (
        r"\b(?:in |during |of |within |over )?(?:the |its )?(?:very )?(?:first|opening)\s+"
        rf"(?:(?P<n>{COUNT})\s+)?(?P<unit>{UNIT})(?:{OF_THIS}|(?!\s+of\b))",
        _of_first,
    ),
    (
        r"\b(?:in |during |of |within |over )?(?:the |its )?(?:very )?(?:last|final|closing)\s+"
        rf"(?:(?P<n>{COUNT})\s+)?(?P<unit>{UNIT})(?:{OF_THIS}|(?!\s+of\b))",
        _of_last,
    ),
    (
        rf"\b(?:in |während )?(?:den|der|die) ersten?\s+(?:(?P<n>{COUNT})\s+)?(?P<unit>{UNIT})",
        _of_first,
    ),
    (
        rf"\b(?:in |während )?(?:den|der|die) letzten?\s+(?:(?P<n>{COUNT})\s+)?(?P<unit>{UNIT})",
        _of_last,
    ),
    (
        rf"\b(?:dans |pendant )?(?:les|la)\s+(?:(?P<n>{COUNT})\s+)?premières?\s+"
        rf"(?P<unit>{UNIT})",
        _of_first,
    ),
    (
        rf"\b(?:dans |pendant )?(?:les|la)\s+(?:(?P<n>{COUNT})\s+)?dernières?\s+"
        rf"(?P<unit>{UNIT})",
        _of_last,
    ),
    (
        rf"\b(?:en |durante )?(?:los|las|el|la)\s+primer[oa]?s?\s+(?:(?P<n>{COUNT})\s+)?"
        rf"(?P<unit>{UNIT})",
        _of_first,
    ),
    (
        rf"\b(?:en |durante )?(?:los|las|el|la)\s+últim[oa]s?\s+(?:(?P<n>{COUNT})\s+)?"
        rf"(?P<unit>{UNIT})",
        _of_last,
    ),
    (rf"(?:最初の?|开头|(?<![目之以])前)\s*(?P<n>{COUNT})\s*(?:个|個)?(?P<unit>{UNIT})", _of_first),
    (rf"(?:最后|最後の?|后|後)\s*(?P<n>{COUNT})\s*(?:个|個)?(?P<unit>{UNIT})", _of_last),
    (
        r"\b(?:in |during |of )?the (?P<which>first|second|last) "
        rf"(?:(?P<part>half|third|quarter){OF_THIS}|(?P<half>half){ENDS})",
        _of_part,
    ),
    (rf"第?\s*(?P<time>{COUNT}\s*分\s*{COUNT}\s*秒)", _at),
    (rf"第\s*(?P<n>{COUNT})\s*(?:分钟|分鐘|分)", _of_nth_minute),
    (rf"(?P<n>{COUNT})\s*分目", _of_nth_minute),
    (rf"第\s*(?P<time>{COUNT}\s*秒)", _at),
    (
        rf"\b(?:in |during )?(?:the|der|la) (?P<n>{PLACE})(?:st|nd|rd|th|\.)?\s+minute\b"
        rf"(?! mark| point|-| of\b(?! (?:the|this) ))",
        _of_nth_minute,
    ),
    (rf"\b(?:in|during|at|around|by) minute (?P<n>{COUNT})\b", _of_minute),
    (
        rf"\b{_AT}?\s*the\s+(?P<time>(?:{MOMENT}|{COUNT}[\s-]+{UNIT}))[\s-]+(?:mark|point)\b",
        _at,
    ),
    (rf"\b(?:before|until|till|up to|vor|bis|avant|antes de las?)\s+(?P<time>{MOMENT})", _before),
    (
        r"\b(?:from|since|ab|depuis|desde las?)\s+"
        rf"(?P<time>{TIME})(?:\s+(?:onwards?|on|an|to the end)\b|{ENDS})",
        _onwards,
    ),
    (rf"\b(?:after|past|nach|après|después de las?)\s+(?P<time>{MOMENT})", _after),
    (rf"(?P<time>{LENGTH})\s+(?:in|into)(?:\s+(?:it|the \w+|this \w+))?{ENDS}", _at),
    (rf"\bafter (?:the first )?(?P<time>{LENGTH}){ENDS}", _at),
    (rf"(?P<time>{LENGTH})(?:之后|以后|后|後)", _at),
    (rf"(?:\b{_AT}|@|在|于|第)\s*(?P<time>{MOMENT})", _at),
    (rf"(?:\b{_EXACTLY_AT}|@|在|于)\s*(?P<time>{LENGTH})(?:{ENDS}|{OF_THIS}|(?=[时時处處]))", _at),
    (rf"(?P<time>{MOMENT})(?=\s*[时時处處])", _at),
    (rf"[(\[,]\s*(?P<time>{MOMENT})(?=\s*[?.!)\]]*\s*$)", _at),
    (rf"^\W*(?P<time>{MOMENT})(?=\s*[:,;-])", _at),
    (
        r"\b(?:right )?(?:at|in|near|towards?) the (?:very )?(?:beginning|start)"
        rf"(?:{OF_THIS}|{ENDS})",
        _beginning,
    ),
    (
        r"\bhow (?:does|did) (?:the |this )?(?:video|clip|film|movie|recording|footage|talk|it) "
        rf"(?:start|begin|open)\b{ENDS}",
        _beginning,
    ),
    (r"\b(?:am Anfang|zu Beginn|au début|al (?:principio|comienzo|inicio))\b", _beginning),
    (r"(?:开头|一开始|開頭|片头|冒頭|はじめに)", _beginning),
    (rf"\b(?:right )?(?:at|near|towards?) the (?:very )?end(?:ing)?(?:{OF_THIS}|{ENDS})", _end),
    (
        r"\bhow (?:does|did) (?:the |this )?(?:video|clip|film|movie|recording|footage|talk|it) "
        rf"(?:end|finish|close|stop)\b{ENDS}",
        _end,
    ),
    (
        r"\b(?:am Ende|zum Schluss|à la fin|al final)"
        rf"(?:{ENDS}|\s+(?:des|der|de la|del|du) (?:videos?|films?|vidéo|vídeo|clips?)\b)",
        _end,
    ),
    (r"(?:结尾|結尾|片尾|结束时|終わりに)", _end),
    (rf"\b(?:halfway through|in the (?:very )?middle)(?:{OF_THIS}|{ENDS})", _middle),
)
FORMS: tuple[Form, ...] = tuple((re.compile(form, re.IGNORECASE), span) for form, span in _FORMS)
"""How times are named, and which span each means; the first that is found counts."""
