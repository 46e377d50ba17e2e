"""Find the windows of clips that a query is about, by their words and by their meaning."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vidqa.engine.finding.full_text import by_words, kinds_having
from vidqa.engine.finding.ranking import Meaning, Terms, fused
from vidqa.engine.finding.texts import KINDS, Compared, Kind, texts_in
from vidqa.engine.summaries.windows import Window, shown_in
from vidqa.tasks.index import USUAL_SCORE, lookup
from vidqa.tasks.index.library import Library
from vidqa.tasks.index.lookup import Stored
from vidqa.types import Cue

MOST_RANKED = 1000
"""Windows of each list that are fused."""


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
    kind: Compared
    """Whether it was said, read or seen, or the pictures themselves were compared."""
    text: str
    """What it was found by; empty where no text is that."""
    at_s: float
    """When that is said or read; the start of the window if it is seen."""


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
    terms, meaning = Terms.of(library, query, lookup.count(library)), meaning or Meaning()
    here = lookup.windows_of(library, files)
    lists = [
        [one for one in ranked if one in here][:MOST_RANKED]
        for ranked in (by_words(library, tuple(terms.having)), meaning.ranked())
    ]
    good = [
        window
        for window in fused(lists)
        if max(terms.share(window), meaning.of(window)[0]) >= least
    ]
    return _hits(library, good, files, terms, meaning, most)


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
        if kind in ("said", "read") and (content, text, at_s) in told:
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
                for kind in kinds_having(self.library, term, self.window.id):
                    worth[kind] += self.terms.worth[term]
        kind = max(KINDS, key=lambda one: worth[one])
        best = max(self._cues(kind), key=lambda cue: self.terms.worth_in(cue.text), default=None)
        if best is None:
            return kind, self.window.caption, self.window.start_s
        return kind, best.text, best.start_s

    def by_meaning(self, kind: Compared) -> tuple[Compared, str, float]:
        """Return all of the text of a kind."""
        if kind == "shown":
            return kind, "", self.window.start_s
        first = next(iter(self._cues(kind)), None)
        text = texts_in(self.part, self.cues, self.window.caption)[kind]
        return kind, text, self.window.start_s if first is None else first.start_s

    def _cues(self, kind: Kind) -> Iterable[Cue]:
        if kind == "seen":
            return ()
        here = shown_in(self.part, self.cues)
        return (cue for cue in here if cue.on_screen == (kind == "read"))
