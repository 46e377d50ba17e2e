"""Chapters of a clip, cut where a topic, pause or shot ends, with titles from a model."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vidqa.engine.summaries.part_answers import PartAnswers
from vidqa.engine.summaries.piecewise import Piecewise
from vidqa.engine.summaries.summary import FoundChapter, title_of
from vidqa.engine.summaries.windows import SLACK, CutAt, Window, at_least, between, said_in
from vidqa.errors import VideoError
from vidqa.types import UNWATCHED
from vidqa.types.media_info import Chapter

SHORTEST_S = 10.0
"""Seconds of a chapter at least: sites that read chapters from a description need as many."""
FEW, MANY, MOST = 6, 20, 30
"""Numbers of chapters: `FEW` is the most in a clip of one window, and about the number in a longer
clip if its windows are longer; `MANY` is the most found, `MOST` the most taken from a file."""
NO_TITLE = re.compile(
    r"\W*(?:chapter|kapitel|chapitre|cap[i\u00ed]tulo|capitolo|hoofdstuk)?\W*"
    r"\d{0,3}(?:[:.,]\d{1,3})*\W*",
    re.IGNORECASE,
)
"""Placeholder titles that programs write: `Chapter 01`, `00:05:00`."""


@dataclass(frozen=True, slots=True)
class Chapters:
    """The chapters of a clip, and the answers about those that the model titled."""

    found: tuple[FoundChapter, ...] = ()
    answers: Mapping[Window, PartAnswers] = field(default_factory=dict)
    windows: Mapping[Window, PartAnswers] = field(default_factory=dict)
    """The answers about windows, if some chapters are longer than those."""
    warnings: tuple[str, ...] = ()


def find_chapters(pieces: Piecewise, answers: Mapping[Window, PartAnswers]) -> Chapters:
    """Return the chapters of a clip: those in the file, else those found.

    Args:
        pieces: the clip, to be watched part by part.
        answers: known ones about its windows, used for chapters longer than those.

    Raises:
        VideoError: no part of the clip can be watched.

    """
    parts = _written(pieces) or dict.fromkeys(_parts(pieces), "")
    untitled = [part for part, title in parts.items() if not title]
    most_s = pieces.budget_s * (1 + 2 * SLACK)  # a window may be as long, if its cuts were moved
    longer = [part for part in untitled if part.end_s - part.start_s > most_s]
    titled, failed = _titled(pieces, [part for part in untitled if part not in longer])
    if longer:
        answers = answers or pieces.answers(pieces.windows(pieces.budget_s), pieces.form.window)
        more, failed_again = _titled(pieces.above(answers), longer)
        titled, failed = {**titled, **more}, failed or failed_again
    if failed is not None and len(untitled) == len(parts) and not titled:
        raise failed
    for part in untitled:
        parts[part] = _title(pieces, titled[part]) if part in titled else UNWATCHED
    return Chapters(
        tuple(
            FoundChapter(part.start_s, part.end_s, part.cut_at, title)
            for part, title in parts.items()
        ),
        {part: titled[part] for part in untitled if part in titled},
        answers if longer else {},
        tuple(_joined(pieces, list(parts))),
    )


def _written(pieces: Piecewise) -> dict[Window, str]:
    """Return the file's chapters and their titles; none unless two are long enough.

    Chapters that are too short are joined to others, and the longest gives the title.
    """
    start_s, end_s = pieces.span
    chapters = pieces.clip.info.chapters
    cuts: list[tuple[float, CutAt]] = [(start_s, "start")]
    cuts += [(one.start_s, "chapter") for one in chapters if start_s < one.start_s < end_s]
    parts = at_least(between(cuts, end_s), SHORTEST_S, most=MOST)
    return {} if len(parts) == 1 else {part: _title_in_file(part, chapters) for part in parts}


def _title_in_file(part: Window, chapters: Sequence[Chapter]) -> str:
    """Return the title of the chapter that covers most of a part; empty if it has none."""

    def shared_s(one: Chapter) -> float:
        return min(part.end_s, one.end_s) - max(part.start_s, one.start_s)

    longest = max(chapters, key=shared_s)
    if shared_s(longest) <= 0 or NO_TITLE.fullmatch(longest.title):
        return ""
    return " ".join(longest.title.split())


def _joined(pieces: Piecewise, parts: Sequence[Window]) -> Iterator[str]:
    """Yield a warning if chapters of the file were joined."""
    start_s, end_s = pieces.span
    written = [
        one for one in pieces.clip.info.chapters if one.start_s < end_s and one.end_s > start_s
    ]
    if any(part.cut_at == "chapter" for part in parts) and len(written) > len(parts):
        yield (
            f"of {len(written)} chapters in the file {len(parts)} were made: none may be shorter "
            f"than {SHORTEST_S:.0f} s, and at most {MOST} are taken"
        )


def _parts(pieces: Piecewise) -> tuple[Window, ...]:
    """Cut a clip without chapters; one of a single window only where something ends."""
    start_s, end_s = pieces.span
    lasts_s = end_s - start_s
    if lasts_s <= pieces.budget_s:
        return pieces.scenes(max(lasts_s / FEW, SHORTEST_S))
    longest_s = max(min(pieces.budget_s, lasts_s / FEW), lasts_s / MANY, 2 * SHORTEST_S)
    return at_least(pieces.windows(longest_s), SHORTEST_S, most=MOST)


def _titled(
    pieces: Piecewise, parts: Sequence[Window]
) -> tuple[dict[Window, PartAnswers], VideoError | None]:
    """Return the answers that give titles to parts, and why a part cannot be watched.

    The question is about the words if there are some; if that gives no title, about the
    pictures.
    """
    form, cues = pieces.form, pieces.clip.words.said
    with_words = [part for part in parts if said_in(part, cues)]
    titled, failed = pieces.answers_to_some(with_words, [form.title_of_words])
    left = [part for part in parts if part not in titled or not _title(pieces, titled[part])]
    shown, failed_again = pieces.answers_to_some(left, [form.title_of_pictures])
    for part, answers in shown.items():
        titled[part] = titled[part].then(answers) if part in titled else answers
    return titled, failed or failed_again


def _title(pieces: Piecewise, answers: PartAnswers) -> str:
    """Return the first title in the answers; empty if there is none."""
    titles = (title_of(text, pieces.form.title_leads) for text in answers.texts)
    return next(filter(None, titles), "")
