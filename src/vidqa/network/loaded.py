"""A network and its processor, whoever made them."""

from dataclasses import dataclass
from typing import Any

from vidqa.network.text.chat_template import ChatTemplate, RunApart

BICUBIC = 3
"""Pillow's number of the filter."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network in evaluation mode and its processor."""

    network: Any
    """One of transformers' classes, or `network.native`'s, which is called alike."""
    processor: Any
    run_apart: RunApart | None = None
    """Runs its chat template, where anybody may have made it."""

    @property
    def chat_template(self) -> ChatTemplate:
        """How it is told a conversation."""
        return ChatTemplate(self.processor, self.run_apart)

    @property
    def tokenizer(self) -> Any:
        """The processor's tokenizer."""
        return self.processor.tokenizer

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text, nothing added."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        return ids

    @property
    def image_mark(self) -> str:
        """What stands for an image in a text before it is tokenized."""
        return str(self.processor.image_token)

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """Width and height that every image is squashed to; None if it depends on the image."""
        images = self.processor.image_processor
        size = dict(getattr(images, "size", None) or {})
        is_fixed = set(size) == {"height", "width"} and getattr(images, "do_resize", False)
        if not is_fixed or getattr(images, "resample", None) != BICUBIC:
            return None
        return size["width"], size["height"]

    @property
    def control_tokens(self) -> frozenset[str]:
        """Every string that means more than its letters; text from outside may hold none."""
        placeholder = getattr(self.processor, "image_token", None)
        known = {*self.tokenizer.all_special_tokens, *self.tokenizer.get_added_vocab()}
        if placeholder:
            known.add(str(placeholder))
        return frozenset(token for token in known if len(token) > 1)

    @property
    def stop_ids(self) -> frozenset[int]:
        """The ids that end an answer."""
        generation = self.network.generation_config
        ids = None if generation is None else generation.eos_token_id
        several = ids if isinstance(ids, list) else [ids]
        return frozenset({*several, self.tokenizer.eos_token_id} - {None})

    @property
    def end_id(self) -> int:
        """The id that a given answer is ended with."""
        generation = self.network.generation_config
        ids = None if generation is None else generation.eos_token_id
        first = ids[0] if isinstance(ids, list) else ids
        return int(self.tokenizer.eos_token_id if first is None else first)

    @property
    def context_tokens(self) -> int:
        """The longest sequence the decoder was made for."""
        return int(self.network.config.get_text_config().max_position_embeddings)
