"""Split texts and queries into the terms by which windows are found, in any script."""

import re
import unicodedata
from itertools import pairwise

from vidqa.types.wording import LETTERS_WITHOUT_BLANKS

RUN = re.compile(f"[{LETTERS_WITHOUT_BLANKS}]+")
WORD_CATEGORIES = ("L", "N", "Mn", "Mc", "Co")
"""Unicode categories of the characters of words, as the tables' tokenizer has them."""

_COMMON = (
    "a about after all also am an and any are as at be been being but by can could did do does "
    "for from had has have he her here hers him his how i if in into is it its just me my no not "
    "of off on one or our out over s shall she should so some t than that the their them then "
    "there these they this those to up us was we were what when where which while who whom whose "
    "why will with would you your clip clips film moment part scene show shown shows video "
    "videos"
)
COMMON = frozenset(_COMMON.split())
"""English words that say nothing about where something is, and those for what is searched."""
MOST_TERMS = 64
"""Terms of a query that are searched for."""


def searchable(text: str) -> str:
    """Return a text as it is stored for the search by words.

    Scripts without blanks are stored as their characters and as pairs of them, of which most of
    their words consist: SQLite's own trigrams would find neither.
    """
    return RUN.sub(lambda run: f" {' '.join((*run.group(), *_pairs(run.group())))} ", _plain(text))


def terms_of(query: str) -> tuple[str, ...]:
    """Return what a query is searched by, without repeats: words that say something, else all."""
    apart = RUN.sub(lambda run: f" {' '.join(_pairs(run.group()))} ", _plain(query))
    every = tuple(dict.fromkeys(words_of(apart)))
    telling = tuple(term for term in every if term not in COMMON)
    return (telling or every)[:MOST_TERMS]


def words_of(text: str) -> list[str]:
    """Return the runs of letters, their marks, and numerals, in lower case."""
    kept = "".join(
        one if unicodedata.category(one).startswith(WORD_CATEGORIES) else " " for one in text
    )
    return kept.lower().split()


def folded(word: str) -> str:
    """Return a word without the accents of its letters."""
    apart = unicodedata.normalize("NFKD", word)
    return "".join(one for one in apart if not unicodedata.combining(one))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [one + other for one, other in pairwise(run)]
