"""A watched clip: frames seen, words heard, the video's part of the prompt in the KV cache."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vidqa.engine.look import Looked
from vidqa.engine.memory import memory_errors
from vidqa.engine.stopwatch import Stopwatch
from vidqa.errors import UsageError
from vidqa.media.moments import Moments
from vidqa.model.decoding import (
    Prefix,
    Sampling,
    TokenChooser,
    decode,
    prefill_prefix,
    prefill_question,
)
from vidqa.model.inputs import PromptIds, Turn, tokenize_prompt
from vidqa.model.text import TextStream
from vidqa.prompt import FittedWords, align, fit_words, neutralize, user_content
from vidqa.types import (
    Answer,
    Cue,
    Notify,
    PromptSegment,
    PromptView,
    Segment,
    StoppedBy,
    TextDelta,
    VideoInfo,
    Words,
)

if TYPE_CHECKING:
    from vidqa.engine.model import Model


@dataclass(frozen=True, slots=True)
class Seen:
    """What came out of a file, before the model saw it."""

    video: str
    info: VideoInfo
    fingerprint: str
    moments: Moments
    looked: Looked
    words: Words


class Clip:
    """A watched clip: ask it anything, any number of times."""

    def __init__(self, model: "Model", seen: Seen, stopwatch: Stopwatch) -> None:
        self.model = model
        self.info = seen.info
        self.words = seen.words
        self.fingerprint = seen.fingerprint
        self.decoder = seen.looked.report.decoder
        self._video = seen.video
        self._fitted = _fitted_words(seen, model)
        self.warnings = _warnings(seen, self._fitted)
        self._turn = Turn(model.loaded.processor, self._content)
        with stopwatch.stage("prefill"):
            self._pictures = seen.looked.frames.place(self._turn.prefix_text)
            self._prefix: Prefix = prefill_prefix(
                model.loaded.network, self._pictures.input_ids, self._pictures.visual_tokens
            )
        self.timings_s = dict(stopwatch.seconds)
        """Seconds each stage took so far; stages overlap, so their sum is more than the wait."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Each frame's time and the words shown to the model with it."""
        return self._fitted.segments

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
        events = self.stream(
            question,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_p=top_p,
            seed=seed,
            notify=notify,
        )
        answer = None
        for event in events:
            answer = event
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
        sampling = _sampling(temperature, top_p, seed)
        limit = self.model.spec.max_new_tokens if max_new_tokens is None else max_new_tokens
        if limit < 1:
            raise UsageError(f"--max-new-tokens must be at least 1, got {limit}")
        prompt = self._prompt_ids(question)
        room = self.model.loaded.context_tokens - prompt.tokens
        return self._answer(
            question, prompt, sampling, min(limit, room), cut=room < limit, notify=notify
        )

    def prompt(self, question: str) -> PromptView:
        """What the model sees when asked this: every frame's time, words and token counts."""
        prompt = self._prompt_ids(question)
        per_frame = len(self._pictures.visual_tokens) // len(self.segments)
        count = self.model.loaded.tokenizer
        segments = tuple(
            PromptSegment(
                segment.time_s,
                segment.text,
                visual_tokens=per_frame,
                text_tokens=len(count(segment.text, add_special_tokens=False).input_ids),
            )
            for segment in self.segments
        )
        return PromptView(segments, prompt.text, prompt.tokens)

    def _content(self, question: str) -> list[dict[str, str]]:
        return user_content(self.segments, question)

    def _prompt_ids(self, question: str) -> PromptIds:
        """The question behind the clip's prefix, checked for size."""
        if not question.strip():
            raise UsageError("the question is empty")
        harmless = neutralize(question, self.model.loaded.control_tokens)
        prompt = tokenize_prompt(self.model.loaded, self._turn, harmless, self._prefix.input_ids)
        if prompt.tokens >= self.model.loaded.context_tokens:
            raise UsageError(
                f"{prompt.tokens} prompt tokens do not fit {self.model.name}, which reads "
                f"{self.model.loaded.context_tokens}",
                hint="use fewer --frames or a shorter question",
            )
        return prompt

    def _answer(
        self,
        question: str,
        prompt: PromptIds,
        sampling: Sampling,
        limit: int,
        *,
        cut: bool,
        notify: Notify | None,
    ) -> Iterator[TextDelta | Answer]:
        """Prefill the question behind a copy of the prefix, then decode."""
        stopwatch = Stopwatch(notify, self.timings_s)
        loaded, chooser = self.model.loaded, TokenChooser(sampling)
        text, new_tokens = TextStream(loaded.tokenizer), 0
        stopped_by: StoppedBy = "context_full" if cut else "token_limit"
        with memory_errors(self.model.name):
            with stopwatch.stage("prefill"):
                cache = copy.deepcopy(self._prefix.cache)
                logits = prefill_question(loaded.network, prompt.question_ids, cache)
            with stopwatch.stage("generate"):
                for token in decode(loaded.network, logits, cache, chooser):
                    new_tokens += 1
                    if token in loaded.stop_ids:
                        stopped_by = "end"
                        break
                    if piece := text.push(token):
                        yield TextDelta(piece)
                    if new_tokens == limit:
                        break
        if piece := text.finish():
            yield TextDelta(piece)
        yield Answer(
            text=text.text,
            question=question,
            video=self._video,
            fingerprint=self.fingerprint,
            model=self.model.name,
            revision=self.model.revision,
            device=self.model.device,
            dtype=self.model.dtype,
            seed=None if sampling.greedy else sampling.seed,
            frame_times_s=tuple(segment.time_s for segment in self.segments),
            duration_s=self.info.duration_s,
            words_source=self.words.source,
            words_used=self._fitted.used,
            words_dropped=self._fitted.dropped,
            visual_tokens=len(self._pictures.visual_tokens),
            prompt_tokens=prompt.tokens,
            new_tokens=new_tokens,
            stopped_by=stopped_by,
            warnings=self.warnings,
            timings_s=dict(stopwatch.seconds),
        )


def _fitted_words(seen: Seen, model: "Model") -> FittedWords:
    """The clip's words, made harmless, beside its frames and within the model's budget."""
    segments: Sequence[Segment] = align(
        seen.looked.frame_times_s,
        [
            Cue(cue.start_s, cue.end_s, neutralize(cue.text, model.loaded.control_tokens))
            for cue in seen.words.cues
        ],
    )
    return fit_words(segments, model.spec.max_words)


def _warnings(seen: Seen, fitted: FittedWords) -> tuple[str, ...]:
    """All that was left out or guessed."""
    return (
        *seen.moments.all_warnings(len(seen.looked.frame_times_s)),
        *seen.looked.report.warnings,
        *seen.words.warnings,
        *fitted.warnings,
    )


def _sampling(temperature: float, top_p: float, seed: int) -> Sampling:
    try:
        return Sampling(temperature, top_p, seed)
    except ValueError as error:
        raise UsageError(str(error)) from error
