"""A clip that was watched by a model in this process: its part of the prompt is in the KV cache."""

from collections.abc import Iterator, Sequence
from functools import partial

from vidqa.engine.answer.generate import Writing, checked_sampling
from vidqa.engine.answer.rank import Likelihood
from vidqa.engine.local.read_clip import ReadClip
from vidqa.engine.local.shown_clip import prompt_view
from vidqa.engine.local.video_prefix import VideoPrefix
from vidqa.engine.stage_timer import StageTimer
from vidqa.network.inference.prompt_ids import PromptIds
from vidqa.network.inference.token_sampling import Sampling
from vidqa.prompt.paper.templates import training_template
from vidqa.types import Answer, Notify, PromptView, TextDelta
from vidqa.types.generation import GenerationSettings


class LocalClip(ReadClip):
    """A watched clip, answered about by a model in this process."""

    def stream_at_once(
        self, question: str, how: GenerationSettings, notify: Notify | None
    ) -> Iterator[TextDelta | Answer]:
        """Yield the answer piece by piece, then the whole of it. See `WatchedClip.stream`."""
        sampling = checked_sampling(how.temperature, how.top_p, how.seed)
        thought = self.thought(how)
        prompt = self.prompt_ids(question, thinks=thought is not None)
        writing = self.writing(prompt, how.max_new_tokens, how.schema, thought)
        return self._answer(question, prompt, writing, sampling, StageTimer(notify, self.timings_s))

    def prompt_at_once(self, question: str) -> PromptView:
        """Return what the model sees when asked. See `WatchedClip.prompt`."""
        prompt = self.prompt_ids(question)
        counts = self._fitter.visual_tokens(self._shown)
        if prompt.cut:  # by the recipe `paper`, which shows all tokens of a frame
            every = self.video_prefix.visual_tokens(prompt)
            counts = [every // len(counts)] * len(counts)
        return prompt_view(prompt, self.segments, counts, self.model.loaded.tokenizer)

    @property
    def plain(self) -> "type[LocalClip]":
        """The class of clips that are shown at once, however long they are."""
        return LocalClip

    def require_askable(self, question: str, how: GenerationSettings | None = None) -> None:
        """Refuse what cannot be asked, or not be answered so. Raises UsageError."""
        prompt = self.prompt_ids(question)
        if how is not None:
            checked_sampling(how.temperature, how.top_p, how.seed)
            self.writing(prompt, how.max_new_tokens, how.schema)

    def known(self, question: str, timer: StageTimer | None = None) -> Answer:
        """Return all that is known of an answer but the answer itself. Raises as `stream` does."""
        return self.known_answer(question, self.prompt_ids(question), timer)

    def choice_likelihoods(
        self, question: str, texts: Sequence[str], beginnings: bool
    ) -> list[Likelihood]:
        """Return how likely the model finds choices; by the recipe `paper` as it was trained."""
        if self.recipe.name != "paper":
            return super().choice_likelihoods(question, texts, beginnings)
        with self.model.memory.errors(self.model.name):
            trained = self._open(self._fitter, self._shown, template=training_template())
            return self._scored(trained, question, texts, beginnings=beginnings)

    def likelihoods(
        self,
        question: str,
        texts: Sequence[str],
        *,
        beginnings: bool = False,
        pictures: bool = True,
        words: bool = True,
    ) -> list[Likelihood]:
        """Return how likely the model finds given answers. See `WatchedClip.likelihoods`."""
        with self.model.memory.errors(self.model.name):
            video_prefix = self.video_prefix
            if not (pictures and words):
                fitter = self._fitter.without(pictures=not pictures, words=not words)
                video_prefix = self._open(fitter, fitter.choose())
            return self._scored(video_prefix, question, texts, beginnings=beginnings)

    def _scored(
        self, video_prefix: VideoPrefix, question: str, texts: Sequence[str], *, beginnings: bool
    ) -> list[Likelihood]:
        """Score answers behind a prefix; those that begin another choice are scored whole."""
        answers = [
            self._fitter.answer_ids(
                text,
                ends=not beginnings or any(one != text and one.startswith(text) for one in texts),
            )
            for text in texts
        ]
        scores = video_prefix.score(self.prompt_ids(question, video_prefix), answers)
        return [Likelihood(float(one.sum()), len(one)) for one in scores]

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
