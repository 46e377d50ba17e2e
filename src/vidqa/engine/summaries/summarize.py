"""Summarize a clip: at once if it fits one frame budget, else window by window, then together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from vidqa.engine.answer.question_language import language_name
from vidqa.engine.summaries.chapters import Chapters, find_chapters
from vidqa.engine.summaries.nothing import or_nothing
from vidqa.engine.summaries.part_answers import PartAnswers, most, once
from vidqa.engine.summaries.piecewise import Piecewise, Progress
from vidqa.engine.summaries.quotes import quoted_text, quoted_words
from vidqa.engine.summaries.sentence_grounding import Statement, paragraph, rest, without_guesses
from vidqa.engine.summaries.summary import Summary
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import UsageError
from vidqa.models.spec import ModelSpec
from vidqa.models.summary_form import SummaryForm, question_of
from vidqa.types import Notify
from vidqa.types.options import with_options
from vidqa.types.summaries import Length, SummarySettings
from vidqa.types.wording import count_words


def summarize(
    clip: WatchedClip,
    settings: SummarySettings | None = None,
    *,
    notify: Notify | None = None,
    progress: Progress = lambda _: None,
    **given: Any,
) -> Summary:
    """Sum a clip up.

    A long one takes the memory of one window more; the answers about windows are cached on disk, so
    that the same call resumes where it was stopped.

    Args:
        clip: the whole of it, as watched.
        settings: what is said of it.
        notify: called with the stages of each answer as they begin.
        progress: called with which part is looked at, and how long the others will take.
        **given: fields of `SummarySettings` by name: `length` (`medium` if None; `none` is for
            chapters alone), `chapters`, `instructions`, `language`, `grounding`, `strict`,
            `max_new_tokens`.

    Raises:
        VideoError: no window can be watched.
        UsageError: a question does not fit the model's context, the model follows no instructions
            or does not speak the language, or there is nothing to do.

    """
    how = with_options(SummarySettings, settings, given)
    length, is_scored = how.length or "medium", how.grounding or how.strict
    if length == "none" and (not how.chapters or how.instructions is not None or is_scored):
        raise UsageError("a summary of length none has nothing in it but chapters")
    form = worded_form(clip.model.spec, how.instructions, how.language)
    pieces = Piecewise(clip, form, how.max_new_tokens, notify, progress)
    draft = _Draft() if length == "none" else _draft(pieces, length)
    cut = find_chapters(pieces, draft.windows) if how.chapters else Chapters()
    summary = _summary(pieces, draft, length, cut)
    if is_scored:
        summary = _rested(summary, pieces, draft, strict=how.strict)
    return summary if length == "none" else or_nothing(summary, clip, form)


def worded_form(spec: ModelSpec, instructions: str | None, language: str | None) -> SummaryForm:
    """Word the questions for a model.

    Raises:
        UsageError: the model follows no instructions, or does not speak the language.

    """
    if instructions is not None and spec.summaries.instructed is None:
        raise UsageError(f"{spec.name} follows no instructions", hint="vidqa models list")
    if instructions is not None and not instructions.strip():
        raise UsageError("the instructions are empty")
    name = None if language is None else language_name(language, spec)
    if len(spec.languages) == 1:
        name = None  # it always answers in that one
    return spec.summaries.worded(instructions=instructions, language=name)


@dataclass(frozen=True, slots=True)
class _Draft:
    """The text of a summary, and the answers it was made of."""

    paragraphs: tuple[tuple[Statement, ...], ...] = ()
    asked: tuple[str, ...] = ()
    windows: Mapping[Window, PartAnswers] = field(default_factory=dict)
    """The answers about each window; empty if the clip was watched at once."""
    whole: PartAnswers | None = None
    """The answers about the whole; None if they are those about the windows."""
    between: tuple[PartAnswers, ...] = ()
    """The answers about groups of windows, if those about all windows are too many words."""

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n\n".join(map(paragraph, self.paragraphs))

    @property
    def every(self) -> list[PartAnswers]:
        """The answers about more than one window."""
        return [*self.between, *([] if self.whole is None else [self.whole])]


def _draft(pieces: Piecewise, length: Length) -> _Draft:
    form, parts = pieces.form, pieces.windows(pieces.budget_s)
    if len(parts) > 1 and length in form.joined:
        asked = form.joined[length]
        windows = pieces.answers(parts, asked)
        return _Draft(_in_turn(pieces, length, asked, windows), asked, windows)
    windows, between, clip = dict[Window, PartAnswers](), list[PartAnswers](), pieces.clip
    if len(parts) > 1:
        windows = pieces.answers(parts, form.window)
        few = pieces.few(windows, form.window, between)
        clip = pieces.with_words(clip, few)
    asked = form.questions[length]
    whole = pieces.tell(clip, asked)
    paragraphs = _in_turn(pieces, length, asked, {None: whole})
    return _Draft(paragraphs, asked, windows, whole, tuple(between))


def _in_turn(
    pieces: Piecewise,
    length: Length,
    asked: Sequence[str],
    answers: Mapping[Window, PartAnswers] | Mapping[None, PartAnswers],
) -> tuple[tuple[Statement, ...], ...]:
    """Make a paragraph per window, without what the one before already said."""
    quotes = pieces.form.quotes.get(length)
    words = pieces.clip.words
    quoted = {} if quotes is None else quoted_words(words.said, quotes, list(answers))
    read = {} if quotes is None else quoted_text(words.on_screen, quotes, list(answers))
    # without pictures, doubts about what they show are left out
    unsaid = pieces.form.doubts if pieces.clip.info.kind == "sound" else ()
    paragraphs, before = list[tuple[Statement, ...]](), tuple[str, ...]()
    for window, one in answers.items():
        questions = dict(zip(reversed(one.texts), reversed(asked), strict=True))  # each one's first
        known = {"", *before, *unsaid}
        fresh = [text for text in once(one.texts) if text not in known]
        statements = [Statement(questions[text], text, window) for text in fresh]
        if quotes is not None and window in quoted:
            joins = quotes.joins and bool(statements)
            statements.append(Statement(quotes.question, quoted[window], window, joins=joins))
        if quotes is not None and window in read:
            statements.append(Statement(quotes.read_question, read[window], window))
        if statements:
            paragraphs.append(tuple(statements))
        before = one.texts
    return tuple(paragraphs)


def _summary(pieces: Piecewise, draft: _Draft, length: Length, chapters: Chapters) -> Summary:
    """Build the summary with all its metadata."""
    clip, maker = pieces.clip, pieces.clip.model.maker
    titled, below = list(chapters.answers.values()), dict(draft.windows or chapters.windows)
    watched = list(below.values()) or draft.every or titled or [_glance(clip)]
    every = [*below.values(), *draft.every, *titled] or watched
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
        visual_tokens=most(one.visual_tokens for one in every),
        prompt_tokens=max(one.prompt_tokens for one in every),
        new_tokens=sum(one.new_tokens for one in every),
        longest=max(one.longest_tokens for one in every),
        stopped_by=next((one.stopped_by for one in every if one.stopped_by != "end"), "end"),
        warnings=once(
            clip.words.warnings,
            *(one.warnings for one in every),
            _gaps(pieces.span, list(below)),
            chapters.warnings,
        ),
        length=length,
        asked=draft.asked,
        windows=tuple(below) or (Window(*pieces.span, "start"),),
        chapters=chapters.found,
    )


def _glance(clip: WatchedClip) -> PartAnswers:
    """Describe a clip that was watched but not asked anything: the file has all titles."""
    used = sum(count_words(f"{segment.text} {segment.on_screen}") for segment in clip.segments)
    every = sum(count_words(cue.text) for cue in clip.words.cues)
    return PartAnswers(
        texts=(),
        frame_times_s=tuple(segment.time_s for segment in clip.segments),
        words_used=used,
        words_dropped=max(0, every - used),
        visual_tokens=0,
        prompt_tokens=0,
        new_tokens=0,
        longest_tokens=0,
        stopped_by="end",
        warnings=clip.warnings,
    )


def _rested(summary: Summary, pieces: Piecewise, draft: _Draft, *, strict: bool) -> Summary:
    """Add what each sentence rests on; if strict, leave out guesses."""
    statements = [one for some in draft.paragraphs for one in some]
    every = rest(pieces, statements, list(draft.windows))
    kept = [without_guesses(some, pieces.form.doubts) for some in every] if strict else every
    texts = {
        one: "".join(sentence.text + sentence.gap for sentence in some).strip()
        for one, some in zip(statements, kept, strict=True)
    }
    paragraphs = (" ".join(filter(None, (texts[one] for one in some))) for some in draft.paragraphs)
    left_out = sum(map(len, every)) - sum(map(len, kept))
    return replace(
        summary,
        text="\n\n".join(filter(None, paragraphs)),
        sentences=tuple(one for some in kept for one in some),
        guesses_left_out=left_out,
        warnings=(*summary.warnings, *_left_out(left_out)),
    )


def _left_out(guesses: int) -> Iterator[str]:
    if guesses == 1:
        yield "1 sentence that rested on nothing in the clip was left out"
    elif guesses:
        yield f"{guesses} sentences that rested on nothing in the clip were left out"


def _gaps(span: tuple[float, float], windows: Sequence[Window]) -> Iterator[str]:
    """Yield a warning for each stretch that could not be watched."""
    if not windows:
        return
    edges = [span[0], *(edge for one in windows for edge in (one.start_s, one.end_s)), span[1]]
    for begin_s, end_s in list(pairwise(edges))[::2]:
        if end_s > begin_s:
            yield f"{begin_s:.1f} to {end_s:.1f} s could not be watched"
