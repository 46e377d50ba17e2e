"""Chapters of a clip: they begin where something ends, and a model titles them."""

import re
from collections.abc import Mapping

from vidqa.engine.clip import Clip
from vidqa.engine.piecewise import Piecewise
from vidqa.engine.summary import FoundChapter, title_of
from vidqa.engine.told import Told
from vidqa.engine.windows import SLACK, CutAt, Window
from vidqa.errors import VideoError

SHORTEST_S = 10.0
"""Sites that read chapters from a video's description take none that are shorter."""
FEW, MANY, MOST = 6, 20, 30
"""A clip of one window has no more chapters than the first, a longer one about as many if its
windows are longer, and none more than the second; of those written in a file the third are kept."""
DAMAGED = "(this part cannot be watched)"
NO_TITLE = re.compile(r"\W*(?:chapter|kapitel|chapitre|cap\w*)?[\W\d]*", re.IGNORECASE)
"""What programs write where nobody gave a title: `Chapter 01`, `00:05:00`."""


def find_chapters(pieces: Piecewise, told: Mapping[Window, Told]) -> tuple[FoundChapter, ...]:
    """The chapters of a clip: those written in the file, else those that can be found.

    Args:
        pieces: the clip, to be watched part by part.
        told: what is said of its windows, for chapters that are longer than those.

    """
    parts = _written(pieces) or dict.fromkeys(_parts(pieces), "")
    titles = {part: title for part, title in parts.items() if title}
    watched = pieces.watched([part for part in parts if part not in titles])
    for part, clip in watched:
        titles[part] = DAMAGED if isinstance(clip, VideoError) else _title(pieces, part, clip, told)
    return tuple(
        FoundChapter(part.start_s, part.end_s, part.cut_at, titles[part]) for part in parts
    )


def _written(pieces: Piecewise) -> dict[Window, str]:
    """The chapters of the file and their titles; none where it has no two that are long enough."""
    start_s, end_s = pieces.span
    chapters = [one for one in pieces.clip.info.chapters if one.start_s < end_s > start_s]
    shortest_s = SHORTEST_S
    while True:
        cuts: list[tuple[float, CutAt, str]] = [(start_s, "start", "")]
        for one in chapters:
            if one.start_s <= start_s:
                cuts[0] = (start_s, "start", one.title)
            elif min(one.start_s - cuts[-1][0], end_s - one.start_s) >= shortest_s:
                cuts.append((one.start_s, "chapter", one.title))
        if len(cuts) <= MOST:
            break
        shortest_s *= 1.1
    if len(cuts) < 2:
        return {}
    ends_s = [*(cut_s for cut_s, _, _ in cuts[1:]), end_s]
    return {
        Window(cut_s, until_s, why): "" if NO_TITLE.fullmatch(title) else title_of(title, ())
        for (cut_s, why, title), until_s in zip(cuts, ends_s, strict=True)
    }


def _parts(pieces: Piecewise) -> tuple[Window, ...]:
    """A clip of one window is cut only where something ends."""
    start_s, end_s = pieces.span
    lasts_s = end_s - start_s
    if lasts_s <= pieces.budget_s:
        return pieces.scenes(max(lasts_s / FEW, SHORTEST_S))
    longest_s = max(min(pieces.budget_s, lasts_s / FEW), lasts_s / MANY)
    return pieces.windows(max(longest_s, SHORTEST_S / (1 - 2 * SLACK)))


def _title(pieces: Piecewise, part: Window, clip: Clip, told: Mapping[Window, Told]) -> str:
    if part.end_s - part.start_s > pieces.budget_s:
        clip = pieces.retold(clip, {one: it for one, it in told.items() if part.holds(one)})
    form = clip.model.spec.summaries
    questions = [form.title_of_pictures]
    if any(segment.text for segment in clip.segments):
        questions.insert(0, form.title_of_words)
    titles = (title_of(pieces.tell(clip, [one]).texts[0], form.title_leads) for one in questions)
    return next(filter(None, titles), "")
