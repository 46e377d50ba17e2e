"""Find where in a clip the sentences of an answer are from."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from vidqa.engine.asking.denial import is_denial
from vidqa.engine.finding.full_text import TextTable
from vidqa.engine.finding.passages import Passage
from vidqa.engine.finding.ranking import Terms
from vidqa.engine.summaries.piecewise import Piecewise
from vidqa.engine.summaries.sentence_grounding import grounds_in
from vidqa.engine.summaries.summary import sentences
from vidqa.engine.summaries.windows import Window
from vidqa.types import NOT_ENOUGH, Claim, Grounding
from vidqa.types.clock import clock

UNSUPPORTED = "[no evidence]"
PLACED_SHARE = 0.5
"""Part of a sentence that a cue has at least, to be where it is from."""
LEAST_SPAN_S = 1.0
"""Seconds of a place, at least."""
MOST_SPANS = 3
"""Places of one sentence that are written behind it."""
MARK = re.compile(r"\s*\[[^\[\]]*\d:\d\d[^\[\]]*\]")
"""What looks like a place but was written by a model."""

Grounds = Mapping[Window, Grounding]


def claimed(text: str, doubts: Sequence[str]) -> tuple[str, ...]:
    """Return the sentences of a model's answer that say something, each once.

    Args:
        text: the answer; times in it are the model's own, and left out.
        doubts: sentences by which the model says that it cannot tell.

    """
    bare = [MARK.sub("", sentence).strip() for sentence, _ in sentences(text)]
    return tuple(dict.fromkeys(one for one in bare if one and one not in doubts))


def judged(
    pieces: Piecewise, question: str, asked: Mapping[Window, Sequence[str]]
) -> dict[str, Grounds]:
    """Return what each sentence rests on in each window that it is asked again on, alone.

    Args:
        pieces: the clip.
        question: what the sentences answer.
        asked: sentences, by window.

    """
    some = {window: texts for window, texts in asked.items() if texts}
    pairs = {window: [(question, text) for text in texts] for window, texts in some.items()}
    found, _ = grounds_in(pieces, pairs)
    grounds = dict[str, dict[Window, Grounding]]()
    for window, every in found.items():
        for text, grounding in zip(some[window], every, strict=True):
            grounds.setdefault(text, {})[window] = grounding
    return dict[str, Grounds](grounds)


def claim(
    text: str,
    grounds: Grounds,
    passages: Sequence[Passage],
    *,
    everywhere: bool = False,
    is_whole: bool = False,
) -> Claim:
    """Say where a sentence is from.

    Args:
        text: the sentence.
        grounds: what it rests on in each window that may support it.
        passages: the words of the clip.
        everywhere: name every window that supports it, not only the one that does most.
        is_whole: the windows are all that is asked about, so that together they may support that
            something is not there.

    """
    if not grounds:
        return Claim(text, (), None)
    best = max(grounds, key=lambda window: (grounds[window].without_both, -window.start_s))
    good = [window for window, one in grounds.items() if one.verdict != "guess"]
    if is_denial(text) and not (is_whole and len(good) == len(grounds)):
        good = []
    if not good:
        return Claim(text, (), grounds[best])
    places = sorted(good, key=lambda window: window.start_s) if everywhere else [best]
    spans = [_place(text, window, grounds[window], passages) for window in places]
    return Claim(text, tuple(_merged(spans)), grounds[best])


def _place(
    text: str, window: Window, grounding: Grounding, passages: Sequence[Passage]
) -> tuple[float, float]:
    """Return where the words of a sentence are said or read in a window, else all of it."""
    here = [one for one in passages if one.is_in(window)]
    if grounding.verdict != "seen" and here and not is_denial(text):
        terms = Terms.of(TextTable(one.texts for one in here), text, len(here))
        at = max(range(len(here)), key=lambda number: (terms.share(number), -number))
        if terms.share(at) >= PLACED_SHARE:
            start_s = max(window.start_s, here[at].start_s)
            end_s = max(here[at].end_s, start_s + LEAST_SPAN_S)
            return start_s, max(start_s, min(window.end_s, end_s))
    return window.start_s, window.end_s


def _merged(spans: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield spans in order of time, those that touch as one."""
    begun: tuple[float, float] | None = None
    for start_s, end_s in sorted(spans):
        if begun is not None and start_s <= begun[1]:
            begun = begun[0], max(begun[1], end_s)
            continue
        if begun is not None:
            yield begun
        begun = start_s, end_s
    if begun is not None:
        yield begun


def told(claims: Sequence[Claim], *, strict: bool) -> Iterator[str]:
    """Yield an answer sentence by sentence, each with where it is from.

    Args:
        claims: the sentences.
        strict: leave out what nothing supports.

    """
    if not any(one.spans for one in claims):
        yield NOT_ENOUGH
        return
    first = True
    for one in claims:
        if one.spans or not strict:
            yield f"{'' if first else ' '}{one.text} {_mark(one)}"
            first = False


def _mark(one: Claim) -> str:
    if not one.spans:
        return UNSUPPORTED
    places = [f"{clock(start_s)}-{clock(end_s)}" for start_s, end_s in one.spans[:MOST_SPANS]]
    more = len(one.spans) - MOST_SPANS
    return f"[{', '.join(places)}{f' and {more} more' if more > 0 else ''}]"
