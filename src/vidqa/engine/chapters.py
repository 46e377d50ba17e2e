"""Chapters of a clip: they begin where something ends, and a model titles them."""

from collections.abc import Mapping

from vidqa.engine.clip import Clip
from vidqa.engine.piecewise import Piecewise
from vidqa.engine.summary import FoundChapter, title_of
from vidqa.engine.told import Told
from vidqa.engine.windows import Window
from vidqa.errors import VideoError

SHORTEST_S = 5.0
FEW, MANY = 6, 20
"""A clip of one window has no more chapters than the first, a longer one about as many if its
windows are longer, and none more than the second."""
DAMAGED = "(this part cannot be watched)"


def find_chapters(pieces: Piecewise, told: Mapping[Window, Told]) -> tuple[FoundChapter, ...]:
    """The chapters of a clip.

    Args:
        pieces: the clip, to be watched part by part.
        told: what is said of its windows, for chapters that are longer than those.

    """
    return tuple(
        FoundChapter(
            part.start_s,
            part.end_s,
            part.cut_at,
            DAMAGED if isinstance(clip, VideoError) else _title(pieces, part, clip, told),
        )
        for part, clip in pieces.watched(_parts(pieces))
    )


def _parts(pieces: Piecewise) -> tuple[Window, ...]:
    """A clip of one window is cut only where something ends."""
    start_s, end_s = pieces.span
    lasts_s = end_s - start_s
    if lasts_s <= pieces.budget_s:
        return pieces.scenes(max(lasts_s / FEW, SHORTEST_S))
    return pieces.windows(max(min(pieces.budget_s, lasts_s / FEW), lasts_s / MANY))


def _title(pieces: Piecewise, part: Window, clip: Clip, told: Mapping[Window, Told]) -> str:
    if part.end_s - part.start_s > pieces.budget_s:
        clip = pieces.retold(clip, {one: it for one, it in told.items() if part.holds(one)})
    form = clip.model.spec.summaries
    questions = [form.title_of_pictures]
    if any(segment.text for segment in clip.segments):
        questions.insert(0, form.title_of_words)
    titles = (title_of(pieces.tell(clip, [one]).texts[0], form.title_leads) for one in questions)
    return next(filter(None, titles), "")
