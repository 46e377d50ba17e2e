"""Caption the windows of a clip, by which they are found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vidqa.engine.summaries.piecewise import Piecewise
from vidqa.engine.summaries.summary import sentences
from vidqa.engine.summaries.windows import Window
from vidqa.models.summary_form import SummaryForm


@dataclass(frozen=True, slots=True)
class Captions:
    """What is seen in windows."""

    of: dict[Window, str]
    """By window; empty where a model sees nothing that it knows."""
    failed: int
    """Windows that could not be watched."""


def captions_of(pieces: Piecewise, windows: Sequence[Window]) -> Captions:
    """Ask a model what is seen in each window; what it said is kept.

    Args:
        pieces: of a clip whose parts are watched without words.
        windows: sound may go on behind the pictures in them.

    Raises:
        VideoError: none can be watched.

    """
    end_s = pieces.clip.info.duration_s
    shown = {
        one: replace(one, end_s=min(one.end_s, end_s))
        for one in windows
        if one.start_s < end_s or len(windows) == 1
    }
    answers, failed = pieces.answers_to_some(tuple(shown.values()), pieces.form.caption)
    if failed is not None and not answers:
        raise failed
    captions = {
        window: caption(answers[part].texts, pieces.form)
        for window, part in shown.items()
        if part in answers
    }
    return Captions(captions, len(shown) - len(captions))


def caption(texts: tuple[str, ...], form: SummaryForm) -> str:
    """Return the answers about a window without doubts, which say nothing about it."""
    told = [one for text in texts for one, _ in sentences(text) if one not in form.doubts]
    return " ".join(told)
