"""A clip that is too long for its frames: asked through the windows that a question is about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from vidqa.engine.asking import each_window, one_prompt
from vidqa.engine.asking.asked import Asked
from vidqa.engine.asking.choose import Chosen, Finder, within
from vidqa.engine.asking.evidence import told
from vidqa.engine.asking.reply import Reply
from vidqa.engine.asking.rounds import Rounds
from vidqa.engine.finding.cut import MOST_S, cut
from vidqa.engine.finding.meanings import Meanings
from vidqa.engine.finding.passages import passages_of
from vidqa.engine.finding.sentences import Sentences
from vidqa.engine.summaries.part_answers import once
from vidqa.engine.summaries.piecewise import Piecewise, Progress
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import VideoError
from vidqa.media.sampling.select import stretch
from vidqa.types import Answer, Notify, Stage, TextDelta
from vidqa.types.generation import GenerationSettings


@dataclass(frozen=True, slots=True)
class Shown:
    """Windows that a question is about, as they are shown to the model."""

    clip: WatchedClip
    chosen: Chosen

    @property
    def looked_at(self) -> tuple[tuple[float, float], ...]:
        """Start and end of each, in seconds."""
        return tuple((one.start_s, one.end_s) for one in self.chosen.windows)


@dataclass(slots=True)
class Memory:
    """What is remembered of a long clip; it does not keep the clip itself alive."""

    finder: Finder | None = None
    shown: tuple[tuple[Window, ...], WatchedClip] | None = None
    """The windows that were shown last."""


@dataclass(frozen=True, slots=True)
class LongClip:
    """One clip, and what is remembered of it."""

    clip: WatchedClip
    memory: Memory = field(default_factory=Memory)

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
        asked = self._asked(question, how, quietly, progress)
        known = self.clip.known(question)
        known = replace(known, warnings=self._lasting(known), seed=_seed(how))
        reply = self._reply(asked)
        texts = list(told(reply.claims, strict=how.strict))
        if notify is not None:
            notify("generate")
        for text in texts:
            yield TextDelta(text)
        yield reply.answer(known, "".join(texts))

    def shown_for(
        self, question: str, windows: int | str, *, progress: Progress | None = None
    ) -> Shown | None:
        """Return a clip of the windows that a question is about; None if all or none are.

        Raises:
            VideoError: one cannot be watched.

        """
        chosen = self.chosen_for(question, windows, progress=progress)
        return self.shown(chosen, progress=progress) if self.is_part(chosen) else None

    def is_part(self, chosen: Chosen) -> bool:
        """Return whether windows were chosen, and not all of them."""
        return bool(chosen.windows) and chosen.windows != self._finder.windows

    def chosen_for(
        self,
        question: str,
        windows: int | str,
        *,
        by_pictures: bool = True,
        progress: Progress | None = None,
    ) -> Chosen:
        """Return the windows that a question is about.

        Args:
            question: plain text.
            windows: how many at most, as in `GenerationSettings`.
            by_pictures: caption all windows where its words lead to none.
            progress: called with which window is watched.

        Raises:
            VideoError: no window can be captioned.

        """
        asked = self._asked(question, GenerationSettings(windows=windows), None, progress)
        for chosen in self._rounds(asked):
            if chosen.windows or not by_pictures:
                break
        return chosen

    def shown(self, chosen: Chosen, *, progress: Progress | None = None) -> Shown:
        """Return a clip of windows; to a small model only the best. Raises as `opened` does."""
        some = chosen.windows[:1] if self.is_one_by_one else chosen.windows
        if chosen.are_all:  # of a time that is named
            some = (replace(chosen.windows[0], end_s=chosen.windows[-1].end_s),)
        clip = self.opened(some, progress=progress)
        return Shown(clip, replace(chosen, windows=some))

    def checked(
        self,
        answer: Answer,
        shown: Shown,
        *,
        strict: bool,
        notify: Notify | None = None,
        progress: Progress | None = None,
    ) -> tuple[list[str], Answer]:
        """Ask every sentence of an answer again on the windows that it was given from, alone.

        Returns:
            What is told, sentence by sentence, and the answer with its evidence.

        """
        quietly = _without_generate(notify)
        asked = self._asked(answer.question, GenerationSettings(), quietly, progress)
        claims = one_prompt.supported(asked, shown.chosen, answer.text)
        texts = list(told(claims, strict=strict))
        checked = replace(
            answer,
            text="".join(texts),
            chosen_by=shown.chosen.by,
            looked_at=shown.looked_at,
            claims=claims,
            warnings=once(answer.warnings, shown.chosen.warnings),
        )
        return texts, checked

    def _asked(
        self,
        question: str,
        how: GenerationSettings,
        notify: Notify | None,
        progress: Progress | None,
    ) -> Asked:
        form = self.clip.model.spec.summaries
        tell = progress or (lambda _: None)
        pieces = Piecewise(self.clip, form, how.max_new_tokens, notify, tell)
        return Asked(pieces, question, how, notify, self._finder.passages)

    def opened(
        self, windows: tuple[Window, ...], *, progress: Progress | None = None
    ) -> WatchedClip:
        """Return a clip of some windows. Raises VideoError if one cannot be watched."""
        memory = self.memory
        if memory.shown is None or memory.shown[0] != windows:
            memory.shown = None  # two are not held at once
            asked = self._asked("", GenerationSettings(), None, progress)
            memory.shown = windows, self._open(asked.pieces, windows)
        return memory.shown[1]

    def _open(self, pieces: Piecewise, windows: tuple[Window, ...]) -> WatchedClip:
        if len(windows) > 1 or not self.is_one_by_one:
            return one_prompt.shown(pieces, windows)[0]
        ((_, clip),) = pieces.watched(windows)
        if isinstance(clip, VideoError):
            raise clip
        return clip

    def _rounds(self, asked: Asked) -> Iterator[Chosen]:
        return Rounds(asked, self._finder, is_small=self.is_one_by_one).chosen()

    def _reply(self, asked: Asked) -> Reply:
        """Answer from the windows that the words point to; else from those that captions do."""
        best: Reply | None = None
        try:
            for chosen in self._rounds(asked):
                reply = self._replied(asked, chosen)
                is_more = not best or (reply.proves and not best.proves) or not best.looked_at
                if best is None or reply.is_answered or (is_more and reply.looked_at):
                    best = reply
                if best.is_answered:
                    break
        except VideoError as error:
            if best is None or not best.proves:
                raise
            return replace(best, warnings=(*best.warnings, f"not all was seen: {error.message}"))
        assert best is not None, "there is always a round"
        return best

    def _replied(self, asked: Asked, chosen: Chosen) -> Reply:
        if not chosen.windows:
            return Reply((), (), (), chosen)
        if self.is_one_by_one:
            return each_window.reply(asked, chosen)
        return one_prompt.reply(asked, chosen, self._finder)

    @property
    def _finder(self) -> Finder:
        if self.memory.finder is None:
            self.memory.finder = self._found()
        return self.memory.finder

    def _found(self) -> Finder:
        """Cut the clip into windows, and its words into sentences."""
        clip = self.clip
        begin_s, end_s = stretch(clip.info, clip.viewing.start_s, clip.viewing.end_s)
        cues = clip.words.cues
        pieces = Piecewise(clip, clip.model.spec.summaries, None, None, lambda _: None)
        most_s = min(MOST_S, pieces.budget_s)
        windows = within(cut(clip.info.duration_s, cues, most_s=most_s), begin_s, end_s)
        meanings = Meanings(Sentences.usual(), clip.model.cache, clip.info.path.name)
        return Finder(windows, passages_of(cues), meanings)

    @property
    def is_one_by_one(self) -> bool:
        """Whether the model makes no text of several windows."""
        return bool(self.clip.model.spec.summaries.joined)

    def _lasting(self, known: Answer) -> tuple[str, ...]:
        """Return the warnings that are not about what of the whole clip was shown."""
        return tuple(one for one in known.warnings if one not in self.clip.warnings_of_fit)


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
