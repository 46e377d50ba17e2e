"""Words of any script: where they are not written apart, two letters count as one."""

import re

LETTERS_WITHOUT_BLANKS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese, as a regular expression's ranges."""

WITHOUT_BLANKS = re.compile(f"[{LETTERS_WITHOUT_BLANKS}]")

_WORD = re.compile(
    rf"\s*(?:[{LETTERS_WITHOUT_BLANKS}]{{1,2}}[^\w\s]*|[^\s{LETTERS_WITHOUT_BLANKS}]+)"
)


def split_words(text: str) -> list[str]:
    """The words of a text, each with the blanks before it."""
    return _WORD.findall(text)


def count_words(text: str) -> int:
    """How many words a text has."""
    return sum(1 for _ in _WORD.finditer(text))


def counted(count: int, noun: str) -> str:
    """`1 frame`, `2 frames`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def first_words(text: str, count: int) -> str:
    """The beginning of a text, so many words long."""
    return "".join(split_words(text)[:count]).strip()
