"""Read which option an answer names, without guessing."""

import re
from collections.abc import Iterator, Sequence

from vidqa.tasks.evaluate.benchmarks.question import LETTERS
from vidqa.tasks.evaluate.rules import words_of

WHOLE = re.compile(r"\W*([A-Za-z])\W*")
"""An answer that is a letter and nothing else."""
FIRST = re.compile(r"\W*([A-Z])(?:[.):,]|\s*-\s|\n|\s*$)")
"""A letter that begins an answer, set apart from what follows."""
NAMED = re.compile(
    r"\b(?:answer|option|choice|letter)(?:\s+is)?\s*:?\s*[\"'*(\[]*([A-Z])\b(?![\w'])", re.I
)
"""A letter that is called the answer, an option or a choice."""
BRACKETED = re.compile(r"[(\[]([A-Z])[)\]]")
ALONE = re.compile(r"(?<![\w'])([A-Z])(?![\w'])")
"""A capital that is a word of its own."""
ARTICLE = re.compile(r"(?<![\w'])(?:A|I)(?=\s+(?!(?:and|or)\b)\w)")
"""What is a word in front of another, and names no option there."""


def stated_letter(reply: str, options: Sequence[str]) -> str | None:
    """Return the letter of the option that an answer names; None if it names none, or several.

    What is set apart as the answer goes first; then what is called so; then letters in brackets,
    letters of their own, and at last the text of an option.
    """
    letters = LETTERS[: len(options)]
    for named in _ways(reply):
        found = {letter for letter in named if letter in letters}
        if found:
            return found.pop() if len(found) == 1 else None
    return _by_text(reply, options)


def _ways(reply: str) -> Iterator[list[str]]:
    whole, first = WHOLE.fullmatch(reply), FIRST.match(reply)
    yield [whole[1].upper()] if whole else []
    yield [first[1]] if first else []
    yield [letter for letter in NAMED.findall(reply) if letter.isupper()]
    yield BRACKETED.findall(reply)
    yield ALONE.findall(ARTICLE.sub("", reply))


def _by_text(reply: str, options: Sequence[str]) -> str | None:
    """Return the letter of the only option whose words stand in an answer, one after the other."""
    said = words_of(reply)
    spoken = [words_of(one) for one in options]
    held = [place for place, words in enumerate(spoken) if words and _stands(words, said)]
    # "red" stands in "red and blue": what is in a longer one is not named beside it
    longest = [
        place
        for place in held
        if not any(
            other != place
            and len(spoken[other]) > len(spoken[place])
            and _stands(spoken[place], spoken[other])
            for other in held
        )
    ]
    return LETTERS[longest[0]] if len(longest) == 1 else None


def _stands(words: Sequence[str], said: Sequence[str]) -> bool:
    count = len(words)
    return any(said[at : at + count] == words for at in range(len(said) - count + 1))
