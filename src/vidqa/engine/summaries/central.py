"""Choose the central sentences of a transcript, for models that cannot summarize text."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vidqa.engine.summaries.summary import ended, sentences
from vidqa.engine.summaries.windows import PAUSE_S
from vidqa.types import Cue
from vidqa.types.wording import WITHOUT_BLANKS, count_words

WORD = re.compile(r"[^\W_]+")
SHORTEST = 3
"""Least letters of a word that counts; shorter ones carry little meaning."""
LONGEST_WORDS = 60
"""Most words of a sentence; a longer one has no punctuation, and is cut there."""
ALIKE = 0.7
"""Cosine above which two sentences say the same."""

Vector = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A spoken sentence and its start, in seconds."""

    start_s: float
    text: str


def spoken_sentences(cues: Sequence[Cue]) -> tuple[Spoken, ...]:
    """Split cues into sentences: they end at punctuation or at a long pause."""
    found, begun = list[Spoken](), list[Cue]()
    for number, cue in enumerate(cues):
        begun.append(cue)
        words = sum(count_words(one.text) for one in begun)
        after = cues[number + 1] if number + 1 < len(cues) else None
        is_pause = after is None or after.start_s - cue.end_s >= PAUSE_S
        if is_pause or words >= LONGEST_WORDS or ended(cue.text):
            found += _split(begun)
            begun = []
    return tuple(one for one in found if WORD.search(one.text))


def most_central(spoken: Sequence[Spoken], most: int) -> tuple[Spoken, ...]:
    """Choose the sentences most like all others, by the cosine of their TF-IDF, in their order.

    Of two that are nearly the same, only one is chosen.
    """
    found = vectors([one.text for one in spoken])
    total = added(found)
    worth = [cosine(vector, total) for vector in found]
    chosen = list[int]()
    for number in sorted(range(len(spoken)), key=lambda one: (-worth[one], one)):
        if len(chosen) == most:
            break
        if all(cosine(found[number], found[other]) <= ALIKE for other in chosen):
            chosen.append(number)
    return tuple(spoken[number] for number in sorted(chosen))


def _words(text: str) -> Iterator[str]:
    """Yield the words that carry meaning; in a script without spaces, every two letters."""
    for word in WORD.findall(text.casefold()):
        if WITHOUT_BLANKS.search(word):
            yield from map("".join, pairwise(word))
        elif len(word) >= SHORTEST:
            yield word


def _split(cues: Sequence[Cue]) -> list[Spoken]:
    """Split cues into sentences; each starts with the cue that holds its first letter."""
    text = " ".join(cue.text for cue in cues)
    starts, at = list[tuple[int, float]](), 0
    for cue in cues:
        starts.append((at, cue.start_s))
        at += len(cue.text) + 1
    found, at = list[Spoken](), 0
    for sentence, gap in sentences(text):
        start_s = next(start_s for begin, start_s in reversed(starts) if begin <= at)
        found.append(Spoken(start_s, sentence))
        at += len(sentence) + len(gap)
    return found


def vectors(texts: Sequence[str]) -> list[Vector]:
    """Return the unit TF-IDF vector of each text; a word that all have weighs little, not 0."""
    counts = [Counter(_words(text)) for text in texts]
    texts_with = Counter(word for count in counts for word in count)
    found = list[Vector]()
    for count in counts:
        found.append(
            normed(
                {
                    word: times * math.log((1 + len(texts)) / texts_with[word])
                    for word, times in count.items()
                }
            )
        )
    return found


def added(some: Iterable[Vector]) -> Vector:
    """Return the sum of vectors."""
    total = defaultdict[str, float](float)
    for vector in some:
        for word, weight in vector.items():
            total[word] += weight
    return total


def normed(vector: Vector) -> Vector:
    """Scale a vector to length 1; an empty one stays empty."""
    length = math.sqrt(math.fsum(weight**2 for weight in vector.values()))
    return {word: weight / length for word, weight in vector.items()}


def cosine(one: Vector, other: Vector) -> float:
    """Return the dot product: the cosine of two vectors of length 1."""
    return math.fsum(weight * other.get(word, 0.0) for word, weight in one.items())
