"""Scores of answers in a word or two, and of numbers."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from vidqa.tasks.evaluate.rules import words_of

DIGITS = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?")
LARGEST_WORD = 99
"""Numbers up to this are read as words."""
TENS = {str(number) for number in range(20, 100, 10)}
COUNTS = (1, 10)
"""The least and the largest count that TGIF-QA's own script answers with."""


def open_scores(reply: str, answers: Sequence[str]) -> dict[str, float]:
    """Return how near an answer comes to the nearest accepted one.

    `exact`: the same letters; `normalised`: the same words, whatever their case, punctuation and
    articles, with numbers as digits; `f1`: the harmonic mean of the shares of common words. An
    empty answer has none of them.
    """
    said = normalised(reply)
    return {
        "exact": float(reply.strip() in answers and bool(reply.strip())),
        "normalised": float(bool(said) and any(said == normalised(one) for one in answers)),
        "f1": max((_f1(said, normalised(one)) for one in answers), default=0.0),
    }


def normalised(text: str) -> list[str]:
    """Return the words of a text as `words_of` does, number words as digits."""
    words = list[str]()
    for word in words_of(text):
        number = _number_words().get(word)
        is_unit = number is not None and 0 < int(number) < 10
        if is_unit and words and words[-1] in TENS:  # twenty-one
            words[-1] = str(int(words[-1]) + int(number or 0))
        else:
            words.append(number or word)
    return words


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    common = (Counter(said) & Counter(wanted)).total()
    return 2 * common / (len(said) + len(wanted)) if common else 0.0


@cache
def _number_words() -> Mapping[str, str]:
    from num2words import num2words

    words = {num2words(number): str(number) for number in range(LARGEST_WORD + 1)}
    return {**words, "once": "1", "twice": "2", "thrice": "3"}


def stated_number(reply: str) -> float | None:
    """Return the only number that an answer names; None if it names none, or several."""
    spoken = normalised(DIGITS.sub(" ", reply))
    written = [one for one in (*DIGITS.findall(reply), *spoken) if DIGITS.fullmatch(one)]
    found = {float(one.replace(",", "")) for one in written}
    return found.pop() if len(found) == 1 else None


def count_scores(reply: str, wanted: str, *, is_official: bool) -> dict[str, float]:
    """Return scores of a count: `accuracy`, and `squared_error`, which is to be small.

    Where no number is named, the error is that of the farthest count. Officially a number is
    rounded, and brought into 1 to 10.
    """
    number, right = stated_number(reply), float(wanted)
    least, most = COUNTS
    if number is None:
        number = most if right - least < most - right else least
        return {"accuracy": 0.0, "squared_error": (number - right) ** 2}
    if is_official:
        number = float(min(most, max(least, round(number))))
    return {"accuracy": float(number == right), "squared_error": (number - right) ** 2}
