"""Split cues to a readable size: a few seconds and two lines at most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from vidqa.types import Cue, Word
from vidqa.types.wording import split_words

LINES = 2
LETTERS_A_SECOND = 12
"""Letters of text on the screen read in a second: as many as a slow speaker says."""


@dataclass(frozen=True, slots=True)
class Readable:
    """The limits of a readable cue."""

    most_s: float = 7.0
    """Seconds that a cue is shown, at most."""
    width: int = 42
    """Characters per line; a longer word has a line of its own."""

    def __post_init__(self) -> None:
        if self.most_s <= 0 or self.width < 1:
            raise ValueError("Readable: seconds and characters must be more than nothing")

    def split(self, cue: Cue) -> Iterator[Cue]:
        """Yield the words in readable cues, lines separated by newlines.

        Text on the screen, which may stand there for minutes, is put in brackets and shown for as
        long as it takes to read.
        """
        if cue.on_screen:
            end_s = min(cue.end_s, cue.start_s + max(self.most_s, len(cue.text) / LETTERS_A_SECOND))
            plain = replace(cue, end_s=end_s, on_screen=False)
            narrower = replace(self, width=max(1, self.width - len("[]")))
            for piece in narrower.split(plain):
                yield replace(piece, text=f"[{piece.text}]")
            return
        words = cue.words or _spread(cue)
        for part in self._parts(words):
            text = "\n".join("".join(line).strip() for line in self._lines(texts(part)))
            start_s = part[0].start_s
            yield Cue(start_s, max(start_s, part[-1].end_s), text, speaker=cue.speaker)

    def _parts(self, words: Sequence[Word]) -> Sequence[Sequence[Word]]:
        """Split words into as few parts as possible, of nearly equal numbers of letters."""
        letters = sum(len(word.text) for word in words)
        fewest = len(list(self._greedy(words, letters)))
        for most in range(-(-letters // fewest), letters):
            parts = list(self._greedy(words, most))
            if len(parts) == fewest:
                return parts
        return list(self._greedy(words, letters))

    def _greedy(self, words: Sequence[Word], letters: int) -> Iterator[Sequence[Word]]:
        """Yield parts of as many words as fit, each of at most `letters` letters if possible."""
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
        """Break words into one line if they fit, else into two of nearly equal length."""
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
    """Return the texts of words, each with the blank before it."""
    return [word.text for word in words]


def _widest(words: Sequence[str], place: int) -> int:
    """Return the width of the longer of two lines."""
    return max(len("".join(part).strip()) for part in (words[:place], words[place:]))


def _spread(cue: Cue) -> list[Word]:
    """Spread the words of a cue over its time by their letters, if their times are not known."""
    words = split_words(cue.text)
    ends = list(accumulate((len(word) for word in words), initial=0))
    length_s = (cue.end_s - cue.start_s) / max(1, ends[-1])
    return [
        Word(round(cue.start_s + begin * length_s, 3), round(cue.start_s + end * length_s, 3), word)
        for word, (begin, end) in zip(words, pairwise(ends), strict=True)
    ]
