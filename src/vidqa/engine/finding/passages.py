"""The sentences of a clip, by which its windows are found."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vidqa.engine.finding.texts import KINDS, Kind, Texts
from vidqa.engine.summaries.central import spoken_sentences
from vidqa.engine.summaries.summary import LISTED, sentences
from vidqa.engine.summaries.windows import Window
from vidqa.types import Cue
from vidqa.types.wording import count_words, split_words

LISTED_WORDS = 25
"""Words of a caption that lists things, at most; in a longer one a comma separates clauses."""
MOST_WORDS = 24
"""Words of a sentence that is one passage; recognizers write longer ones where nobody pauses."""
LEAST_WORDS = 5
"""Words of a part of a longer one, at least."""
COMMAS = (",", ";", ":", "\u3001", "\uff0c", "\uff1b")
LONGEST_S = 30.0
"""Seconds that a sentence lasts, at most: behind it, nobody may speak for long."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that is said, read or seen."""

    start_s: float
    end_s: float
    kind: Kind
    text: str
    sentence: str
    """What is quoted of it: of a thing that is seen, all of the caption."""

    @property
    def texts(self) -> Texts:
        """Its text, by where it is from."""
        return {kind: self.text if kind == self.kind else "" for kind in KINDS}

    def windows(self, windows: Sequence[Window]) -> list[Window]:
        """Return in which of some windows it is; what is said is in one, though they overlap."""
        here = [one for one in windows if self.is_in(one)]
        if self.kind != "said" or not here:
            return here
        middle_s = (self.start_s + self.end_s) / 2
        return [min(here, key=lambda one: abs((one.start_s + one.end_s) / 2 - middle_s))]

    def is_in(self, window: Window) -> bool:
        """Return whether it begins in a window, is still on the screen there, or is seen in it."""
        if self.kind == "seen":
            return (self.start_s, self.end_s) == (window.start_s, window.end_s)
        if self.kind == "said":
            return window.start_s <= self.start_s < window.end_s
        return self.start_s < window.end_s and self.end_s > window.start_s


def passages_of(cues: Sequence[Cue]) -> tuple[Passage, ...]:
    """Return the sentences that are said, and the texts on the screen."""
    read = [
        Passage(cue.start_s, cue.end_s, "read", cue.text, cue.text) for cue in cues if cue.on_screen
    ]
    return (*_spoken([cue for cue in cues if not cue.on_screen]), *read)


def _spoken(cues: Sequence[Cue]) -> Iterator[Passage]:
    if not cues:
        return
    spoken, ends = spoken_sentences(cues), sorted(cue.end_s for cue in cues)
    starts = sorted(one.start_s for one in spoken)
    for one in spoken:
        after = bisect_right(starts, one.start_s)  # sentences of one cue begin and end with it
        next_s = starts[after] if after < len(starts) else ends[-1]
        heard = bisect_right(ends, next_s)
        end_s = ends[heard - 1] if heard and ends[heard - 1] > one.start_s else next_s
        end_s = max(one.start_s, min(end_s, one.start_s + LONGEST_S))
        yield from _parts(one.start_s, end_s, one.text)


def _parts(start_s: float, end_s: float, sentence: str) -> Iterator[Passage]:
    """Yield a sentence; one that never ends in clauses, as if all words took the same time."""
    words = split_words(sentence)
    cuts = [0, *_clauses(words), len(words)]
    for first, last in pairwise(cuts):
        text = "".join(words[first:last]).strip()
        begin, end = (start_s + (end_s - start_s) * at / len(words) for at in (first, last))
        yield Passage(begin, end, "said", text, text)


def _clauses(words: Sequence[str]) -> Iterator[int]:
    """Yield where a long sentence is cut: behind commas, else where it becomes too long."""
    if len(words) <= MOST_WORDS:
        return
    begun = 0
    for at, word in enumerate(words, start=1):
        is_comma = word.rstrip().endswith(COMMAS) and at - begun >= LEAST_WORDS
        if (is_comma or at - begun >= MOST_WORDS) and len(words) - at >= LEAST_WORDS:
            yield at
            begun = at


def captioned(captions: Mapping[Window, str]) -> tuple[Passage, ...]:
    """Return what is seen in windows, thing by thing."""
    return tuple(
        Passage(window.start_s, window.end_s, "seen", part, sentence)
        for window, caption in captions.items()
        for sentence, _ in sentences(caption)
        for part in _things(sentence)
    )


def _things(sentence: str) -> list[str]:
    if count_words(sentence) > LISTED_WORDS:
        return [sentence]
    return [part for part in LISTED.split(sentence) if part.strip()]
