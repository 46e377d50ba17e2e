"""Choose the windows of a long clip that a question is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vidqa.engine.asking.question.kinds import asked_for
from vidqa.engine.finding.full_text import TextTable, by_words
from vidqa.engine.finding.meanings import Meanings
from vidqa.engine.finding.passages import Passage, captioned
from vidqa.engine.finding.ranking import Terms, fused
from vidqa.engine.summaries.windows import Window
from vidqa.types import ChosenBy

MOST_WINDOWS = 3
"""Windows that are watched closely where the question is about something in particular."""
# these were tuned on films made as those of benchmarks/needles.py, with other facts
LEAST_SHARE = 0.5
"""Part of a question's words that a sentence has at least, rarer words counting for more, where
meanings are not compared."""
LEAST_BOTH = 0.5
"""Mean of that part and of how alike the sentence and the question mean, at least."""
LEAST_ALIKE = 0.65
"""How alike they mean at least, whatever words they have, of 1."""
LEAST_SEEN = 0.45
"""How alike a thing that is seen and the question mean, at least: the model is asked about it."""
LEAST_S = 1.0
"""Seconds of a window, at least."""


@dataclass(frozen=True, slots=True)
class Found:
    """A window that a question is about."""

    window: Window
    at: Passage
    """Its sentence that is nearest to the question."""
    share: float
    """Part of the question's words that this has."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Windows that a question is about."""

    windows: tuple[Window, ...]
    """Those that it is about most first; none if nothing in the clip is."""
    by: ChosenBy
    warnings: tuple[str, ...] = ()
    pointers: Mapping[Window, Found] = field(default_factory=dict)
    """What points to them, where something does."""

    @property
    def are_all(self) -> bool:
        """Whether the answer is to come from every one of them."""
        return self.by == "all"

    @property
    def is_whole(self) -> bool:
        """Whether they are all that is asked about: what is not in them is not there."""
        return self.by in ("all", "time")


@dataclass(frozen=True, slots=True)
class Finder:
    """The windows of one clip, and what is known of each."""

    windows: tuple[Window, ...]
    """In order of time, overlapping a little."""
    passages: Sequence[Passage]
    meanings: Meanings

    def with_captions(self, captions: Mapping[Window, str]) -> "Finder":
        """Return the windows with what is seen in them in place of their words."""
        return replace(self, passages=captioned(captions))

    @property
    def span(self) -> tuple[float, float]:
        """Start and end of what is asked about, in seconds."""
        return self.windows[0].start_s, self.windows[-1].end_s

    def part(self, start_s: float, end_s: float) -> Window | None:
        """Return what of a time is asked about; None if that is nothing."""
        begin_s, end_s = max(start_s, self.span[0]), min(end_s, self.span[1])
        return None if end_s - begin_s < LEAST_S else Window(begin_s, end_s, "even")

    def within(self, part: Window) -> "Finder":
        """Return what of the windows lies in a part of the clip."""
        return replace(self, windows=within(self.windows, part.start_s, part.end_s))

    def best(self, question: str) -> tuple[Found, ...]:
        """Return the windows that a question is about by what is known of them, the best first.

        Their sentences are ranked by words and by meaning, and the ranks fused; a window comes
        where its best sentence does.
        """
        every = self.passages
        table = TextTable(one.texts for one in every)
        terms = Terms.of(table, asked_for(question), len(every))
        alike = None
        if self.meanings.reads(question):
            alike = self.meanings.alike([one.text for one in every], question).tolist()
        best = dict[Window, Found]()
        for at in _fused(table, terms, alike):
            one, share = every[at], terms.share(at)
            if _fits(one, share, None if alike is None else alike[at]):
                for window in one.windows(self.windows):
                    best.setdefault(window, Found(window, one, share))
        return tuple(best.values())


def _fits(passage: Passage, share: float, alike: float | None) -> bool:
    """Return whether a sentence is likely to be what a question is about.

    Args:
        passage: the sentence.
        share: part of the question's words that it has.
        alike: how alike both mean; None if meanings are not compared.

    """
    if alike is None:
        return share >= LEAST_SHARE
    if passage.kind == "seen":
        return share >= LEAST_SHARE or alike >= LEAST_SEEN
    return (share + alike) / 2 >= LEAST_BOTH or alike >= LEAST_ALIKE


def _fused(table: TextTable, terms: Terms, alike: Sequence[float] | None) -> list[int]:
    """Return sentences that have words of a question, or are compared with it, the best first."""
    lists = [by_words(table, tuple(terms.having)) if terms.having else []]
    if alike is not None:
        lists.append(sorted(range(len(alike)), key=lambda at: (-alike[at], at)))
    return fused(lists)


def within(windows: Sequence[Window], begin_s: float, end_s: float) -> tuple[Window, ...]:
    """Return what of windows lies in a part of a clip."""
    return tuple(
        replace(one, start_s=max(one.start_s, begin_s), end_s=min(one.end_s, end_s))
        for one in windows
        if min(one.end_s, end_s) - max(one.start_s, begin_s) >= LEAST_S
    )
