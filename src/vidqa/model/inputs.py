"""From a conversation in the model's own template to ids and visual tokens.

The template is rendered once around a mark that stands for the question. What comes before the
mark is the video's prefix, the same for every question; what comes after it closes the turn.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import ProcessorMixin

from vidqa.model.loading import Loaded

QUESTION_MARK = "\ue000question\ue000"
"""Stands for the question while the template is rendered (Unicode private use area)."""

NOT_PICTURES = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")
"""What a processor returns that is about the text."""


class Turn:
    """The user's turn as text, split where the question goes."""

    def __init__(
        self, processor: ProcessorMixin, content: Callable[[str], list[dict[str, str]]]
    ) -> None:
        messages: Any = [{"role": "user", "content": content(QUESTION_MARK)}]
        rendered = processor.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        before, mark, after = rendered.partition(QUESTION_MARK)
        assert mark, "the chat template left the question out"
        self.prefix_text: str = before
        """Everything up to the question; one placeholder an image."""
        self.suffix_text: str = after
        """What closes the turn and opens the answer."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """A clip's prefix: its ids and its encoded frames."""

    input_ids: Tensor
    """(1, T), N placeholders among them."""
    visual_tokens: Tensor
    """(N, D), projected into the decoder's width, in reading order."""


@dataclass(frozen=True, slots=True)
class PromptIds:
    """One question behind a prefix."""

    question_ids: Tensor
    """(1, T): the question and what closes the turn."""
    tokens: int
    """Of the whole prompt."""
    text: str
    """The whole prompt as the template rendered it."""


@torch.inference_mode()
def encode_frames(
    loaded: Loaded,
    prefix_text: str,
    frames: Sequence[NDArray[np.uint8]],
    image_kwargs: Mapping[str, object],
) -> Pictures:
    """Tokenize the prefix and run every frame through tower and projector, once.

    Args:
        loaded: network and processor.
        prefix_text: one placeholder a frame.
        frames: (height, width, 3) each.
        image_kwargs: handed to the image processor.

    """
    device = loaded.network.device
    inputs: Mapping[str, Any] = loaded.processor(
        text=[prefix_text],
        images=[list(frames)],
        return_tensors="pt",
        text_kwargs={"add_special_tokens": False},
        images_kwargs={"input_data_format": "channels_last", **image_kwargs},
    )
    pixels = {name: value.to(device) for name, value in inputs.items() if name not in NOT_PICTURES}
    network: Any = loaded.network
    encoded = network.get_image_features(**pixels)
    tokens = torch.cat([part.flatten(0, -2) for part in encoded.pooler_output])  # (N, D)
    return Pictures(inputs["input_ids"].to(device), tokens)


def tokenize_prompt(loaded: Loaded, turn: Turn, question: str, prefix_ids: Tensor) -> PromptIds:
    """Tokenize a question and the close of the turn apart from the prefix, so that it stays."""
    tail = question + turn.suffix_text
    ids = loaded.tokenizer(tail, add_special_tokens=False, return_tensors="pt").input_ids
    return PromptIds(
        question_ids=ids.to(prefix_ids.device),
        tokens=prefix_ids.shape[1] + ids.shape[1],
        text=turn.prefix_text + tail,
    )
