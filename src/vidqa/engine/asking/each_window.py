"""Ask about windows one at a time: for models that make no text of several windows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vidqa.engine.asking.asked import Asked
from vidqa.engine.asking.choose import LEAST_SHARE, Chosen, Found
from vidqa.engine.asking.denial import is_denial
from vidqa.engine.asking.evidence import claim, claimed
from vidqa.engine.asking.reply import Reply, most_supported, unwatched
from vidqa.engine.summaries.part_answers import Kept, PartAnswers
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import VideoError
from vidqa.models.summary_form import SummaryForm
from vidqa.types import Claim, Grounding

MOST_SENTENCES = 12
"""Sentences of an answer from all windows."""


@dataclass(frozen=True, slots=True)
class WindowAnswer:
    """The answer about a window, and what each of its sentences rests on there."""

    answer: PartAnswers
    sentences: tuple[str, ...]
    grounds: tuple[Grounding, ...]
    quote: str
    """What is said there, or seen, by which it was found; empty if it is not quoted."""
    quote_grounds: tuple[Grounding, ...]
    """What that rests on, if it is."""

    def is_supported(self, chosen: Chosen) -> bool:
        """Return whether the window supports anything that the model says."""
        return any(
            one.verdict != "guess" and (chosen.is_whole or not is_denial(text))
            for text, one in zip(self.sentences, self.grounds, strict=True)
        )


ANSWERED = Kept("answered", WindowAnswer)
METHOD = "1"
"""Version of how a window is answered; a change makes older entries unused."""


def reply(asked: Asked, chosen: Chosen) -> Reply:
    """Answer from the first window that supports an answer; from all of them if all are chosen.

    A model that quotes words in summaries does so here, too, behind its answer. If none of the
    windows supports what it says, the quote from the first is left.
    """
    if chosen.are_all:
        return _from_all(asked, chosen)
    tried, failed = dict[Window, WindowAnswer](), list[VideoError]()
    for window in chosen.windows:
        answers, error = _answers(asked, [window], chosen)
        tried |= answers
        failed += [] if error is None else [error]
        if window in tried and tried[window].is_supported(chosen):
            break
    if failed and not tried:
        raise failed[0]
    supported = {window: one for window, one in tried.items() if one.is_supported(chosen)}
    told = supported or tried
    claims = [*_claims(asked, chosen, told), *_quoted(asked, told)]
    parts = tuple(one.answer for one in told.values())
    warnings = () if supported else unwatched(len(chosen.windows), tried)
    return Reply(tuple(claims), parts, tuple(tried), chosen, warnings, is_answered=bool(supported))


def _quoted(asked: Asked, found: Mapping[Window, WindowAnswer]) -> Iterator[Claim]:
    """Yield the quote from the first window, if there is one."""
    for window, one in list(found.items())[:1]:
        for grounds in one.quote_grounds:
            yield claim(one.quote, {window: grounds}, asked.passages)


def _from_all(asked: Asked, chosen: Chosen) -> Reply:
    found, failed = _answers(asked, chosen.windows, chosen)
    if failed is not None and not found:
        raise failed
    claims = _claims(asked, chosen, found)
    kept, left_out = most_supported(claims, MOST_SENTENCES)
    parts = tuple(one.answer for one in found.values())
    warnings = (*_left_out(left_out), *unwatched(len(chosen.windows), found))
    return Reply(kept, parts, tuple(found), chosen, warnings, is_answered=True)


def _claims(asked: Asked, chosen: Chosen, found: Mapping[Window, WindowAnswer]) -> list[Claim]:
    return [
        claim(
            text,
            grounds,
            asked.passages,
            everywhere=chosen.are_all,
            is_whole=chosen.is_whole and len(grounds) == len(chosen.windows),
        )
        for text, grounds in _by_sentence(found).items()
    ]


def _answers(
    asked: Asked, windows: Sequence[Window], chosen: Chosen
) -> tuple[dict[Window, WindowAnswer], VideoError | None]:
    """Return the answers about each window, and why one of them cannot be watched."""
    how = replace(asked.how, windows="off", strict=False)
    form = asked.pieces.form
    quoted = {window: _quote(chosen.pointers.get(window), form) for window in windows}

    def make(clip: WatchedClip, window: Window) -> WindowAnswer:
        answer = PartAnswers.of([clip.ask(asked.question, how, notify=asked.notify)])
        sentences = claimed(answer.texts[0], form.doubts)
        grounds = clip.grounds(asked.question, sentences) if sentences else ()
        about, quote = quoted[window]
        return WindowAnswer(
            answer, sentences, grounds, quote, clip.grounds(about, [quote]) if quote else ()
        )

    drawn = [f"{name} {value}" for name, value in how.settings.items() if name != "max_new_tokens"]
    how_made = (METHOD, asked.question, *drawn)
    keys = {window: (*how_made, *quoted[window]) for window in windows}
    return asked.pieces.each(ANSWERED, keys, make)


def _quote(pointer: Found | None, form: SummaryForm) -> tuple[str, str]:
    """Return the question that a quote answers, and the quote; both are empty if there is none."""
    quotes = next(iter(form.quotes.values()), None)
    if pointer is None or quotes is None:
        return "", ""
    sentence = pointer.at.sentence
    match pointer.at.kind:
        case "said":
            return quotes.question, quotes.form.format(said=sentence.replace('"', "'"))
        case "read":
            return quotes.read_question, quotes.read_form.format(read=sentence.replace('"', "'"))
        case "seen" if pointer.share >= LEAST_SHARE:
            return form.caption[0], sentence
    return "", ""


def _by_sentence(found: Mapping[Window, WindowAnswer]) -> dict[str, dict[Window, Grounding]]:
    grounds = dict[str, dict[Window, Grounding]]()
    for window, one in found.items():
        for text, grounding in zip(one.sentences, one.grounds, strict=True):
            grounds.setdefault(text, {})[window] = grounding
    return grounds


def _left_out(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} more sentences were left out; vidqa summarize tells more",)
