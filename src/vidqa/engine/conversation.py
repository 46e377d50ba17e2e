"""A conversation about one clip: each turn is prefilled once, behind the clip and earlier turns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vidqa.engine.answer.generate import checked_sampling
from vidqa.engine.local.local_clip import LocalClip
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import UsageError
from vidqa.network.inference.decode import Context, prefill_question
from vidqa.network.inference.prompt_ids import between_turns
from vidqa.types import Answer, Notify, TextDelta
from vidqa.types.generation import GenerationSettings
from vidqa.types.options import with_options

ANSWER_ROOM = 64
"""Tokens reserved for an answer: earlier turns are dropped to make room."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One finished turn."""

    question: str
    """The question as prefilled, its control tokens broken up."""
    answer_ids: tuple[int, ...]
    answer: Answer | None
    """None if it was given elsewhere."""


class Conversation:
    """Questions that may refer to earlier ones and to their answers."""

    def __init__(self, clip: LocalClip) -> None:
        """Begin. Raises UsageError for a clip watched by the recipe `paper`."""
        if clip.recipe.window is not None:  # its prompts are cut, and so would earlier turns be
            raise UsageError(
                "by the recipe paper each question stands alone", hint="watch with recipe vidqa"
            )
        self.clip = clip
        self.turns: list[Exchange] = []
        """All turns, including those that the model no longer sees."""
        self._first = 0
        """Index of the first turn that the model still sees."""
        self._between = between_turns(
            clip.model.loaded.chat_template, clip.model.spec.family.template_kwargs
        )
        self._context: Context | None = None

    def recall(self, question: str, answer: str) -> None:
        """Take over a turn from elsewhere, as if it had been asked and answered here."""
        said = self.clip.neutralized(answer) if answer.strip() else ""
        ids = tuple(self.clip.model.loaded.encode(said))
        self.turns.append(Exchange(self.clip.neutralized(question), ids, None))

    def forget(self) -> None:
        """Drop all turns, but not the clip."""
        self.turns.clear()
        self._first, self._context = 0, None

    def stream(
        self,
        question: str,
        generation: GenerationSettings | None = None,
        *,
        notify: Notify | None = None,
        **given: Any,
    ) -> Iterator[TextDelta | Answer]:
        """Yield the answer piece by piece, then the whole of it.

        The prompt grows by the turn: only its new tokens are prefilled. Once it does not fit the
        model's context, the oldest turns are dropped, a warning says so, and the rest is prefilled
        again. A turn that is broken off leaves no trace.

        Args:
            question: plain text; control tokens in it are only letters.
            generation: how it is written.
            notify: called when the stages prefill and generate begin.
            **given: as in `Clip.stream`.

        Raises:
            UsageError: as `Clip.stream` does.

        """
        how = with_options(GenerationSettings, generation, given)
        if how.think is not None:
            raise UsageError("in a conversation nothing is thought about", hint="leave --think out")
        clip, sampling = self.clip, checked_sampling(how.temperature, how.top_p, how.seed)
        asked = clip.neutralized(question)
        ids, first = self._fitting(asked)
        prompt = clip.video_prefix.behind(ids)
        timer = StageTimer(notify, clip.timings_s)
        writing = clip.writing(prompt, how.max_new_tokens, how.schema)
        context, self._context = self._context, None
        with clip.model.memory.errors(clip.model.name):
            if context is None or first != self._first:
                context = clip.video_prefix.fresh()
            for piece in writing.pieces(partial(self._read, context, ids), sampling, timer):
                yield TextDelta(piece)
        answer = clip.answered(question, prompt, writing, sampling, timer)
        if first != self._first:
            message = f"the first {first} turns did not fit the model's context and were dropped"
            answer = replace(answer, warnings=(*answer.warnings, message))
        self.turns.append(Exchange(asked, tuple(writing.answer_ids), answer))
        self._first, self._context = first, context
        yield answer

    def _read(self, context: Context, ids: Sequence[int]) -> tuple[Tensor, Context]:
        """Prefill the tokens of the turns that are not in the context yet."""
        network = self.clip.model.loaded.network
        read = context.cache.get_seq_length() - self.clip.video_prefix.prefix_tokens
        new = torch.tensor([ids[read:]], device=network.device)  # (1, T)
        return prefill_question(network, new, context), context

    def _fitting(self, asked: str) -> tuple[list[int], int]:
        """Return the ids behind the clip, and the index of the first turn with which they fit."""
        clip, first = self.clip, self._first
        room = clip.model.loaded.context_tokens - clip.video_prefix.prefix_tokens - ANSWER_ROOM
        while len(ids := self._ids(asked, first)) > room and first < len(self.turns):
            first += 1
        return ids, first

    def _ids(self, asked: str, first: int = 0) -> list[int]:
        """Tokenize the turns from `first` on, and a new question."""
        close = self.clip.video_prefix.suffix_text
        encode, ids = self.clip.model.loaded.encode, list[int]()
        for turn in self.turns[first:]:
            ids += [*encode(turn.question + close), *turn.answer_ids, *encode(self._between)]
        return ids + encode(asked + close)
