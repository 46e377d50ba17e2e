"""Count words of any script: in scripts without blanks, two letters count as one word."""

import re

LETTERS_WITHOUT_BLANKS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Regex ranges of Thai, Lao, Burmese, Khmer, Japanese and Chinese letters."""

WITHOUT_BLANKS = re.compile(f"[{LETTERS_WITHOUT_BLANKS}]")

_WORD = re.compile(
    rf"\s*(?:[{LETTERS_WITHOUT_BLANKS}]{{1,2}}[^\w\s]*|[^\s{LETTERS_WITHOUT_BLANKS}]+)"
)


def split_words(text: str) -> list[str]:
    """Split a text into words, each with the blanks before it."""
    return _WORD.findall(text)


def count_words(text: str) -> int:
    """Count the words of a text."""
    return sum(1 for _ in _WORD.finditer(text))


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 frame`, `2 frames`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def first_words(text: str, count: int) -> str:
    """Return the first `count` words of a text."""
    return "".join(split_words(text)[:count]).strip()
