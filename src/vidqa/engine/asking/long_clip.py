"""A clip that is too long for its frames: asked through the windows that a question is about."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from vidqa.engine.asking import each_window, one_prompt
from vidqa.engine.asking.asked import Asked
from vidqa.engine.asking.choose import MOST_WINDOWS, Chosen, Finder, Found, within
from vidqa.engine.asking.draft import Draft
from vidqa.engine.asking.evidence import told
from vidqa.engine.asking.kinds import is_about_all, is_about_words
from vidqa.engine.asking.meanings import Meanings
from vidqa.engine.asking.passages import passages_of
from vidqa.engine.finding.captions import captions_of, wordless
from vidqa.engine.finding.cut import MOST_S, cut
from vidqa.engine.finding.sentences import Sentences
from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.summaries.piecewise import Piecewise, Progress
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import VideoError
from vidqa.media.sampling.select import stretch
from vidqa.types import Answer, ChosenBy, Notify, Stage, TextDelta
from vidqa.types.generation import GenerationSettings

ONLY_WORDS = "only words were compared; vidqa models pull minilm compares what they mean"
AROUND_S = 8.0
"""Seconds to each side of a sentence that a small model sees: it was trained on short clips."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Windows that a question is about, as they are shown to the model."""

    clip: WatchedClip
    by: ChosenBy
    looked_at: tuple[tuple[float, float], ...]
    """Start and end of each, in seconds."""


class LongClip:
    """One clip, and which of its windows were watched last."""

    def __init__(self, clip: WatchedClip) -> None:
        self.clip = clip
        self._shown: tuple[tuple[Window, ...], WatchedClip] | None = None

    def stream(
        self,
        question: str,
        how: GenerationSettings,
        *,
        notify: Notify | None = None,
        progress: Progress | None = None,
    ) -> Iterator[TextDelta | Answer]:
        """Yield an answer sentence by sentence, each once it was checked, then the whole of it.

        Args:
            question: plain text.
            how: how it is written, and from how many windows.
            notify: called when a stage begins.
            progress: called with which window is watched.

        Raises:
            VideoError: no window can be watched.
            UsageError: the question does not fit the model's context.

        """
        quietly = _without_generate(notify)
        asked = Asked(
            self._pieces(how, quietly, progress), question, how, quietly, self._finder.passages
        )
        known = self.clip.known_answer(
            question, self.clip.prompt_ids(question), StageTimer(None, self.clip.timings_s)
        )
        known = replace(known, warnings=self._lasting(known), seed=_seed(how))
        draft = self._draft(asked)
        texts = list(told(draft.claims, strict=how.strict))
        if notify is not None:
            notify("generate")
        for text in texts:
            yield TextDelta(text)
        yield draft.answer(known, "".join(texts))

    def shown_for(
        self, question: str, windows: int | str, *, progress: Progress | None = None
    ) -> Shown | None:
        """Return a clip of the windows that a question is about; None if all or none are.

        Raises:
            VideoError: one cannot be watched.

        """
        how = GenerationSettings(windows=windows)
        asked = Asked(self._pieces(how, None, progress), question, how, None, self._finder.passages)
        for chosen in self._rounds(asked):
            if chosen.windows and not chosen.are_all:
                some = chosen.windows[:1] if self._is_one_by_one else chosen.windows
                clip = self.opened(some, progress=progress)
                return Shown(clip, chosen.by, tuple((one.start_s, one.end_s) for one in some))
        return None

    def opened(
        self, windows: tuple[Window, ...], *, progress: Progress | None = None
    ) -> WatchedClip:
        """Return a clip of some windows. Raises VideoError if one cannot be watched."""
        if self._shown is None or self._shown[0] != windows:
            self._shown = None  # two are not held at once
            pieces = self._pieces(GenerationSettings(), None, progress)
            self._shown = windows, self._open(pieces, windows)
        return self._shown[1]

    def _open(self, pieces: Piecewise, windows: tuple[Window, ...]) -> WatchedClip:
        if len(windows) > 1 or not self._is_one_by_one:
            return one_prompt.shown(pieces, windows)
        ((_, clip),) = pieces.watched(windows)
        if isinstance(clip, VideoError):
            raise clip
        return clip

    def _draft(self, asked: Asked) -> Draft:
        """Answer from the windows that the words point to; else from those that captions do."""
        best: Draft | None = None
        for chosen in self._rounds(asked):
            draft = self._drafted(asked, chosen)
            if best is None or draft.is_answered or not best.has_evidence:
                best = draft
            if best.is_answered:
                break
        assert best is not None, "there is always a round"
        return best

    def _drafted(self, asked: Asked, chosen: Chosen) -> Draft:
        if not chosen.windows:
            return Draft((), (), (), chosen)
        if self._is_one_by_one:
            return each_window.draft(asked, chosen)
        return one_prompt.draft(asked, chosen, self._finder)

    def _rounds(self, asked: Asked) -> Iterator[Chosen]:
        """Yield which windows to look at, then those to look at if nothing is found there."""
        finder, question, how = self._finder, asked.question, asked.how
        most = how.windows if isinstance(how.windows, int) else MOST_WINDOWS
        if how.windows == "all":
            yield Chosen(finder.windows, "all")
            return
        named = finder.at_time(question, asked.pieces.budget_s)
        if named is not None:
            yield named
            return
        if is_about_all(question):
            yield Chosen(finder.windows, "all")
            return
        by_words = self._closest(finder.best(question)[:most], "words")
        if not by_words.windows and finder.meanings.sentences is None:
            by_words = replace(by_words, warnings=(ONLY_WORDS,))
        yield by_words
        if self.clip.info.kind == "video" and not is_about_words(question):
            yield self._closest(self._captioned(asked).best(question)[:most], "pictures")

    def _closest(self, found: Sequence[Found], by: ChosenBy) -> Chosen:
        """Return the windows that were found; of what is said, a small model sees less around."""
        span = self._finder.span if self._is_one_by_one else None
        pointers = {one.window if span is None else _around(one, span): one for one in found}
        return Chosen(tuple(pointers), by, pointers=pointers)

    def _captioned(self, asked: Asked) -> Finder:
        """Return the windows with what is seen in them in place of their words."""
        finder, pieces = self._finder, asked.pieces
        silent = replace(pieces, clip=wordless(self.clip), max_new_tokens=None)
        captions = captions_of(silent, finder.windows)
        return finder.with_captions(captions.of)

    @cached_property
    def _finder(self) -> Finder:
        clip = self.clip
        begin_s, end_s = stretch(clip.info, clip.viewing.start_s, clip.viewing.end_s)
        cues = clip.words.cues
        most_s = min(MOST_S, self._pieces(GenerationSettings(), None, None).budget_s)
        windows = within(cut(clip.info.duration_s, cues, most_s=most_s), begin_s, end_s)
        meanings = Meanings(Sentences.usual(), clip.model.cache, clip.info.path.name)
        return Finder(windows, passages_of(cues), meanings)

    @property
    def _is_one_by_one(self) -> bool:
        """Whether the model makes no text of several windows."""
        return bool(self.clip.model.spec.summaries.joined)

    def _pieces(
        self, how: GenerationSettings, notify: Notify | None, progress: Progress | None
    ) -> Piecewise:
        form = self.clip.model.spec.summaries
        return Piecewise(self.clip, form, how.max_new_tokens, notify, progress or (lambda _: None))

    def _lasting(self, known: Answer) -> tuple[str, ...]:
        """Return the warnings that are not about what of the whole clip was shown."""
        return tuple(one for one in known.warnings if one not in self.clip.warnings_of_fit)


def _around(found: Found, span: tuple[float, float]) -> Window:
    """Return what is around the sentence that a window was found by; all of it if it was seen."""
    at = found.at
    if at.kind != "said":
        return found.window
    return Window(max(span[0], at.start_s - AROUND_S), min(span[1], at.end_s + AROUND_S), "even")


def _without_generate(notify: Notify | None) -> Notify | None:
    """Keep back that an answer is being written: it is checked before it is shown."""
    if notify is None:
        return None
    tell: Callable[[Stage], object] = notify

    def told_on(stage: Stage) -> None:
        if stage != "generate":
            tell(stage)

    return told_on


def _seed(how: GenerationSettings) -> int | None:
    return None if how.temperature == 0 else how.seed
