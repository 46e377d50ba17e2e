"""A watched clip, whoever answers about it: a model in this process, or one behind an address."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

from vidqa.engine.answer.grounding import Worth, compared, each, odds
from vidqa.engine.answer.rank import Likelihood, Score, ranked
from vidqa.engine.contents import ClipContents
from vidqa.engine.known_clip import KnownClip
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import UsageError
from vidqa.types import (
    UNSURE,
    Answer,
    Choice,
    Grounding,
    Notify,
    PromptView,
    TextDelta,
    Words,
)
from vidqa.types.generation import GenerationSettings
from vidqa.types.options import with_options


class WatchedClip(KnownClip):
    """A watched clip: ask it anything, any number of times."""

    @property
    @abstractmethod
    def plain(self) -> "type[WatchedClip]":
        """The class of clips that are shown at once, however long they are."""

    @property
    def can_score(self) -> bool:
        """Whether the model tells how likely it finds a given answer."""
        return True

    def of(self, contents: ClipContents, kind: "type[WatchedClip] | None" = None) -> "WatchedClip":
        """Return a clip of other contents, by default shown at once; see `plain`."""
        with self.model.errors():
            timer = StageTimer(None, self.timings_s)
            return (kind or self.plain)(self.model, contents, self.viewing, timer)

    def with_words(self, words: Words) -> Self:
        """Return a clip of the same frames, with other words beside them."""
        clip = self.of(replace(self.contents, words=words), type(self))
        assert isinstance(clip, type(self))
        return clip

    def ask(
        self,
        question: str,
        generation: GenerationSettings | None = None,
        *,
        notify: Notify | None = None,
        **given: Any,
    ) -> Answer:
        """Return the whole answer at once. See `stream`."""
        *_, answer = self.stream(question, generation, notify=notify, **given)
        assert isinstance(answer, Answer), "a stream ends with its answer"
        return answer

    def stream(
        self,
        question: str,
        generation: GenerationSettings | None = None,
        *,
        notify: Notify | None = None,
        **given: Any,
    ) -> Iterator[TextDelta | Answer]:
        """Yield the answer piece by piece, then the whole of it with all that is known about it.

        Args:
            question: plain text; control tokens in it are only letters.
            generation: how it is written.
            notify: called when the stages prefill and generate begin.
            **given: fields of `GenerationSettings` by name: `max_new_tokens`, `temperature` (0
                takes the likeliest token always), `top_p`, `seed`.

        Raises:
            UsageError: the question is empty, a setting is out of range, or it does not fit the
                model's context.

        """
        return self.stream_at_once(
            question, with_options(GenerationSettings, generation, given), notify
        )

    @abstractmethod
    def stream_at_once(
        self, question: str, how: GenerationSettings, notify: Notify | None
    ) -> Iterator[TextDelta | Answer]:
        """Yield the same, shown all of the clip that is shown at once. Raises as `stream` does."""

    @abstractmethod
    def require_askable(self, question: str, how: GenerationSettings | None = None) -> None:
        """Refuse what cannot be asked, or not be answered so, before anything is watched.

        Raises:
            UsageError: as `stream` does.

        """

    @abstractmethod
    def known(self, question: str, timer: StageTimer | None = None) -> Answer:
        """Return all that is known of an answer but the answer itself. Raises as `stream` does."""

    def prompt(self, question: str) -> PromptView:
        """Return what the model sees when asked: every frame's time, words and token counts."""
        return self.prompt_at_once(question)

    @abstractmethod
    def prompt_at_once(self, question: str) -> PromptView:
        """Return the same, shown all of the clip that is shown at once."""

    @abstractmethod
    def likelihoods(
        self,
        question: str,
        texts: Sequence[str],
        *,
        beginnings: bool = False,
        pictures: bool = True,
        words: bool = True,
    ) -> list[Likelihood]:
        """Return how likely the model finds given answers.

        Args:
            question: plain text.
            texts: the answers.
            beginnings: as in `rank`.
            pictures: else grey ones are shown in place of the frames.
            words: else none are shown beside them.

        Raises:
            UsageError: it does not fit the model's context, or the model does not tell.

        """

    def rank(
        self,
        question: str,
        choices: Sequence[str],
        *,
        by: Score = "per_token",
        beginnings: bool = False,
    ) -> tuple[Choice, ...]:
        """Order given answers by how likely the model finds them, the likeliest first.

        Args:
            question: plain text.
            choices: at least one, none empty.
            by: `per_token`, the mean over an answer's tokens; or `sum`, the authors' score, with
                which shorter answers win (they divide it by a constant, which changes no order).
            beginnings: take them as what an answer begins with: a model that answers in sentences
                says "yes" only in front of more. One that begins another choice is still whole.

        Raises:
            UsageError: the question or a choice is empty, or it does not fit the model's context.

        """
        texts = [choice.strip() for choice in choices]
        if not texts or not all(texts):
            raise UsageError("there is nothing to choose from, or a choice is empty")
        return ranked(choices, self.choice_likelihoods(question, texts, beginnings), by=by)

    def choice_likelihoods(
        self, question: str, texts: Sequence[str], beginnings: bool
    ) -> list[Likelihood]:
        """Return how likely the model finds choices. See `likelihoods`."""
        return self.likelihoods(question, texts, beginnings=beginnings)

    def choose(
        self,
        question: str,
        choices: Sequence[str],
        *,
        threshold: float | None = None,
        notify: Notify | None = None,
    ) -> Answer:
        """Return the likeliest given answer, per token, as what an answer begins with. See `rank`.

        Args:
            question: plain text.
            choices: at least one, none empty.
            threshold: below this probability the answer is `types.UNSURE`.
            notify: called when the stage prefill begins.

        Raises:
            UsageError: as `rank` does.

        """
        timer = StageTimer(notify, self.timings_s)
        with timer.stage("prefill"):
            ranking = self.rank(question, choices, beginnings=True)
        is_sure = threshold is None or ranking[0].probability >= threshold
        return replace(
            self.known(question, timer),
            text=ranking[0].text if is_sure else UNSURE,
            choices=ranking,
            is_sure=is_sure,
        )

    def grounded(self, answer: Answer | str) -> Answer:
        """Add to an answer, or that to a question, what it rests on; an empty one gets a warning.

        It is scored again with less of the clip shown.
        """
        answer = self.ask(answer) if isinstance(answer, str) else answer
        if not (answer.choices or answer.text.strip()):
            return replace(answer, warnings=(*answer.warnings, "an empty answer rests on nothing"))
        texts = [choice.text.strip() for choice in answer.choices] or [answer.text]
        is_chosen = bool(answer.choices)
        worth = odds if is_chosen else each
        (grounding,) = self._judged(answer.question, texts, worth, beginnings=is_chosen)
        return replace(answer, grounding=grounding)

    def grounds(self, question: str, texts: Sequence[str]) -> tuple[Grounding, ...]:
        """Return what each of some answers to one question rests on.

        Args:
            question: plain text.
            texts: answers, none empty.

        Raises:
            UsageError: as `rank` does.

        """
        return self._judged(question, texts, each)

    def _judged(
        self, question: str, texts: Sequence[str], worth: Worth, *, beginnings: bool = False
    ) -> tuple[Grounding, ...]:
        scores = partial(self._nats, question, texts, beginnings)
        return compared(scores, worth, has_words=any(one.text for one in self.segments))

    def _nats(
        self, question: str, texts: Sequence[str], beginnings: bool, *, pictures: bool, words: bool
    ) -> list[float]:
        found = self.likelihoods(
            question, texts, beginnings=beginnings, pictures=pictures, words=words
        )
        return [one.nats for one in found]
