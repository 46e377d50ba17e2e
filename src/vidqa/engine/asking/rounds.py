"""Where to look for an answer: first where the words lead, then where the pictures do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vidqa.engine.asking.asked import Asked
from vidqa.engine.asking.choose import MOST_WINDOWS, Chosen, Finder, Found
from vidqa.engine.asking.question.kinds import is_about_all, is_about_words
from vidqa.engine.asking.question.times import Named, named_time
from vidqa.engine.finding.captions import captions_of
from vidqa.engine.summaries.windows import Window
from vidqa.types import ChosenBy
from vidqa.types.clock import clock

ONLY_WORDS = "only words were compared; vidqa models pull minilm compares what they mean"
BESIDE_S = 8.0
"""Seconds to each side of a sentence that a small model sees: it was trained on short clips."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """The ways to look for an answer, one after the other until one is supported."""

    asked: Asked
    finder: Finder
    is_small: bool
    """Whether the model was trained on short clips alone."""

    def chosen(self) -> Iterator[Chosen]:
        """Yield which windows to look at, then those to look at if nothing is found there."""
        finder, question = self.finder, self.asked.question
        if self.asked.how.windows == "all":
            yield Chosen(finder.windows, "all")
            return
        named = named_time(question, finder.span)
        if named is None:
            yield from self._about(question, finder)
            return
        part = finder.part(named.start_s, named.end_s)
        if part is None:
            yield from self._outside(named)
        elif part.end_s - part.start_s <= self.asked.pieces.budget_s:
            yield Chosen((part,), "time")
        else:
            inside = finder.within(part)
            yield from self._about(named.rest, inside)
            if not is_about_all(named.rest):
                yield Chosen(inside.windows, "all")

    def _outside(self, named: Named) -> Iterator[Chosen]:
        """Say that a time is outside; what else is asked may still be found."""
        begin, end = map(clock, self.finder.span)
        warning = f"{named.phrase!r} lies outside of what is watched, {begin} to {end}"
        if is_about_all(named.rest):
            yield Chosen((), "time", (warning,))
            return
        for chosen in self._about(named.rest, self.finder):
            yield replace(chosen, warnings=(warning, *chosen.warnings))

    def _about(self, question: str, finder: Finder) -> Iterator[Chosen]:
        """Yield windows by their words, then by what is seen in them."""
        if is_about_all(question):
            yield Chosen(finder.windows, "all")
            return
        windows = self.asked.how.windows
        most = windows if isinstance(windows, int) else MOST_WINDOWS
        by_words = self._closest(finder.best(question)[:most], "words")
        if not by_words.windows and finder.meanings.sentences is None:
            by_words = replace(by_words, warnings=(ONLY_WORDS,))
        yield by_words
        if self.asked.clip.info.kind == "video" and not is_about_words(question):
            yield self._closest(self._captioned(finder).best(question)[:most], "pictures")

    def _closest(self, found: Sequence[Found], by: ChosenBy) -> Chosen:
        """Return the windows that were found; of what is said, a small model sees less around."""
        pointers = {
            _around(one, self.finder) if self.is_small else one.window: one for one in found
        }
        return Chosen(tuple(pointers), by, pointers=pointers)

    def _captioned(self, finder: Finder) -> Finder:
        """Return windows with what is seen in them in place of their words."""
        silent = replace(self.asked.pieces, is_silent=True, max_new_tokens=None)
        return finder.with_captions(captions_of(silent, finder.windows).of)


def _around(found: Found, finder: Finder) -> Window:
    """Return what is around the sentence that a window was found by; all of it if it was seen."""
    at, (begin_s, end_s) = found.at, finder.span
    if at.kind != "said":
        return found.window
    return Window(max(begin_s, at.start_s - BESIDE_S), min(end_s, at.end_s + BESIDE_S), "even")
