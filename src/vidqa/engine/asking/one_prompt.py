"""Ask about several windows at once: for models that make one text of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vidqa.engine.asking.asked import Asked
from vidqa.engine.asking.choose import MOST_WINDOWS, Chosen, Finder
from vidqa.engine.asking.compose import composed
from vidqa.engine.asking.evidence import claim, claimed, judged
from vidqa.engine.asking.reply import Reply, unwatched
from vidqa.engine.contents import ClipContents
from vidqa.engine.summaries.part_answers import PartAnswers
from vidqa.engine.summaries.piecewise import Piecewise
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import VideoError
from vidqa.types import Claim


def reply(asked: Asked, chosen: Chosen, finder: Finder) -> Reply:
    """Answer from some windows and a few frames of what is around them.

    Of all windows a model first says what is in each; then it is asked about those notes.
    """
    if chosen.are_all:
        return _from_notes(asked, chosen, finder)
    clip, watched = shown(asked.pieces, chosen.windows)
    answer = clip.ask(asked.question, replace(asked.how, windows="off"), notify=asked.notify)
    claims = supported(asked, replace(chosen, windows=watched), answer.text)
    parts = (PartAnswers.of([answer]),)
    is_answered = any(one.spans for one in claims)
    warnings = unwatched(len(chosen.windows), watched)
    return Reply(claims, parts, watched, chosen, warnings, is_answered=is_answered)


def supported(asked: Asked, chosen: Chosen, text: str) -> tuple[Claim, ...]:
    """Ask every sentence of an answer again on each of the windows alone."""
    texts = claimed(text, asked.pieces.form.doubts)
    return _claims(asked, chosen, dict.fromkeys(texts, chosen.windows))


def shown(pieces: Piecewise, windows: Sequence[Window]) -> tuple[WatchedClip, tuple[Window, ...]]:
    """Return a clip of windows and a few frames of the rest, and which of them can be watched.

    Each window has a frame at least: of more windows than frames, the first are shown.

    Raises:
        VideoError: none can be watched.

    """
    whole = pieces.clip
    most = whole.model.most_frames(whole.viewing)
    parts, failed = dict[Window, ClipContents](), list[VideoError]()
    for window, part in pieces.watched(sorted(windows[:most], key=lambda one: one.start_s)):
        if isinstance(part, VideoError):
            failed.append(part)
        else:
            parts[window] = part.contents
    if not parts:
        raise failed[0]
    contents = composed(whole.contents, parts, most)
    return whole.of(contents), tuple(parts)


def _from_notes(asked: Asked, chosen: Chosen, finder: Finder) -> Reply:
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
    warnings = unwatched(len(chosen.windows), notes)
    return Reply(claims, parts, tuple(notes), chosen, warnings, is_answered=True)


def _claims(
    asked: Asked, chosen: Chosen, texts: Mapping[str, Sequence[Window]]
) -> tuple[Claim, ...]:
    """Ask each sentence again on every window that it may be from."""
    windows = dict.fromkeys(window for some in texts.values() for window in some)
    wanted = {
        window: [text for text, some in texts.items() if window in some] for window in windows
    }
    grounds = judged(asked.pieces, asked.question, wanted)
    is_whole = chosen.by == "time"  # of all, each sentence is asked on a few
    return tuple(
        claim(text, grounds.get(text, {}), asked.passages, is_whole=is_whole) for text in texts
    )
