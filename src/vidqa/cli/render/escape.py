"""Make text from names, subtitles, models and errors safe for a terminal."""

import unicodedata

DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Invisible characters that reorder the text around them (Unicode bidirectional controls)."""


def printable(text: str, *, newlines: bool = False) -> str:
    """Show control characters instead of obeying them.

    Args:
        text: anything.
        newlines: keep line breaks and tabs as they are.

    """
    return "".join(_shown(one, newlines=newlines) for one in text)


def _shown(one: str, *, newlines: bool) -> str:
    if newlines and one in "\n\t":
        return one
    if one in DIRECTIONS or unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp"):
        return one.encode("unicode_escape", "surrogatepass").decode("ascii")
    return one
