"""Sentences that say that something is not there, or cannot be told."""

import re

_ABSENT = (
    r"(?:said|told|mentioned|shown|clear|visible|seen|heard|known|stated|specified|given|present|"
    r"possible|determined|identified|provided|there|"
    r"in (?:the|this) (?:video|clip|film|part|picture))"
)
_NOT = r"(?: not| never|n['\u2019]t)"
_IS = r"(?:is|are|was|were|['\u2019]s)"
_CANNOT = rf"(?:can(?:not|{_NOT}|['\u2019]t)|could{_NOT})"
_SHOWS = r"(?:mention|say|show|state|specify|contain|include)"
_SOURCE = r"(?:video|clip|film|recording|footage|speaker|text|part|it)"
DENIAL = re.compile(
    r"\W*(?:no|nope|nein|non|nee|não)(?=\s*[.,:;!]|\s*$|\s+(?:there|one|it|he|she|they|that|this)\b)"
    r"|\W*no \w+\W*$|\W*(?:nothing|nobody|none|neither|no one)\b"
    rf"|.*\bthere(?:\s+|(?=['\u2019])){_IS}(?:{_NOT}|\s+no|\s+nothing|\s+nobody)\b"
    rf"|\W*(?:i|we|one) (?:{_CANNOT}|do{_NOT}|am not|see no|hear no)\b"
    rf"|.*\b{_IS}{_NOT}(?: \w+)? {_ABSENT}\b|.*\w['\u2019]s not {_ABSENT}\b"
    rf"|.*\b{_CANNOT} be {_ABSENT}\b|.*\b(?:do|does|did){_NOT} appear\b"
    rf"|.*\b{_SOURCE} (?:do|does|did){_NOT} {_SHOWS}\b|\W*it (?:do|does|did){_NOT}\W*$"
    rf"|.*\b{_SOURCE} {_SHOWS}s? (?:no|nothing)\b"
    rf"|\W*no [\w\s-]+ {_IS} {_ABSENT}\b"
    r"|\W*(?:es|da) \w+ kein(?:e|en|er|es)?\b|\W*il n['\u2019]y a (?:pas|aucun)|\W*no hay\b"
    r"|(?:视频|片|画面|图)?[里中]?(?:没有|沒有|看不到|未提及)|不是|不\uff0c|我不知道|いいえ|.*いません|.*ありません",
    re.IGNORECASE,
)
"""Sentences that deny, or say that something cannot be told."""
QUOTED = re.compile(
    r"\"[^\"]*\"|\u201c[^\u201d]*\u201d|\u00ab[^\u00bb]*\u00bb|\u300c[^\u300d]*\u300d"
)


def is_denial(text: str) -> bool:
    """Return whether a sentence says that something is not there, which no part can support.

    What it quotes may deny anything.
    """
    return DENIAL.match(QUOTED.sub("", text)) is not None
