"""Questions about a clip that was watched: its part of the prompt is in the KV cache."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Self

import torch

from vidqa.engine.answer.generate import Writing, checked_sampling
from vidqa.engine.answer.grounding import Worth, compared, each, odds
from vidqa.engine.answer.question_language import language_warnings
from vidqa.engine.answer.rank import Score, ranked
from vidqa.engine.runtime import Runtime
from vidqa.engine.shown_clip import Seen, Showing, Shown, checked_question, prompt_view
from vidqa.engine.stage_timer import Stopwatch
from vidqa.engine.video_prefix import Opening
from vidqa.engine.watch.saved import keep_context, kept_context, read_key
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.network.inference.prompt_ids import PromptIds
from vidqa.network.inference.token_sampling import Sampling
from vidqa.network.text.detokenize import TextStream
from vidqa.network.text.paper_tokenizer import WholeText
from vidqa.prompt.paper.templates import training_template
from vidqa.prompt.recipe import choose_recipe
from vidqa.types import (
    UNSURE,
    Answer,
    Choice,
    Grounding,
    Notify,
    PromptView,
    Segment,
    TextDelta,
    Words,
)


class WatchedClip:
    """A watched clip: ask it anything, any number of times."""

    def __init__(self, model: Runtime, seen: Seen, viewing: Viewing, stopwatch: Stopwatch) -> None:
        self.model = model
        self.info = seen.info
        self.words = seen.words
        self.fingerprint = seen.fingerprint
        self.decoder = seen.looked.report.decoder
        self.viewing = viewing
        self.recipe = choose_recipe(viewing.recipe, model.spec)
        self.video = seen.video
        self._showing = Showing(model.loaded, model.spec, self.recipe, seen)
        with stopwatch.stage("prefill"):
            self._shown = self._showing.choose()
            self.opening = self._open_once(seen.info.path.name)
        self.warnings = (
            *model.spec.notes,
            *model.memory.warnings,
            *seen.moments.all_warnings(len(seen.looked.frame_times_s)),
            *seen.looked.report.warnings,
            *seen.words.warnings,
            *self._shown.warnings,
        )
        """All that was left out or guessed."""
        self.timings_s = dict(stopwatch.seconds)
        """Seconds each stage took so far; stages overlap, so their sum is more than the wait."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Each frame's time and the words shown to the model with it."""
        return self._shown.fitted.segments

    def ask(
        self,
        question: str,
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        notify: Notify | None = None,
    ) -> Answer:
        """The whole answer at once. See `stream`."""
        *_, answer = self.stream(
            question,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_p=top_p,
            seed=seed,
            notify=notify,
        )
        assert isinstance(answer, Answer), "a stream ends with its answer"
        return answer

    def stream(
        self,
        question: str,
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        notify: Notify | None = None,
    ) -> Iterator[TextDelta | Answer]:
        """Yield the answer piece by piece, then the whole of it with all that is known about it.

        Args:
            question: plain text; control tokens in it are only letters.
            max_new_tokens: the most tokens to write; the model's default if None.
            temperature: 0 takes the likeliest token always.
            top_p: draw only from the likeliest tokens of this joint probability.
            seed: of the draws.
            notify: called when the stages prefill and generate begin.

        Raises:
            UsageError: the question is empty, a setting is out of range, or it does not fit the
                model's context.

        """
        sampling = checked_sampling(temperature, top_p, seed)
        prompt = self.prompt_ids(question)
        writing = self.writing(prompt, max_new_tokens)
        return self._answer(question, prompt, writing, sampling, Stopwatch(notify, self.timings_s))

    def prompt(self, question: str) -> PromptView:
        """What the model sees when asked this: every frame's time, words and token counts."""
        prompt = self.prompt_ids(question)
        per_frame = self.opening.visual_tokens(prompt) // len(self.segments)
        return prompt_view(prompt, self.segments, per_frame, self.model.loaded.tokenizer)

    def retold(self, words: Words) -> Self:
        """The same frames, with other words beside them."""
        seen = replace(self._showing.seen, words=words)
        with self.model.memory.errors(self.model.name):
            return type(self)(self.model, seen, self.viewing, Stopwatch(None, self.timings_s))

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
                opening = self._open(self._showing, self._shown, template=training_template())
            else:
                opening = self.opening
            prompt = self.prompt_ids(question, opening)
            likelihoods = opening.score(prompt, self._choice_ids(choices, beginnings=beginnings))
        return ranked(choices, likelihoods, by=by)

    def _choice_ids(self, choices: Sequence[str], *, beginnings: bool) -> list[list[int]]:
        texts = [choice.strip() for choice in choices]
        return [
            self._showing.answer_ids(
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
        """The likeliest of given answers, per token, as what an answer begins with; see `rank`.

        Args:
            question: plain text.
            choices: at least one, none empty.
            threshold: below this probability the answer is `types.UNSURE`.
            notify: called when the stage prefill begins.

        Raises:
            UsageError: as `rank` does.

        """
        stopwatch = Stopwatch(notify, self.timings_s)
        with stopwatch.stage("prefill"):
            ranking = self.rank(question, choices, beginnings=True)
        is_sure = threshold is None or ranking[0].probability >= threshold
        return replace(
            self._told(question, self.prompt_ids(question), stopwatch),
            text=ranking[0].text if is_sure else UNSURE,
            choices=ranking,
            is_sure=is_sure,
        )

    def grounded(self, answer: Answer | str) -> Answer:
        """The answer, or that to a question, with what it rests on; an empty one gets a warning.

        It is scored again with less of the clip shown.
        """
        answer = self.ask(answer) if isinstance(answer, str) else answer
        if answer.choices:
            texts = [choice.text for choice in answer.choices]
            answers = self._choice_ids(texts, beginnings=True)
        elif answer.text.strip():
            answers = [self._showing.answer_ids(answer.text)]
        else:
            return replace(answer, warnings=(*answer.warnings, "an empty answer rests on nothing"))
        (grounding,) = self._judged(answer.question, answers, odds if answer.choices else each)
        return replace(answer, grounding=grounding)

    def grounds(self, question: str, texts: Sequence[str]) -> tuple[Grounding, ...]:
        """What each of several answers to a question rests on; none of them may be empty.

        Raises:
            UsageError: as `rank` does.

        """
        return self._judged(question, [self._showing.answer_ids(text) for text in texts], each)

    def _judged(
        self, question: str, answers: Sequence[Sequence[int]], worth: Worth
    ) -> tuple[Grounding, ...]:
        scores, has_words = partial(self._scores, question, answers), bool(self._shown.fitted.used)
        with self.model.memory.errors(self.model.name):
            return compared(scores, worth, has_words=has_words)

    def _open_once(self, about: str) -> Opening:
        """The clip read into the decoder; from the disk, where it was read before."""
        model, cache = self.model, self.model.cache
        if cache is None:
            return self._open(self._showing, self._shown)
        turn = self._showing.turn(self._shown)
        pictures = self._showing.pictures(turn, self._shown)
        key = read_key(pictures, model=model.revision, device=model.device, dtype=model.dtype)
        tokens = pictures.input_ids.shape[1]
        kept = kept_context(cache, key, model.loaded.network, tokens)
        opening = Opening(model.loaded, turn, pictures, window=self.recipe.window, prefix=kept)
        if kept is None:
            keep_context(cache, key, opening.prefix, about=about)
        return opening

    def _open(self, showing: Showing, shown: Shown, *, template: str | None = None) -> Opening:
        turn = showing.turn(shown, template=template)
        pictures = showing.pictures(turn, shown)
        return Opening(self.model.loaded, turn, pictures, window=self.recipe.window)

    def _scores(
        self, question: str, answers: Sequence[Sequence[int]], *, pictures: bool, words: bool
    ) -> list[torch.Tensor]:
        """The log likelihood of each token of each answer in nats, the clip shown with less."""
        opening = self.opening
        if not (pictures and words):
            showing = self._showing.without(pictures=not pictures, words=not words)
            opening = self._open(showing, showing.choose())
        return opening.score(self.prompt_ids(question, opening), answers)

    def prompt_ids(self, question: str, opening: Opening | None = None) -> PromptIds:
        """The question behind the clip, made harmless and checked for size."""
        prompt = (opening or self.opening).prompt(self.harmless(question))
        self.require_fitting(prompt)
        return prompt

    def _answer(
        self,
        question: str,
        prompt: PromptIds,
        writing: Writing,
        sampling: Sampling,
        stopwatch: Stopwatch,
    ) -> Iterator[TextDelta | Answer]:
        """Prefill the question behind a copy of the prefix, then decode."""
        with self.model.memory.errors(self.model.name):
            begin = partial(self.opening.begin, prompt)
            for piece in writing.pieces(begin, sampling, stopwatch):
                yield TextDelta(piece)
        yield self.answered(question, prompt, writing, sampling, stopwatch)

    def harmless(self, question: str) -> str:
        """A question in which nothing means more than its letters.

        Raises:
            UsageError: it is empty, or no text.

        """
        return self._showing.harmless(checked_question(question))

    def require_fitting(self, prompt: PromptIds) -> None:
        """Refuse a prompt that is too long.

        Raises:
            UsageError: it does not fit the model's context.

        """
        most = self.model.loaded.context_tokens
        if prompt.tokens >= most:
            raise UsageError(
                f"{prompt.tokens} prompt tokens do not fit {self.model.name}, which reads {most}",
                hint="use fewer --frames or a shorter question",
            )

    def writing(self, prompt: PromptIds, max_new_tokens: int | None) -> Writing:
        """An answer about to be written behind a prompt; as long as the model's default if None.

        Raises:
            UsageError: there is no such length, or no room for it.

        """
        self.require_fitting(prompt)
        limit = self.model.spec.max_new_tokens if max_new_tokens is None else max_new_tokens
        if limit < 1:
            raise UsageError(f"--max-new-tokens must be at least 1, got {limit}")
        loaded = self.model.loaded
        room = loaded.context_tokens - prompt.tokens
        whole = self.recipe.name == "paper"
        return Writing(
            loaded,
            WholeText(loaded.tokenizer) if whole else TextStream(loaded.tokenizer),
            limit=min(limit, room),
            at_limit="context_full" if room < limit else "token_limit",
        )

    def answered(
        self,
        question: str,
        prompt: PromptIds,
        writing: Writing,
        sampling: Sampling,
        stopwatch: Stopwatch,
    ) -> Answer:
        """What was written, with all that is known about it."""
        return replace(
            self._told(question, prompt, stopwatch),
            text=writing.text,
            seed=None if sampling.greedy else sampling.seed,
            new_tokens=writing.new_tokens,
            stopped_by=writing.stopped_by,
        )

    def _told(self, question: str, prompt: PromptIds, stopwatch: Stopwatch) -> Answer:
        """All that is known of an answer but the answer itself."""
        return Answer(
            text="",
            question=question,
            video=self.video,
            fingerprint=self.fingerprint,
            model=self.model.name,
            revision=self.model.revision,
            recipe=self.recipe.name,
            device=self.model.device,
            dtype=self.model.dtype,
            seed=None,
            frame_times_s=tuple(segment.time_s for segment in self.segments),
            duration_s=self.info.duration_s,
            words_source=self.words.source,
            words_used=self._shown.fitted.used,
            words_dropped=self._shown.fitted.dropped,
            visual_tokens=self.opening.visual_tokens(prompt),
            prompt_tokens=prompt.tokens,
            new_tokens=0,
            stopped_by="chosen",
            warnings=(
                *self.warnings,
                *prompt.warnings,
                *language_warnings(question, self.model.spec),
            ),
            timings_s=dict(stopwatch.seconds),
        )
