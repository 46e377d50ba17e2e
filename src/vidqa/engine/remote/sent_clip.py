"""A clip whose frames and words are sent to a server, which answers about it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vidqa.engine.answer.json_text import require_json
from vidqa.engine.answer.rank import Likelihood
from vidqa.engine.asking.windowed_clip import WindowedClip
from vidqa.engine.contents import ClipContents, checked_question
from vidqa.engine.remote.messages import Content, content_of, neutralized
from vidqa.engine.remote.pictures import SentFrames
from vidqa.engine.remote.replies import Ending
from vidqa.engine.remote.scoring import scored
from vidqa.engine.remote.served_model import ServedModel
from vidqa.engine.remote.written import THOUGHT, Text
from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.watched_clip import WatchedClip
from vidqa.media.viewing import Viewing
from vidqa.network.text.schema_grammar import fits
from vidqa.prompt.interleave import FittedWords
from vidqa.types import (
    Answer,
    Notify,
    PromptSegment,
    PromptView,
    StoppedBy,
    TextDelta,
)
from vidqa.types.generation import GenerationSettings

ENDINGS: dict[str, StoppedBy] = {"stop": "end", "length": "token_limit"}
"""Why an answer ended, as servers say it."""
UNFIT = "the answer may not fit the schema: the server does not hold its model to it"
UNCOUNTED = "the server does not say how many tokens it read and wrote"


class SentClip(WatchedClip):
    """A watched clip, answered about by a server, shown at once."""

    model: ServedModel

    def __init__(
        self, model: ServedModel, seen: ClipContents, viewing: Viewing, timer: StageTimer
    ) -> None:
        super().__init__(model, seen, viewing, timer)
        self._fitted = self._fit(pictures=True, words=True)
        self._prompt_tokens = 0
        """Of the last question that answers to were scored."""
        self.timings_s = dict(timer.seconds)
        self.warnings = (
            *model.spec.notes,
            *seen.moments.all_warnings(len(seen.encoded.frame_times_s)),
            *seen.encoded.report.warnings,
            *seen.words.warnings,
            *self._fitted.warnings,
        )

    @property
    def plain(self) -> "type[SentClip]":
        """The class of clips that are shown at once, however long they are."""
        return SentClip

    @property
    def fitted(self) -> FittedWords:
        """The words that are sent, and how many are not."""
        return self._fitted

    @property
    def warnings_of_fit(self) -> tuple[str, ...]:
        """Those about which of its words are not shown."""
        return self._fitted.warnings

    @property
    def can_score(self) -> bool:
        """Whether the server tells how likely its model finds a given answer."""
        return self.model.can_score

    def require_askable(self, question: str, how: GenerationSettings | None = None) -> None:
        """Refuse what cannot be asked, or not be answered so. Raises UsageError."""
        checked_question(question)
        if how is not None and how.think is not None:
            self.model.require_thinking()

    def known(self, question: str, timer: StageTimer | None = None) -> Answer:
        """Return all that is known of an answer but the answer itself. Raises as `stream` does."""
        self.require_askable(question)
        return self.answer_about(
            question, timer, prompt_tokens=self._prompt_tokens, visual_tokens=None
        )

    def stream_at_once(
        self, question: str, how: GenerationSettings, notify: Notify | None
    ) -> Iterator[TextDelta | Answer]:
        """Yield the answer piece by piece, then the whole of it. See `WatchedClip.stream`."""
        self.require_askable(question, how)
        asked = self.model.asked(how, self._messages(question))
        return self._stream(question, how, self.model.server.stream(asked), notify)

    def _stream(
        self,
        question: str,
        how: GenerationSettings,
        events: Iterator[str | Ending],
        notify: Notify | None,
    ) -> Iterator[TextDelta | Answer]:
        timer = StageTimer(notify, self.timings_s)
        with timer.stage("prefill"):
            first = next(events)
        text, ending = Text(), list[Ending]()
        with timer.stage("generate"):
            for piece in text.pieces(_texts(first, events, ending)):
                if how.schema is None:
                    yield TextDelta(piece)
        answer = self._answered(question, how, text, ending[0], timer)
        if how.schema is not None:  # nothing is shown of what a program could not read
            yield TextDelta(answer.text)
        yield answer

    def _answered(
        self,
        question: str,
        how: GenerationSettings,
        text: Text,
        ending: Ending,
        timer: StageTimer,
    ) -> Answer:
        """Return what was written, with all that is known about it."""
        known, stopped_by = self.known(question, timer), ENDINGS.get(ending.reason, "end")
        prompt_tokens, new_tokens = ending.counts or (0, 0)
        warnings = list(known.warnings)
        if how.schema is not None:
            require_json(text.text, is_whole=stopped_by == "end", tokens=new_tokens)
            warnings += [] if fits(text.text, how.schema) else [UNFIT]
        warnings += [THOUGHT] if text.thought else []
        if ending.reason not in ENDINGS:
            warnings.append(f"the server ended the answer: {ending.reason}")
        warnings += [UNCOUNTED] if ending.counts is None else []
        return replace(
            known,
            text=text.text,
            is_json=how.schema is not None,
            seed=None if how.temperature == 0 else how.seed,
            prompt_tokens=prompt_tokens,
            new_tokens=new_tokens,
            stopped_by=stopped_by,
            warnings=tuple(warnings),
        )

    def prompt_at_once(self, question: str) -> PromptView:
        """Return what the model sees when asked. See `WatchedClip.prompt`."""
        self.require_askable(question)
        shown = tuple(
            PromptSegment(one.time_s, one.every_text, None, None) for one in self.segments
        )
        text = "".join(
            one["text"] if one["type"] == "text" else "<image>" for one in self._content(question)
        )
        return PromptView(shown, text, None)

    def likelihoods(
        self,
        question: str,
        texts: Sequence[str],
        *,
        beginnings: bool = False,
        pictures: bool = True,
        words: bool = True,
    ) -> list[Likelihood]:
        """Return how likely the model finds given answers. See `WatchedClip.likelihoods`.

        They are scored as what an answer begins with.
        """
        self.require_askable(question)
        self.model.require_scoring()
        messages = self._messages(question, pictures=pictures, words=words)
        answers = [self._neutralized(text) for text in texts]
        found, tokens = scored(self.model.server, self.model.named, messages, answers)
        if pictures and words:
            self._prompt_tokens = tokens
        return found

    def _fit(self, *, pictures: bool, words: bool) -> FittedWords:
        """Choose the words that fit the budget; what was read in pictures goes with those."""
        seen = self.contents
        times_s = seen.encoded.frame_times_s
        cues = [
            replace(cue, text=self._neutralized(cue.text))
            for cue in seen.words.cues
            if (pictures if cue.on_screen else words)
        ]
        numbering = seen.moments.shown(times_s)
        return self.recipe.place(times_s, cues, numbering, self.recipe.max_words)

    def _messages(
        self, question: str, *, pictures: bool = True, words: bool = True
    ) -> list[dict[str, object]]:
        content = self._content(question, pictures=pictures, words=words)
        return [{"role": "user", "content": content}]

    def _content(self, question: str, *, pictures: bool = True, words: bool = True) -> Content:
        fitted = self._fitted
        if not (pictures and words):
            fitted = self._fit(pictures=pictures, words=words)
        asked = self._neutralized(question)
        return content_of(fitted.segments, self._urls(pictures), asked, self.model.spec.prompt)

    def _urls(self, pictures: bool) -> list[str]:
        """Return the frames, or as many grey ones; a sound has none."""
        frames = self.contents.encoded.frames
        assert isinstance(frames, SentFrames), "this model took them"
        if self.info.kind == "sound":
            return []
        return (frames if pictures else frames.blanked()).urls()

    def _neutralized(self, text: str) -> str:
        return neutralized(text, self.model.spec.prompt.marks)


class AskedClip(WindowedClip, SentClip):
    """A clip that a server answers about: ask it anything, any number of times."""


def _texts(
    first: str | Ending, rest: Iterator[str | Ending], ending: list[Ending]
) -> Iterator[str]:
    """Yield the texts of a stream; its ending is added to a list."""
    piece: str | Ending = first
    while not isinstance(piece, Ending):
        yield piece
        piece = next(rest)
    ending.append(piece)
