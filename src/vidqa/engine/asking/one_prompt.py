"""Ask about several windows at once: for models that make one text of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vidqa.engine.asking.asked import Asked
from vidqa.engine.asking.choose import MOST_WINDOWS, Chosen, Finder
from vidqa.engine.asking.compose import composed
from vidqa.engine.asking.draft import Draft
from vidqa.engine.asking.evidence import claim, claimed, judged
from vidqa.engine.shown_clip import ClipContents
from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.summaries.part_answers import PartAnswers
from vidqa.engine.summaries.piecewise import Piecewise
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import VideoError
from vidqa.types import Claim


def draft(asked: Asked, chosen: Chosen, finder: Finder) -> Draft:
    """Answer from some windows and a few frames of what is around them.

    Of all windows a model first says what is in each; then it is asked about those notes.
    """
    if chosen.are_all:
        return _from_notes(asked, chosen, finder)
    clip = shown(asked.pieces, chosen.windows)
    answer = clip.ask(asked.question, replace(asked.how, windows="off"), notify=asked.notify)
    texts = claimed(answer.text, asked.pieces.form.doubts)
    claims = _claims(asked, chosen, dict.fromkeys(texts, chosen.windows))
    parts = (PartAnswers.of([answer]),)
    is_answered = any(one.spans for one in claims)
    return Draft(claims, parts, chosen.windows, chosen, is_answered=is_answered)


def shown(pieces: Piecewise, windows: Sequence[Window]) -> WatchedClip:
    """Return a clip of some windows and a few frames of the rest.

    Raises:
        VideoError: one cannot be watched.

    """
    parts = dict[Window, ClipContents]()
    for window, part in pieces.watched(sorted(windows, key=lambda one: one.start_s)):
        if isinstance(part, VideoError):
            raise part
        parts[window] = part.contents
    whole, model = pieces.clip, pieces.clip.model
    contents = composed(whole.contents, parts, model.most_frames(whole.viewing))
    with model.memory.errors(model.name):
        return WatchedClip(model, contents, whole.viewing, StageTimer(None, whole.timings_s))


def _from_notes(asked: Asked, chosen: Chosen, finder: Finder) -> Draft:
    pieces, between = asked.pieces, list[PartAnswers]()
    notes = pieces.answers(chosen.windows, pieces.form.window)
    clip = pieces.with_words(pieces.clip, pieces.few(notes, pieces.form.window, between))
    answer = clip.ask(asked.question, replace(asked.how, windows="off"), notify=asked.notify)
    told = {window: " ".join(one.texts) for window, one in notes.items()}
    noted = replace(finder, windows=tuple(notes)).with_captions(told)
    texts = claimed(answer.text, pieces.form.doubts)
    claims = _claims(
        asked,
        chosen,
        {text: [one.window for one in noted.best(text)[:MOST_WINDOWS]] for text in texts},
    )
    parts = (*notes.values(), *between, PartAnswers.of([answer]))
    return Draft(claims, parts, tuple(notes), chosen, is_answered=True)


def _claims(
    asked: Asked, chosen: Chosen, texts: Mapping[str, Sequence[Window]]
) -> tuple[Claim, ...]:
    """Ask each sentence again on every window that it may be from."""
    windows = dict.fromkeys(window for some in texts.values() for window in some)
    wanted = {
        window: [text for text, some in texts.items() if window in some] for window in windows
    }
    grounds = judged(asked.pieces, asked.question, wanted)
    is_whole = chosen.is_whole
    return tuple(
        claim(text, grounds.get(text, {}), asked.passages, is_whole=is_whole) for text in texts
    )
