"""Rank windows by the words of a query and by its meaning."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import eq

import numpy as np
from numpy.typing import NDArray

from vidqa.engine.finding.full_text import Searched, having
from vidqa.engine.finding.terms import folded, searchable, terms_of, words_of
from vidqa.engine.finding.texts import KINDS, Compared

EVEN = 60
"""Of reciprocal rank fusion: the larger, the less the first ranks are preferred (Cormack et al.,
SIGIR 2009)."""
LEAST_WINDOWS = 1000
"""Of which the worth of a term is told: among few, words that they lack are not that rare."""
ENDING = 2
"""Letters at the end by which two forms of a word may differ, where a sentence is chosen."""
LEAST_STEM = 3
"""Letters that they share, at least."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a query, and the windows that have them."""

    having: Mapping[str, frozenset[int]]
    worth: Mapping[str, float]
    """How much each term tells, by how few windows have it."""

    @classmethod
    def of(cls, table: Searched, query: str, count: int) -> "Terms":
        """Look the terms of a query up in a table of so many windows."""
        every = max(count, LEAST_WINDOWS)
        found = {term: having(table, term) for term in terms_of(query)}
        worth = {
            term: math.log(1 + (every - len(windows) + 0.5) / (len(windows) + 0.5))
            for term, windows in found.items()
        }
        return cls(found, worth)

    def share(self, window: int) -> float:
        """Return how much of the query a window has."""
        whole = sum(self.worth.values())
        found = sum(self.worth[term] for term, windows in self.having.items() if window in windows)
        return found / whole if whole else 0.0

    def worth_in(self, text: str) -> float:
        """Return how much of the query a sentence has, as far as its words look alike."""
        words = {folded(word) for word in words_of(searchable(text))}
        return sum(
            worth
            for term, worth in self.worth.items()
            if any(_is_form(folded(term), word) for word in words)
        )


def _is_form(one: str, other: str) -> bool:
    """Return whether two words look like forms of one."""
    shared = sum(takewhile(bool, map(eq, one, other)))
    return one == other or shared >= max(LEAST_STEM, min(len(one), len(other)) - ENDING)


@dataclass(frozen=True, slots=True)
class Meaning:
    """How near windows are to what a query means."""

    nearest: Mapping[int, tuple[float, Compared]] = field(default_factory=dict)
    """How alike each window is at best, from 0 to 1, and what of it."""

    def with_those_of(
        self,
        owners: NDArray[np.int64],
        kinds: Sequence[Compared],
        vectors: NDArray[np.float32],
        query: NDArray[np.float32],
        unlike: float,
    ) -> "Meaning":
        """Compare a query with what was encoded by one model, too.

        Args:
            owners: the window of each, (texts,).
            kinds: where each is from.
            vectors: what each means, rows of length 1, (texts, width).
            query: what the query means, a row of length 1.
            unlike: cosine of texts that have nothing to do with each other, which counts as 0.

        """
        nearest = dict(self.nearest)
        if len(owners):
            alike = np.clip((vectors @ query - unlike) / (1 - unlike), 0, 1)
            for at in np.argsort(alike, kind="stable"):  # the best of a window comes last
                nearest[int(owners[at])] = float(alike[at]), kinds[at]
        return Meaning(nearest)

    def ranked(self) -> list[int]:
        """Return the windows, the nearest first."""
        return sorted(self.nearest, key=lambda window: (-self.nearest[window][0], window))

    def of(self, window: int) -> tuple[float, Compared]:
        """Return how alike a window is, and what of it."""
        return self.nearest.get(window, (0.0, KINDS[0]))


def fused(lists: Sequence[Sequence[int]]) -> list[int]:
    """Return what is in any of several ranked lists, what is high in most of them first."""
    worth = dict[int, float]()
    for ranked in lists:
        for rank, one in enumerate(ranked):
            worth[one] = worth.get(one, 0.0) + 1 / (EVEN + 1 + rank)
    return sorted(worth, key=lambda one: (-worth[one], one))
