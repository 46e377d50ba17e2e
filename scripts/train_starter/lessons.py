"""Made clips as lessons: the prompt is the one that the engine makes."""

import random
from collections.abc import Sequence
from functools import partial
from typing import Any

import questions
import scenes
import torch
from scenes import World

from vidqa.models.registry import find_model
from vidqa.network.inference.prompt_ids import Turn
from vidqa.network.processing import VidqaProcessor
from vidqa.network.text.chat_template import ChatTemplate
from vidqa.prompt.interleave import align, user_content
from vidqa.training.data.samples import Exchange, Lesson

QUESTIONS = 9
END = "<|im_end|>"


class MadeLessons:
    """Lessons by number, made when they are wanted."""

    def __init__(self, world: World, processor: VidqaProcessor, *, seed: int, count: int) -> None:
        self._world, self._processor = world, processor
        self._seed, self._count = seed, count
        self._form = find_model("starter").prompt

    def __len__(self) -> int:
        return self._count

    @torch.inference_mode()
    def __getitem__(self, index: int) -> Lesson:
        chance = random.Random(f"{self._seed}/{index}")
        scene, places = scenes.make(self._world, chance)
        segments = align(
            [number + 0.5 for number in range(scene.frames)], [*scene.said.cues, *scene.read]
        )
        template = ChatTemplate(self._processor, None)
        turn = Turn(template, partial(user_content, segments, form=self._form))
        drawn = questions.exchanges(scene, self._world, chance, count=QUESTIONS)
        return Lesson(
            places=places.clone(),
            prefix_ids=self._prefix_ids(turn.prefix_text),
            exchanges=[
                Exchange(self._ids(question + turn.suffix_text), self._ids(answer + END))
                for question, answer in drawn
            ],
        )

    def _prefix_ids(self, text: str) -> Sequence[int]:
        """As the engine tokenizes: the pieces between the frames one by one."""
        processor = self._processor
        frame = [processor.image_token_id] * processor.image_seq_length
        first, *pieces = text.split(processor.image_token)
        return self._ids(first) + [token for piece in pieces for token in frame + self._ids(piece)]

    def _ids(self, text: str) -> list[int]:
        tokenizer: Any = self._processor.tokenizer
        ids: list[int] = tokenizer(text, add_special_tokens=False).input_ids
        return ids
