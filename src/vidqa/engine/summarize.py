"""Sum a clip up: at once where it fits one frame budget, else window by window, then together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypedDict

from vidqa.engine.chapters import find_chapters
from vidqa.engine.clip import Clip
from vidqa.engine.piecewise import Piecewise, Progress
from vidqa.engine.summary import FoundChapter, Summary
from vidqa.engine.told import Told, once
from vidqa.engine.windows import Window, together
from vidqa.spec import Length, question_of
from vidqa.types import Notify

EMPTY = "the model wrote nothing"


class SummaryOptions(TypedDict, total=False):
    """Of `summarize`, beside the length."""

    chapters: bool
    max_new_tokens: int | None
    notify: Notify | None
    progress: Progress


def summarize(
    clip: Clip,
    *,
    length: Length = "medium",
    chapters: bool = False,
    max_new_tokens: int | None = None,
    notify: Notify | None = None,
    progress: Progress = lambda _: None,
) -> Summary:
    """What a clip is about.

    A long one takes the memory of one window more; what is said of windows is kept on disk, so the
    same call goes on where it was stopped.

    Args:
        clip: the whole of it, as watched.
        length: of the summary.
        chapters: also cut it into chapters, and have each titled.
        max_new_tokens: of each answer that it is made of; as the model has it if None.
        notify: told the stages of each answer as they begin.
        progress: told which part is looked at.

    Raises:
        VideoError: none of its windows can be watched.
        UsageError: a question does not fit the model's context.

    """
    pieces = Piecewise(clip, max_new_tokens, notify, progress)
    draft = _draft(pieces, length)
    found = find_chapters(pieces, draft.windows) if chapters else ()
    return _summary(pieces, draft, length, found)


@dataclass(frozen=True, slots=True)
class _Draft:
    """The text of a summary, and what it was made of."""

    text: str
    asked: tuple[str, ...]
    windows: Mapping[Window, Told]
    """None of a clip that was watched at once."""
    whole: Told | None
    """What is said of the whole; None where it is what is said of the windows."""
    between: tuple[Told, ...] = ()
    """What is said of several windows at a time, where all of them are too many words."""

    @property
    def every(self) -> list[Told]:
        """All that is said."""
        whole = [] if self.whole is None else [self.whole]
        return [*self.windows.values(), *self.between, *whole]


def _draft(pieces: Piecewise, length: Length) -> _Draft:
    form, parts = pieces.clip.model.spec.summaries, pieces.windows(pieces.budget_s)
    if len(parts) > 1 and length in form.joined:
        asked = form.joined[length]
        windows = pieces.told(parts, asked)
        return _Draft(_in_turn(list(windows.values())), asked, windows, None)
    windows, between, clip = dict[Window, Told](), list[Told](), pieces.clip
    if len(parts) > 1:
        windows = pieces.told(parts, form.window)
        few = _few(pieces, windows, form.window, between)
        clip = pieces.retold(clip, few)
    whole = pieces.tell(clip, form.questions[length])
    return _Draft(_in_turn([whole]), form.questions[length], windows, whole, tuple(between))


def _few(
    pieces: Piecewise,
    told: Mapping[Window, Told],
    questions: Sequence[str],
    between: list[Told],
) -> Mapping[Window, Told]:
    """So few parts that what is said of them can be shown at once.

    Where it is too many words, neighbours are told together, and those again; what was said on the
    way goes into `between`.
    """
    most = pieces.clip.recipe.max_words
    while sum(one.words for one in told.values()) > most:
        groups = together({part: one.words for part, one in told.items()}, most)
        if len(groups) == len(told):
            break
        above = replace(pieces, clip=pieces.retold(pieces.clip, told))
        told = above.told(groups, questions)
        between += told.values()
    return told


def _in_turn(told: Sequence[Told]) -> str:
    """A paragraph a window; what was said of the one before is not said again."""
    paragraphs, before = list[str](), tuple[str, ...]()
    for one in told:
        fresh = [text for text in once(one.texts) if text and text not in before]
        if fresh:
            paragraphs.append(" ".join(fresh))
        before = one.texts
    return "\n\n".join(paragraphs)


def _summary(
    pieces: Piecewise, draft: _Draft, length: Length, chapters: tuple[FoundChapter, ...]
) -> Summary:
    """The summary with all that is known about it."""
    clip, maker, every = pieces.clip, pieces.clip.model.maker, draft.every
    watched = list(draft.windows.values()) or every
    return Summary(
        text=draft.text,
        question=question_of(length),
        video=clip.video,
        fingerprint=clip.fingerprint,
        model=maker.model,
        revision=maker.revision,
        recipe=clip.recipe.name,
        device=maker.device,
        dtype=maker.dtype,
        seed=None,
        frame_times_s=tuple(sorted({time_s for one in every for time_s in one.frame_times_s})),
        duration_s=clip.info.duration_s,
        words_source=clip.words.source,
        words_used=sum(one.words_used for one in watched),
        words_dropped=sum(one.words_dropped for one in watched),
        visual_tokens=max(one.visual_tokens for one in every),
        prompt_tokens=max(one.prompt_tokens for one in every),
        new_tokens=sum(one.new_tokens for one in every),
        longest=max(one.longest_tokens for one in every),
        stopped_by=next((one.stopped_by for one in every if one.stopped_by != "end"), "end"),
        warnings=once(
            clip.words.warnings,
            *(one.warnings for one in every),
            _gaps(pieces.span, list(draft.windows)),
            () if draft.text else (EMPTY,),
        ),
        length=length,
        asked=draft.asked,
        windows=tuple(draft.windows) or (Window(*pieces.span, "start"),),
        chapters=chapters,
    )


def _gaps(span: tuple[float, float], windows: Sequence[Window]) -> Iterator[str]:
    """What lies between windows that could be watched."""
    if not windows:
        return
    edges = [span[0], *(edge for one in windows for edge in (one.start_s, one.end_s)), span[1]]
    for begin_s, end_s in list(pairwise(edges))[::2]:
        if end_s > begin_s:
            yield f"{begin_s:.1f} to {end_s:.1f} s could not be watched"
