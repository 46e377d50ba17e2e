"""Cues as people can read them: no longer than some seconds and two lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from vidqa.types import Cue, Word
from vidqa.types.wording import split_words

LINES = 2


@dataclass(frozen=True, slots=True)
class Readable:
    """What a cue may be like."""

    most_s: float = 7.0
    """How long it is shown, at most."""
    width: int = 42
    """Characters in one of its two lines; a longer word has a line of its own."""

    def __post_init__(self) -> None:
        if self.most_s <= 0 or self.width < 1:
            raise ValueError("Readable: seconds and characters must be more than nothing")

    def split(self, cue: Cue) -> Iterator[Cue]:
        """The same words in cues that can be read, their lines split by newlines."""
        words = cue.words or _spread(cue)
        for part in self._parts(words):
            text = "\n".join("".join(line).strip() for line in self._lines(texts(part)))
            start_s = part[0].start_s
            yield Cue(start_s, max(start_s, part[-1].end_s), text)

    def _parts(self, words: Sequence[Word]) -> Sequence[Sequence[Word]]:
        """As few parts as will do, of nearly as many letters each."""
        letters = sum(len(word.text) for word in words)
        fewest = len(list(self._greedy(words, letters)))
        for most in range(-(-letters // fewest), letters):
            parts = list(self._greedy(words, most))
            if len(parts) == fewest:
                return parts
        return list(self._greedy(words, letters))

    def _greedy(self, words: Sequence[Word], letters: int) -> Iterator[Sequence[Word]]:
        """Parts of as many words as fit, none of more letters than so many if it can be."""
        begin = 0
        while begin < len(words):
            end = begin + 1
            while end < len(words) and self._fits(words[begin : end + 1], letters):
                end += 1
            yield words[begin:end]
            begin = end

    def _fits(self, words: Sequence[Word], letters: int) -> bool:
        if words[-1].end_s - words[0].start_s > self.most_s:
            return False
        if sum(len(word.text) for word in words) > letters:
            return False
        return len(self._lines(texts(words))) <= LINES

    def _lines(self, words: Sequence[str]) -> list[list[str]]:
        """Words line by line: one line where they fit, else two of nearly one length."""
        if len("".join(words).strip()) <= self.width:
            return [list(words)]
        middle = min(range(1, len(words)), key=lambda place: _widest(words, place), default=1)
        if _widest(words, middle) <= self.width:
            return [list(words[:middle]), list(words[middle:])]
        lines: list[list[str]] = []
        for word in words:
            if lines and len("".join([*lines[-1], word]).strip()) <= self.width:
                lines[-1].append(word)
            else:
                lines.append([word])
        return lines


def texts(words: Sequence[Word]) -> list[str]:
    """The words alone, each with the blank before it."""
    return [word.text for word in words]


def _widest(words: Sequence[str], place: int) -> int:
    """The longer one of two lines."""
    return max(len("".join(part).strip()) for part in (words[:place], words[place:]))


def _spread(cue: Cue) -> list[Word]:
    """The words of a cue at times by their letters, where nobody knows better."""
    words = split_words(cue.text)
    ends = list(accumulate((len(word) for word in words), initial=0))
    length_s = (cue.end_s - cue.start_s) / max(1, ends[-1])
    return [
        Word(round(cue.start_s + begin * length_s, 3), round(cue.start_s + end * length_s, 3), word)
        for word, (begin, end) in zip(words, pairwise(ends), strict=True)
    ]
