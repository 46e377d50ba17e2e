"""A summary of a clip, and its chapters."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from vidqa.engine.summaries.windows import CutAt, Window
from vidqa.models.spec import Length
from vidqa.types import Answer, Grounding

LISTED = re.compile(r",\s+and\s+|,\s+|\s+and\s+")
"""What stands between the things in a list."""
LEADING_ARTICLE = re.compile(r"^(?:(?:an?|the)\s+)?\W*")
ARTICLES = ("a", "an", "the")
MOST_TITLE = 80
"""Letters of a title."""
SENTENCE_END = re.compile(
    r"""[.!?\u2026]["'\u201d\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f\uff61]["'\u201d\u2019\u300d]*"""
)
"""With the quotes around it; the marks of Chinese and Japanese need no blank behind them."""
NO_END = re.compile(
    r"(?:^\s*\d+|\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|approx|cf|e\.g|i\.e|No))\.$",
    re.MULTILINE,
)
"""A number of a list, an initial or another short form, with the dot that ends no sentence."""
LINE = re.compile(r"[^\n]+")
QUOTES = (("\u201c", "\u201d"), ("\u300c", "\u300d"))
CUT = " \u2026"
"""Ends a text that was cut in its first sentence."""
MARKS = "#*_`\"' \u201c\u201d\u2018\u2019"
"""What models put around titles."""


@dataclass(frozen=True, slots=True)
class FoundChapter:
    """A part of a clip with a title, in seconds from the clip's first frame."""

    start_s: float
    end_s: float
    cut_at: CutAt
    """Why it begins where it does."""
    title: str
    """Empty where the model had none."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary, and what it rests on."""

    text: str
    grounding: Grounding
    gap: str = " "
    """The blanks behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Answer):
    """What a clip is about: an answer, whose text is whole sentences.

    Its frames and words are those of all windows; its tokens in the prompt those of the longest
    prompt, its new tokens those of all that was asked.
    """

    length: Length
    asked: tuple[str, ...]
    """The questions whose answers it is, one after the other."""
    windows: tuple[Window, ...]
    """What was watched on its own; one where the clip fits one frame budget."""
    chapters: tuple[FoundChapter, ...] = ()
    """None where they were not asked for."""
    sentences: tuple[Sentence, ...] | None = None
    """All of the text; None where nobody asked what they rest on."""
    guesses_left_out: int = 0
    """Sentences that rested on nothing, and are not in the text."""
    can_tell: bool = True
    """False where nothing can be told of the clip; then the text says why."""
    longest: int
    """New tokens of the longest answer that it is made of."""

    @property
    def longest_tokens(self) -> int:
        """As in `Answer`."""
        return self.longest

    def to_record(self, *, timings: bool = False) -> dict[str, Any]:
        """The JSON object of one clip: that of an answer, which is called `summary`."""
        told = Answer.to_record(self, timings=timings)
        head = {"schema_version": told.pop("schema_version"), "summary": told.pop("answer")}
        tail: dict[str, Any] = {
            "length": self.length,
            "can_tell": self.can_tell,
            "asked": list(self.asked),
            "windows": [_rounded(one) for one in self.windows],
            "chapters": [_rounded(one) for one in self.chapters],
        }
        if self.sentences is not None:
            tail["sentences"] = [
                {"text": one.text, "grounding": one.grounding.to_record()} for one in self.sentences
            ]
            tail["guesses_left_out"] = self.guesses_left_out
        return {**head, **told, **tail}


def whole_sentences(text: str) -> str:
    """A text up to its last whole sentence; where there is none, all of it and `CUT`."""
    text = text.strip()
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    whole = next((end for end in reversed(ends) if not NO_END.search(text[:end])), 0)
    return text[:whole] if whole or not text else text + CUT


def ended(text: str) -> bool:
    """Whether a text ends with a whole sentence."""
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    return bool(ends) and ends[-1] == len(text.rstrip()) and NO_END.search(text) is None


def sentences(text: str) -> tuple[tuple[str, str], ...]:
    """The sentences of a text, each with the blanks behind it.

    What is quoted is not cut. A line that ends without a mark is one, too: a heading, or an item of
    a list.
    """
    found, begin = list[tuple[str, str]](), 0
    marks = chain(SENTENCE_END.finditer(text), LINE.finditer(text))
    for end in sorted({match.end() for match in marks}):
        sentence = text[begin:end].strip()
        if sentence and not _goes_on(sentence, text[end:]):
            behind = text[end:]
            found.append((sentence, behind[: len(behind) - len(behind.lstrip())]))
            begin = end
    return tuple(found)


def _goes_on(begun: str, rest: str) -> bool:
    """Whether a sentence is not over yet."""
    if any(begun.count(one) > begun.count(other) and other in rest for one, other in QUOTES):
        return True
    if begun.count('"') % 2 and '"' in rest:
        return True
    return NO_END.search(begun) is not None and not rest.startswith("\n") and bool(rest.strip())


def title_of(text: str, leads: Sequence[str]) -> str:
    """The title in an answer: its first line, without quotes, marks and what it begins with.

    Args:
        text: what the model said.
        leads: of which a title begins with one, where there are any; else there is no title.

    """
    lines = [line.strip(MARKS) for line in text.splitlines()]
    line = next((one for one in lines if one), "")
    if leads:
        lead = next((one for one in leads if line.startswith(one)), None)
        if lead is None:
            return ""
        line = line.removeprefix(lead)
    line = _without_repeats(line.rstrip(".").rstrip(MARKS))
    if len(line) > MOST_TITLE:
        line = line[: MOST_TITLE - 2].rsplit(maxsplit=1)[0].rstrip(",;:") + " …"
    return line[:1].upper() + line[1:]


def _without_repeats(title: str) -> str:
    """A list of things with each of them once: small models name one twice."""
    things = LISTED.split(title)
    if len(things) > 1 and things[-1] in ARTICLES:  # the list was cut there
        things = things[:-1]
    named = [LEADING_ARTICLE.sub("", one.strip().casefold()) for one in things]
    once = [
        one
        for place, one in enumerate(things)
        if not named[place] or named[place] not in named[:place]
    ]
    if len(once) == len(LISTED.split(title)):
        return title
    return " and ".join(filter(None, (", ".join(once[:-1]), *once[-1:])))


def _rounded(part: Window | FoundChapter) -> dict[str, Any]:
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in asdict(part).items()
    }
