"""Find the windows of clips that a query is about, by their words and by their meaning."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import eq
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidqa.engine.summaries.windows import Window, shown_in
from vidqa.tasks.index import USUAL_SCORE, lookup
from vidqa.tasks.index.entries import KINDS, Kind, texts_in
from vidqa.tasks.index.library import Library
from vidqa.tasks.index.lookup import Stored
from vidqa.tasks.index.terms import folded, searchable, terms_of, words_of
from vidqa.types import Cue

EVEN = 60
"""Of reciprocal rank fusion: the larger, the less the first ranks are preferred (Cormack et al.,
SIGIR 2009)."""
LEAST_WINDOWS = 1000
"""Of which the worth of a term is told: in a small index, words that it lacks are not that rare."""
MOST_RANKED = 1000
"""Windows of each list that are fused."""
ENDING = 2
"""Letters at the end by which two forms of a word may differ, where a sentence is chosen."""
LEAST_STEM = 3
"""Letters that they share, at least."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A window that a query is about."""

    window: int
    path: Path
    copies: tuple[Path, ...]
    """Other files of the same content."""
    start_s: float
    end_s: float
    score: float
    """How well it fits, from 0 to 1: the larger of the two below."""
    by_words: float
    """Part of the query that is found in it, its rarer words counting for more."""
    by_meaning: float
    """How alike it and the query mean; 0 where meanings are not compared."""
    kind: Kind
    """Whether it was said, read or seen."""
    text: str
    """What it was found by."""
    at_s: float
    """When that is said or read; the start of the window if it is seen."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How near windows are to what a query means."""

    nearest: Mapping[int, tuple[float, Kind]] = field(default_factory=dict)
    """How alike each window is at best, from 0 to 1, and which text of it."""

    def with_those_of(
        self, library: Library, compared: str, query: NDArray[np.float32], unlike: float
    ) -> "Meaning":
        """Compare a query with all that was encoded by one model, too.

        Args:
            library: the index.
            compared: the model's key.
            query: what it means, a row of length 1.
            unlike: cosine of texts that have nothing to do with each other, which counts as 0.

        """
        owners, kinds, vectors = lookup.meanings(library, compared, len(query))
        nearest = dict(self.nearest)
        if len(owners):
            alike = np.clip((vectors @ query - unlike) / (1 - unlike), 0, 1)
            for at in np.argsort(alike, kind="stable"):  # the best of a window comes last
                nearest[int(owners[at])] = float(alike[at]), kinds[at]
        return Meaning(nearest)

    def ranked(self) -> list[int]:
        """Return the windows, the nearest first."""
        return sorted(self.nearest, key=lambda window: (-self.nearest[window][0], window))

    def of(self, window: int) -> tuple[float, Kind]:
        """Return how alike a window is, and which text of it."""
        return self.nearest.get(window, (0.0, KINDS[0]))


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a query, and the windows that have them."""

    having: Mapping[str, frozenset[int]]
    worth: Mapping[str, float]
    """How much each term tells, by how few windows have it."""

    @classmethod
    def of(cls, library: Library, query: str) -> "Terms":
        """Look the terms of a query up."""
        every = max(lookup.count(library), LEAST_WINDOWS)
        having = {term: lookup.having(library, term) for term in terms_of(query)}
        worth = {
            term: math.log(1 + (every - len(windows) + 0.5) / (len(windows) + 0.5))
            for term, windows in having.items()
        }
        return cls(having, worth)

    def share(self, window: int) -> float:
        """Return how much of the query a window has."""
        whole = sum(self.worth.values())
        found = sum(self.worth[term] for term, windows in self.having.items() if window in windows)
        return found / whole if whole else 0.0


def search(
    library: Library,
    query: str,
    files: Mapping[int, Sequence[Path]],
    *,
    meaning: Meaning | None = None,
    most: int = 10,
    least: float = USUAL_SCORE,
) -> list[Hit]:
    """Find the windows that a query is about, the best first.

    Ranked by reciprocal rank fusion of BM25 and of what they mean.

    Args:
        library: the index.
        query: in plain words, at least one of them.
        files: of the clips to search, by their contents; the first of each is named.
        meaning: how near windows are to it; None compares words alone.
        most: hits that are returned.
        least: score of a hit, at least.

    """
    terms, meaning = Terms.of(library, query), meaning or Meaning()
    here = lookup.windows_of(library, files)
    lists = [
        [one for one in ranked if one in here][:MOST_RANKED]
        for ranked in (lookup.by_words(library, tuple(terms.having)), meaning.ranked())
    ]
    good = [
        window
        for window in fused(lists)
        if max(terms.share(window), meaning.of(window)[0]) >= least
    ]
    return _hits(library, good, files, terms, meaning, most)


def fused(lists: Sequence[Sequence[int]]) -> list[int]:
    """Return what is in any of several ranked lists, what is high in most of them first."""
    worth = dict[int, float]()
    for ranked in lists:
        for rank, one in enumerate(ranked):
            worth[one] = worth.get(one, 0.0) + 1 / (EVEN + 1 + rank)
    return sorted(worth, key=lambda one: (-worth[one], one))


def _hits(
    library: Library,
    windows: Sequence[int],
    files: Mapping[int, Sequence[Path]],
    terms: Terms,
    meaning: Meaning,
    most: int,
) -> list[Hit]:
    """Return hits with what they were found by; of two that overlap and say the same, one."""
    stored, hits = lookup.windows(library, windows), list[Hit]()
    cues, told = dict[int, tuple[Cue, ...]](), set[tuple[int, str, float]]()
    for number in windows:
        window = stored[number]
        content = window.content
        if content not in cues:
            cues[content] = library.cues(content)
        share, (alike, nearest) = terms.share(number), meaning.of(number)
        why = _Why(library, window, cues[content], terms)
        kind, text, at_s = why.by_meaning(nearest) if alike > share else why.by_words()
        if kind != "seen" and (content, text, at_s) in told:
            continue
        told.add((content, text, at_s))
        path, *copies = files[content]
        score = max(share, alike)
        hits.append(
            Hit(
                number, path, tuple(copies), window.start_s, window.end_s,
                score, share, alike, kind, text, at_s,
            )
        )  # fmt: skip
        if len(hits) == most:
            break
    return hits


@dataclass(frozen=True, slots=True)
class _Why:
    """What a window was found by."""

    library: Library
    window: Stored
    cues: Sequence[Cue]
    terms: Terms

    @property
    def part(self) -> Window:
        return Window(self.window.start_s, self.window.end_s, "even")

    def by_words(self) -> tuple[Kind, str, float]:
        """Return the text that has most of the query's words; of many sentences, the best one."""
        worth = dict.fromkeys(KINDS, 0.0)
        for term, windows in self.terms.having.items():
            if self.window.id in windows:
                for kind in lookup.kinds_having(self.library, term, self.window.id):
                    worth[kind] += self.terms.worth[term]
        kind = max(KINDS, key=lambda one: worth[one])
        best = max(self._cues(kind), key=lambda cue: self._worth(cue.text), default=None)
        if best is None:
            return kind, self.window.caption, self.window.start_s
        return kind, best.text, best.start_s

    def by_meaning(self, kind: Kind) -> tuple[Kind, str, float]:
        """Return all of the text of a kind."""
        first = next(iter(self._cues(kind)), None)
        text = texts_in(self.part, self.cues, self.window.caption)[kind]
        return kind, text, self.window.start_s if first is None else first.start_s

    def _cues(self, kind: Kind) -> Iterable[Cue]:
        if kind == "seen":
            return ()
        here = shown_in(self.part, self.cues)
        return (cue for cue in here if cue.on_screen == (kind == "read"))

    def _worth(self, text: str) -> float:
        """Return how much of the query a sentence has, as far as its words look alike."""
        words = {folded(word) for word in words_of(searchable(text))}
        return sum(
            worth
            for term, worth in self.terms.worth.items()
            if any(_is_form(folded(term), word) for word in words)
        )


def _is_form(one: str, other: str) -> bool:
    """Return whether two words look like forms of one."""
    shared = sum(takewhile(bool, map(eq, one, other)))
    return one == other or shared >= max(LEAST_STEM, min(len(one), len(other)) - ENDING)
