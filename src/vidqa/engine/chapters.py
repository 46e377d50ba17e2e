"""Chapters of a clip: they begin where something ends, and a model titles them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vidqa.engine.piecewise import Piecewise
from vidqa.engine.summary import FoundChapter, title_of
from vidqa.engine.told import Told
from vidqa.engine.windows import SLACK, CutAt, Window, said_in
from vidqa.errors import VideoError

SHORTEST_S = 10.0
"""Sites that read chapters from a video's description take none that are shorter."""
FEW, MANY, MOST = 6, 20, 30
"""A clip of one window has no more chapters than the first, a longer one about as many if its
windows are longer, and none more than the second; of those written in a file the third are kept."""
DAMAGED = "(this part cannot be watched)"
NO_TITLE = re.compile(r"\W*(?:chapter|kapitel|chapitre|cap\w*)?[\W\d]*", re.IGNORECASE)
"""What programs write where nobody gave a title: `Chapter 01`, `00:05:00`."""


@dataclass(frozen=True, slots=True)
class Chapters:
    """The chapters of a clip, and what was said of those that the model had to title."""

    found: tuple[FoundChapter, ...] = ()
    told: Mapping[Window, Told] = field(default_factory=dict)
    windows: Mapping[Window, Told] = field(default_factory=dict)
    """What is said of windows, where there are chapters longer than those."""


def find_chapters(pieces: Piecewise, told: Mapping[Window, Told]) -> Chapters:
    """The chapters of a clip: those written in the file, else those that can be found.

    Args:
        pieces: the clip, to be watched part by part.
        told: what is said of its windows, as far as it is known, for chapters longer than those.

    Raises:
        VideoError: nothing of it can be watched.

    """
    parts = _written(pieces) or dict.fromkeys(_parts(pieces), "")
    untitled = [part for part, title in parts.items() if not title]
    most_s = pieces.budget_s * (1 + 2 * SLACK)  # a window may be as long, if its cuts were moved
    longer = [part for part in untitled if part.end_s - part.start_s > most_s]
    titled, failed = _titled(pieces, [part for part in untitled if part not in longer])
    if longer:
        told = told or pieces.told(pieces.windows(pieces.budget_s), pieces.form.window)
        more, failed_again = _titled(pieces.above(told), longer)
        titled, failed = {**titled, **more}, failed or failed_again
    if failed is not None and len(untitled) == len(parts) and not titled:
        raise failed
    for part in untitled:
        parts[part] = _title(pieces, titled[part]) if part in titled else DAMAGED
    return Chapters(
        tuple(
            FoundChapter(part.start_s, part.end_s, part.cut_at, title)
            for part, title in parts.items()
        ),
        {part: titled[part] for part in untitled if part in titled},
        told if longer else {},
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


def _titled(
    pieces: Piecewise, parts: Sequence[Window]
) -> tuple[dict[Window, Told], VideoError | None]:
    """What is said of parts for a title, and why one cannot be watched.

    It is asked of the words where there are some, and where no title comes of that, of the
    pictures.
    """
    form, cues = pieces.form, pieces.clip.words.cues
    with_words = [part for part in parts if said_in(part, cues)]
    titled, failed = pieces.told_of_some(with_words, [form.title_of_words])
    left = [part for part in parts if part not in titled or not _title(pieces, titled[part])]
    shown, failed_again = pieces.told_of_some(left, [form.title_of_pictures])
    for part, told in shown.items():
        titled[part] = titled[part].then(told) if part in titled else told
    return titled, failed or failed_again


def _title(pieces: Piecewise, told: Told) -> str:
    """The first title in some answers; empty where there is none."""
    titles = (title_of(text, pieces.form.title_leads) for text in told.texts)
    return next(filter(None, titles), "")
