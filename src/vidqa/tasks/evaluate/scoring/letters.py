"""Read which option an answer names, without guessing."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vidqa.tasks.evaluate.benchmarks.question import LETTERS
from vidqa.tasks.evaluate.rules import words_of

WHOLE = re.compile(r"\W*([A-Za-z])\W*")
"""An answer that is a letter and nothing else."""
LETTER = re.compile(r"(?<!\w)(?<!\w')([(\[]?)([A-Za-z])([)\]]?)(?!\w)(?!'\w)")
"""A letter that is a word of its own."""
SET_APART = re.compile(r"\s*(?:[.):,]|-\s|\n|$)")
"""What follows a letter that begins an answer and is not a part of its sentence."""
ENDED = re.compile(r"[\s*\"']*(?:[.,;:!?)\]]|$)")
"""What follows a small letter that is no word."""
WORD_AFTER = re.compile(
    r"\s+(?!(?:is|was|are|because|since|as|and|or|but|seems?|fits|looks|would|must|should)\b)\w"
)
"""What follows an article: a word that does not go on about an option."""
ANSWER = re.compile(
    r"\b(?:answer|choice)\b[^.!?\n]{0,30}?(?:\bis\b|\bbe\b|:|=)?[\s\"'*(\[]*"
    r"(?:option|choice|letter)?[\s\"'*(\[:]*$",
    re.IGNORECASE,
)
"""What stands before a letter that is called the answer."""
OPTION = re.compile(r"\b(?:option|choice|letter)[\s\"'*(\[:]*$", re.IGNORECASE)
"""What stands before a letter that is called an option."""
DENIED_BEFORE = re.compile(
    r"(?:\b(?:not|neither|nor|never|cannot|except|without)|n't|\brather\s+than|\binstead\s+of)"
    r"(?:\s+(?!but\b)\w+){0,5}[\s\"'*(\[]*$",
    re.IGNORECASE,
)
DENIED_AFTER = re.compile(
    r"(?:[.:)]?\s*\0+\s*|[\s*\"')\]]*)(?:(?:is|are|was|seems?|looks?|can|could|would|must|should)\s*)?"
    r"(?:n't|not|wrong|incorrect|false|cannot|impossible|ruled\s+out)\b",
    re.IGNORECASE,
)
LISTED = re.compile(r"[.):\]\"'*]*\s*(?:,|/|&|\band\b|\bor\b)\s*[(\[\"'*]*([A-Za-z])(?![\w'])")
"""Another letter beside one: both are named, or neither."""
SPELLED = re.compile(r"[\s.):,*\"'-]*(\0+)")
"""An option's text right behind a letter."""
SENTENCE_END = re.compile(r"[.!?\n]\s+(?=\S)|\n")


@dataclass(frozen=True, slots=True)
class Mention:
    """A letter in an answer."""

    letter: str
    before: str
    """Of its sentence."""
    after: str
    is_bracketed: bool
    spelled: str | None
    """The letter of the option whose text comes right behind it; None if none does."""
    is_first: bool
    """Whether nothing but marks stands before it in the answer."""

    @property
    def is_apart(self) -> bool:
        """Whether it begins a sentence or a line, and is no part of it."""
        begins = not re.search(r"\w", self.before)
        return begins and SET_APART.match(self.after) is not None

    @property
    def is_denied(self) -> bool:
        """Whether it is said not to be the one."""
        before, after = DENIED_BEFORE.search(self.before), DENIED_AFTER.match(self.after)
        return before is not None or after is not None

    @property
    def others(self) -> Iterator[str]:
        """The letters that are listed with it."""
        if (found := LISTED.match(self.after)) is not None:
            yield found[1].upper()


def stated_letter(reply: str, options: Sequence[str]) -> str | None:
    """Return the letter of the option that an answer names; None if it names none, or several.

    The text of an option, alone, goes first, then a letter alone; then what is called the answer;
    what is set apart at the beginning, and no other in a line of its own; what is called an option;
    letters in brackets, letters of their own, and at last an option's text among other words. What
    is said not to be the one is not named.
    """
    letters = LETTERS[: len(options)]
    if (alone := _same(reply, options)) is not None:
        return alone
    if (whole := WHOLE.fullmatch(reply)) is not None:
        return whole[1].upper() if whole[1].upper() in letters else None
    mentions = list(_mentions(reply, options))
    is_list = len({one.letter for one in mentions if one.is_apart}) > 1
    for is_named in _WAYS:
        named = [one for one in mentions if is_named(one) and not one.is_denied]
        if is_list and is_named is _begins:  # each option is remarked upon
            continue
        found = {letter for one in named for letter in (one.letter, *one.others)} & {*letters}
        spelled = {one.spelled for one in named if one.spelled}  # "C. red" where red is B
        if found:
            return found.pop() if len(found | spelled) == 1 else None
    return _by_text(reply, options)


def _begins(one: Mention) -> bool:
    return one.is_first and one.is_apart


_WAYS: tuple[Callable[[Mention], bool], ...] = (
    lambda one: ANSWER.search(one.before) is not None,
    _begins,
    lambda one: OPTION.search(one.before) is not None,
    lambda one: one.is_bracketed,
    lambda one: True,
)
"""Ways to name one, the plainest first."""


def _mentions(reply: str, options: Sequence[str]) -> Iterator[Mention]:
    """Yield the letters that an answer mentions, those in the options' texts left out."""
    text = reply
    for option in sorted(filter(None, options), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(option)}(?!\w)", lambda one: "\0" * len(one[0]), text)
    for match in LETTER.finditer(text):
        letter, after = match[2], text[match.end() :]
        sentence = SENTENCE_END.split(text[: match.start()])[-1]
        mention = Mention(
            letter.upper(),
            sentence,
            after,
            is_bracketed=bool(match[1] and match[3]),
            spelled=_spelled(reply[match.end() :], after, options),
            is_first=not re.search(r"\w", text[: match.start()].replace("\0", "x")),
        )
        if not mention.is_bracketed:
            is_called = ANSWER.search(sentence) or OPTION.search(sentence)
            if letter.islower() and not (is_called and ENDED.match(after)):
                continue
            if letter in "AI" and WORD_AFTER.match(after.replace("\0", "x")):
                continue
        yield mention


def _spelled(text: str, masked: str, options: Sequence[str]) -> str | None:
    """Return the letter of the option whose text, which is masked, a text begins with."""
    if (found := SPELLED.match(masked)) is None:
        return None
    said = text[found.start(1) : found.end(1)]
    return next((LETTERS[at] for at, one in enumerate(options) if one == said), None)


def _same(reply: str, options: Sequence[str]) -> str | None:
    """Return the letter of the only option that says the same words as an answer."""
    said = words_of(reply)
    same = [place for place, one in enumerate(options) if said and words_of(one) == said]
    return LETTERS[same[0]] if len(same) == 1 else None


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
    if len(longest) != 1 or _is_denied(spoken[longest[0]], said):
        return None
    return LETTERS[longest[0]]


def _stands(words: Sequence[str], said: Sequence[str]) -> bool:
    count = len(words)
    return any(said[at : at + count] == words for at in range(len(said) - count + 1))


def _is_denied(words: Sequence[str], said: Sequence[str]) -> bool:
    """Return whether a text is said not to be the one wherever it stands."""
    count = len(words)
    places = [at for at in range(len(said) - count + 1) if said[at : at + count] == words]
    return all(
        DENIED_BEFORE.search(" ".join(said[:at]))
        or DENIED_AFTER.match(" ".join(said[at + count :]))
        for at in places
    )
