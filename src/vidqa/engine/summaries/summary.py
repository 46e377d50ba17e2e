"""A summary of a clip, and its chapters."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from vidqa.engine.summaries.windows import CutAt, Window
from vidqa.types import Answer, Grounding
from vidqa.types.summaries import Length

LISTED = re.compile(r",\s+and\s+|,\s+|\s+and\s+")
"""The separators of a list."""
LEADING_ARTICLE = re.compile(r"^(?:(?:an?|the)\s+)?\W*")
ARTICLES = ("a", "an", "the")
MOST_TITLE = 80
"""Letters of a title at most."""
SENTENCE_END = re.compile(
    r"""[.!?\u2026]["'\u201d\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f\uff61]["'\u201d\u2019\u300d]*"""
)
"""The end of a sentence, closing quotes included; Chinese and Japanese marks need no space."""
NO_END = re.compile(
    r"(?:^\s*\d+|\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|approx|cf|e\.g|i\.e|No))\.$",
    re.MULTILINE,
)
"""A list number, an initial or an abbreviation, whose dot does not end a sentence."""
LINE = re.compile(r"[^\n]+")
QUOTES = (("\u201c", "\u201d"), ("\u300c", "\u300d"))
CUT = " \u2026"
"""The end of a text that was cut in its first sentence."""
MARKS = "#*_`\"' \u201c\u201d\u2018\u2019"
"""Characters that models put around titles."""


@dataclass(frozen=True, slots=True)
class FoundChapter:
    """A part of a clip with a title, in seconds from the clip's first frame."""

    start_s: float
    end_s: float
    cut_at: CutAt
    """The reason for the cut at its start."""
    title: str
    """Empty if the model gave none."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary, and what it rests on."""

    text: str
    grounding: Grounding
    gap: str = " "
    """The whitespace behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Answer):
    """A summary of a clip: an answer in whole sentences.

    Its frames and words are those of all windows, its prompt tokens those of the longest prompt,
    its new tokens those of all answers.
    """

    length: Length
    asked: tuple[str, ...]
    """The questions that its text answers, in order."""
    windows: tuple[Window, ...]
    """The windows watched on their own; one if the clip fits one frame budget."""
    chapters: tuple[FoundChapter, ...] = ()
    """Empty if chapters were not requested."""
    sentences: tuple[Sentence, ...] | None = None
    """The sentences of the text; None if their grounding was not requested."""
    guesses_left_out: int = 0
    """Number of sentences left out because they rested on nothing."""
    can_tell: bool = True
    """False if nothing can be told of the clip; then the text says why."""
    longest: int
    """New tokens of the longest partial answer."""

    @property
    def longest_tokens(self) -> int:
        """Number of tokens, as in `Answer`."""
        return self.longest

    def to_record(self, *, timings: bool = False) -> dict[str, Any]:
        """Return the JSON object of one clip: that of an answer, under the key `summary`."""
        answers = Answer.to_record(self, timings=timings)
        head = {"schema_version": answers.pop("schema_version"), "summary": answers.pop("answer")}
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
        return {**head, **answers, **tail}


def whole_sentences(text: str) -> str:
    """Cut a text after its last whole sentence; if it has none, append `CUT` to all of it."""
    text = text.strip()
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    whole = next((end for end in reversed(ends) if not NO_END.search(text[:end])), 0)
    return text[:whole] if whole or not text else text + CUT


def ended(text: str) -> bool:
    """Return whether a text ends with a whole sentence."""
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    return bool(ends) and ends[-1] == len(text.rstrip()) and NO_END.search(text) is None


def sentences(text: str) -> tuple[tuple[str, str], ...]:
    """Split a text into sentences, each with the whitespace behind it.

    Quotes are not cut. A line without punctuation at its end is a sentence, too: a heading, or an
    item of a list.
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
    """Return whether a sentence continues."""
    if any(begun.count(one) > begun.count(other) and other in rest for one, other in QUOTES):
        return True
    if begun.count('"') % 2 and '"' in rest:
        return True
    return NO_END.search(begun) is not None and not rest.startswith("\n") and bool(rest.strip())


def title_of(text: str, leads: Sequence[str]) -> str:
    """Return the title in an answer: its first line, without quotes, marks and lead.

    Args:
        text: the answer.
        leads: openings; if there are any, text that begins with none of them has no title.

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
    """Remove repeats from a list of things: small models name one twice."""
    things = LISTED.split(title)
    if len(things) > 1 and things[-1] in ARTICLES:  # the list was cut here
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
