"""A clip that was read into the decoder: prompts behind it, and what is known of their answers."""

from dataclasses import replace

from vidqa.engine.answer.generate import Writing
from vidqa.engine.answer.thought import Thought
from vidqa.engine.contents import ClipContents, checked_question
from vidqa.engine.local.runtime import Runtime
from vidqa.engine.local.saved import keep_context, kept_context, read_key
from vidqa.engine.local.shown_clip import PromptFit, PromptFitter
from vidqa.engine.local.video_prefix import VideoPrefix
from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.network.inference.prompt_ids import PromptIds
from vidqa.network.inference.token_sampling import Sampling
from vidqa.network.text.detokenize import TextStream
from vidqa.network.text.whole_answer import WholeText
from vidqa.prompt.interleave import FittedWords
from vidqa.types import (
    Answer,
)
from vidqa.types.generation import GenerationSettings


class ReadClip(WatchedClip):
    """A watched clip, whose part of the prompt is in the KV cache."""

    model: Runtime

    def __init__(
        self, model: Runtime, seen: ClipContents, viewing: Viewing, timer: StageTimer
    ) -> None:
        super().__init__(model, seen, viewing, timer)
        self._fitter = PromptFitter(model.loaded, model.spec, self.recipe, seen)
        with timer.stage("prefill"):
            self._shown = self._fitter.choose()
            self.video_prefix = self._open_once(seen.info.path.name)
        self.warnings = (
            *model.spec.notes,
            *model.memory.warnings,
            *seen.moments.all_warnings(len(seen.encoded.frame_times_s)),
            *seen.encoded.report.warnings,
            *seen.words.warnings,
            *self._shown.warnings,
            *self._compressed(),
        )
        self.timings_s = dict(timer.seconds)

    @property
    def fitted(self) -> FittedWords:
        """The words that are shown to the model, and how many are not."""
        return self._shown.fitted

    @property
    def warnings_of_fit(self) -> tuple[str, ...]:
        """Those about what of it did not fit the model's context."""
        return self._shown.warnings

    def _compressed(self) -> tuple[str, ...]:
        """Tell how many visual tokens are shown, where not all are."""
        counts = self._fitter.visual_tokens(self._shown)
        every = counts[0] * len(counts)  # the first frame keeps all
        if sum(counts) == every:
            return ()
        return (f"{sum(counts)} of {every} visual tokens are shown, as --compress asks",)

    def _open_once(self, about: str) -> VideoPrefix:
        """Read the clip into the decoder, or load what was read before from the disk."""
        model, cache = self.model, self.model.cache
        if cache is None:
            return self._open(self._fitter, self._shown)
        turn = self._fitter.turn(self._shown)
        pictures = self._fitter.pictures(turn, self._shown)
        key = read_key(pictures, model=model.revision, device=model.device, dtype=model.read_dtype)
        tokens = pictures.input_ids.shape[1]
        kept = kept_context(cache, key, model.loaded.network, tokens)
        video_prefix = VideoPrefix(
            model.loaded, turn, pictures, window=self.recipe.window, prefix=kept
        )
        if kept is None:
            keep_context(cache, key, video_prefix.prefix, about=about)
        return video_prefix

    def _open(
        self, fitter: PromptFitter, shown: PromptFit, *, template: str | None = None
    ) -> VideoPrefix:
        """Read a clip into the decoder; `template` replaces the model's own around the prompt."""
        turn = fitter.turn(shown, template=template)
        pictures = fitter.pictures(turn, shown)
        return VideoPrefix(self.model.loaded, turn, pictures, window=self.recipe.window)

    def prompt_ids(
        self, question: str, video_prefix: VideoPrefix | None = None, *, thinks: bool = False
    ) -> PromptIds:
        """Put a question behind the clip, made harmless and checked for size."""
        turn = self._fitter.turn(self._shown, thinks=True) if thinks else None
        prompt = (video_prefix or self.video_prefix).prompt(self.neutralized(question), turn)
        self.require_fitting(prompt)
        return prompt

    def neutralized(self, question: str) -> str:
        """Break up control tokens in a question, so that it cannot change the prompt's structure.

        Raises:
            UsageError: it is empty, or no text.

        """
        return self._fitter.neutralized(checked_question(question))

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

    def writing(
        self,
        prompt: PromptIds,
        max_new_tokens: int | None,
        schema: str | None = None,
        thought: Thought | None = None,
    ) -> Writing:
        """Begin an answer behind a prompt; as long as the model's default if None.

        With a `schema` it is JSON that fits it; with a `thought` the model thinks first.

        Raises:
            UsageError: there is no such length, no room for it, or nothing fits the schema.

        """
        self.require_fitting(prompt)
        if thought is not None:
            prompt = replace(prompt, tokens=prompt.tokens + thought.room)
            thought.require_room(prompt.tokens)
        limit = self.model.spec.max_new_tokens if max_new_tokens is None else max_new_tokens
        if limit < 1:
            raise UsageError(f"--max-new-tokens must be at least 1, got {limit}")
        loaded = self.model.loaded
        room = loaded.context_tokens - prompt.tokens
        whole = self.recipe.name == "paper" and schema is None
        return Writing(
            loaded,
            WholeText(loaded.tokenizer) if whole else TextStream(loaded.tokenizer),
            limit=min(limit, room),
            at_limit="context_full" if room < limit else "token_limit",
            schema=schema,
            thought=thought,
        )

    def thought(self, how: GenerationSettings) -> Thought | None:
        """Return the thought that is allowed. Raises UsageError: the model does not think."""
        if how.think is None:
            return None
        model, is_kept = self.model, how.keep_thought
        return Thought.of(model.loaded, model.spec, how.think, is_kept=is_kept)

    def answered(
        self,
        question: str,
        prompt: PromptIds,
        writing: Writing,
        sampling: Sampling,
        timer: StageTimer,
    ) -> Answer:
        """Return what was written, with all that is known about it."""
        return replace(
            self.known_answer(question, prompt, timer),
            text=writing.text,
            is_json=writing.is_json,
            thought_tokens=None if writing.thought is None else len(writing.thought.ids),
            thought=None if writing.thought is None else writing.thought.text,
            seed=None if sampling.greedy else sampling.seed,
            new_tokens=writing.new_tokens,
            stopped_by=writing.stopped_by,
        )

    def known_answer(self, question: str, prompt: PromptIds, timer: StageTimer | None) -> Answer:
        """Return all that is known of an answer but the answer itself."""
        return self.answer_about(
            question,
            timer,
            prompt_tokens=prompt.tokens,
            visual_tokens=self.video_prefix.visual_tokens(prompt),
            warnings=prompt.warnings,
        )
