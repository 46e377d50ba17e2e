"""Find out what each sentence of a summary rests on: the clip, or nothing in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vidqa.engine.summaries.part_answers import Kept
from vidqa.engine.summaries.piecewise import Piecewise
from vidqa.engine.summaries.summary import Sentence, sentences
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import VideoError
from vidqa.types import Grounding

GROUNDS = Kept("grounds", tuple[Grounding, ...])

Asked = tuple[str, str]
"""A question and a sentence of its answer."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer that is part of a summary."""

    question: str
    text: str
    window: Window | None
    """The window it is about; None is the whole clip."""
    joins: bool = False
    """Whether it continues the sentence before it."""


def paragraph(some: Sequence[Statement]) -> str:
    """Join answers into a paragraph."""
    text = ""
    for one in some:
        if one.joins:
            text = f"{text.removesuffix('.')}; {one.text[:1].lower()}{one.text[1:]}"
        else:
            text = f"{text} {one.text}".strip()
    return text


def rest(
    pieces: Piecewise, statements: Sequence[Statement], windows: Sequence[Window]
) -> tuple[tuple[Sentence, ...], ...]:
    """Return what the sentences of answers rest on, one item per answer.

    An answer about the whole of a clip that was watched window by window may rest on any of them:
    the one without which it is least likely counts. The answers about windows are not shown for it.

    Args:
        pieces: the clip.
        statements: the answers.
        windows: those that were watched on their own; none if the clip was watched at once.

    """
    parts = [sentences(one.text) for one in statements]
    asked = {window: _asked(statements, parts, window) for window in windows or (None,)}
    found = {
        window: dict(zip(asked[window], grounds, strict=True))
        for window, grounds in _grounds(pieces, asked).items()
    }
    return tuple(
        tuple(Sentence(text, _best(found, one, text), gap) for text, gap in some)
        for one, some in zip(statements, parts, strict=True)
    )


def _best(
    found: Mapping[Window | None, Mapping[Asked, Grounding]], one: Statement, text: str
) -> Grounding:
    """Return the strongest grounding of a sentence in the windows that it may rest on."""
    known = (
        grounds[one.question, text]
        for window, grounds in found.items()
        if one.window in (None, window)
    )
    return max(known, key=lambda grounding: grounding.without_both)


def _asked(
    statements: Sequence[Statement],
    parts: Sequence[Sequence[tuple[str, str]]],
    window: Window | None,
) -> tuple[Asked, ...]:
    """Return the sentences that may rest on a window, each once."""
    every = (
        (one.question, text)
        for one, some in zip(statements, parts, strict=True)
        if one.window in (None, window)
        for text, _ in some
    )
    return tuple(dict.fromkeys(every))


def _grounds(
    pieces: Piecewise, asked: Mapping[Window | None, Sequence[Asked]]
) -> Mapping[Window | None, tuple[Grounding, ...]]:
    """Return what sentences rest on in each window, or in the whole clip."""
    if None in asked:
        return {None: _judged(pieces.clip, asked[None])}
    found, failed = grounds_in(
        pieces, {window: some for window, some in asked.items() if window is not None and some}
    )
    if failed is not None:
        raise failed
    return {window: found[window] for window in found}


def grounds_in(
    pieces: Piecewise, asked: Mapping[Window, Sequence[Asked]]
) -> tuple[dict[Window, tuple[Grounding, ...]], VideoError | None]:
    """Return what sentences rest on in each window alone, and why one cannot be watched."""
    return pieces.each(
        GROUNDS,
        {window: [text for one in some for text in one] for window, some in asked.items()},
        lambda clip, window: _judged(clip, asked[window]),
    )


def _judged(clip: WatchedClip, asked: Sequence[Asked]) -> tuple[Grounding, ...]:
    """Return what each sentence rests on in one clip."""
    by_question = dict[str, list[str]]()
    for question, text in asked:
        by_question.setdefault(question, []).append(text)
    found = dict[Asked, Grounding]()
    for question, texts in by_question.items():
        for text, grounding in zip(texts, clip.grounds(question, texts), strict=True):
            found[question, text] = grounding
    return tuple(found[one] for one in asked)


def without_guesses(some: Sequence[Sentence], doubts: Sequence[str]) -> tuple[Sentence, ...]:
    """Drop the sentences that rest on nothing, except expressed doubts; paragraphs stay."""
    kept = list[Sentence]()
    for one in some:
        if one.grounding.verdict != "guess" or one.text in doubts:
            kept.append(one)
        elif kept and "\n" in one.gap:
            kept[-1] = replace(kept[-1], gap=one.gap)
    return tuple(kept)
