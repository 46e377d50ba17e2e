"""Questions about a clip that was watched: its part of the prompt is in the KV cache."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

import torch

from vidqa.engine.answer.generate import Writing, checked_sampling
from vidqa.engine.answer.grounding import Worth, compared, each, odds
from vidqa.engine.answer.rank import Score, ranked
from vidqa.engine.read_clip import ReadClip
from vidqa.engine.shown_clip import prompt_view
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import UsageError
from vidqa.network.inference.prompt_ids import PromptIds
from vidqa.network.inference.token_sampling import Sampling
from vidqa.prompt.paper.templates import training_template
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


class WatchedClip(ReadClip):
    """A watched clip: ask it anything, any number of times."""

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
        how = with_options(GenerationSettings, generation, given)
        sampling = checked_sampling(how.temperature, how.top_p, how.seed)
        thought = self.thought(how)
        prompt = self.prompt_ids(question, thinks=thought is not None)
        writing = self.writing(prompt, how.max_new_tokens, how.schema, thought)
        return self._answer(question, prompt, writing, sampling, StageTimer(notify, self.timings_s))

    def prompt(self, question: str) -> PromptView:
        """Return what the model sees when asked: every frame's time, words and token counts."""
        prompt = self.prompt_ids(question)
        counts = self._fitter.visual_tokens(self._shown)
        if prompt.cut:  # by the recipe `paper`, which shows all tokens of a frame
            every = self.video_prefix.visual_tokens(prompt)
            counts = [every // len(counts)] * len(counts)
        return prompt_view(prompt, self.segments, counts, self.model.loaded.tokenizer)

    def with_words(self, words: Words) -> Self:
        """Return a clip of the same frames, with other words beside them."""
        seen = replace(self._fitter.seen, words=words)
        with self.model.memory.errors(self.model.name):
            return type(self)(self.model, seen, self.viewing, StageTimer(None, self.timings_s))

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
        if not choices or not all(choice.strip() for choice in choices):
            raise UsageError("there is nothing to choose from, or a choice is empty")
        with self.model.memory.errors(self.model.name):
            if self.recipe.name == "paper":
                video_prefix = self._open(self._fitter, self._shown, template=training_template())
            else:
                video_prefix = self.video_prefix
            prompt = self.prompt_ids(question, video_prefix)
            likelihoods = video_prefix.score(
                prompt, self._choice_ids(choices, beginnings=beginnings)
            )
        return ranked(choices, likelihoods, by=by)

    def _choice_ids(self, choices: Sequence[str], *, beginnings: bool) -> list[list[int]]:
        texts = [choice.strip() for choice in choices]
        return [
            self._fitter.answer_ids(
                text,
                ends=not beginnings or any(one != text and one.startswith(text) for one in texts),
            )
            for text in texts
        ]

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
            self.known_answer(question, self.prompt_ids(question), timer),
            text=ranking[0].text if is_sure else UNSURE,
            choices=ranking,
            is_sure=is_sure,
        )

    def grounded(self, answer: Answer | str) -> Answer:
        """Add to an answer, or that to a question, what it rests on; an empty one gets a warning.

        It is scored again with less of the clip shown.
        """
        answer = self.ask(answer) if isinstance(answer, str) else answer
        if answer.choices:
            texts = [choice.text for choice in answer.choices]
            answers = self._choice_ids(texts, beginnings=True)
        elif answer.text.strip():
            answers = [self._fitter.answer_ids(answer.text)]
        else:
            return replace(answer, warnings=(*answer.warnings, "an empty answer rests on nothing"))
        (grounding,) = self._judged(answer.question, answers, odds if answer.choices else each)
        return replace(answer, grounding=grounding)

    def grounds(self, question: str, texts: Sequence[str]) -> tuple[Grounding, ...]:
        """Find out what each of several answers to a question rests on; none of them may be empty.

        Raises:
            UsageError: as `rank` does.

        """
        return self._judged(question, [self._fitter.answer_ids(text) for text in texts], each)

    def _judged(
        self, question: str, answers: Sequence[Sequence[int]], worth: Worth
    ) -> tuple[Grounding, ...]:
        scores = partial(self._scores, question, answers)
        has_words = any(segment.text for segment in self.segments)
        with self.model.memory.errors(self.model.name):
            return compared(scores, worth, has_words=has_words)

    def _scores(
        self, question: str, answers: Sequence[Sequence[int]], *, pictures: bool, words: bool
    ) -> list[torch.Tensor]:
        """Return the log likelihood of each answer's tokens in nats, with less shown."""
        video_prefix = self.video_prefix
        if not (pictures and words):
            fitter = self._fitter.without(pictures=not pictures, words=not words)
            video_prefix = self._open(fitter, fitter.choose())
        return video_prefix.score(self.prompt_ids(question, video_prefix), answers)

    def _answer(
        self,
        question: str,
        prompt: PromptIds,
        writing: Writing,
        sampling: Sampling,
        timer: StageTimer,
    ) -> Iterator[TextDelta | Answer]:
        """Prefill the question behind a copy of the prefix, then decode."""
        with self.model.memory.errors(self.model.name):
            begin = partial(self.video_prefix.begin, prompt)
            for piece in writing.pieces(begin, sampling, timer):
                yield TextDelta(piece)
        yield self.answered(question, prompt, writing, sampling, timer)
