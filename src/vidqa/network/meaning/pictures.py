"""Encode what texts and pictures mean, side by side: a vision-language model's last state.

Li et al., "Qwen3-VL-Embedding and Qwen3-VL-Reranker", arXiv 2601.04720: an instruction as the
system's turn, what is encoded as the user's, and the last layer's state at the last token.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import AutoModel

from vidqa.errors import ModelDamagedError
from vidqa.network.loaded import Loaded
from vidqa.network.loading import load_processor, without_bars
from vidqa.network.reading import reading
from vidqa.prompt.interleave import neutralize

Array = NDArray[np.float32]
HEAD = "lm_head."
"""Weights that name the next token, which an embedding does not need."""


class PictureEncoder:
    """Embeds texts and pictures: a picture points to nearly where a text about it does."""

    def __init__(
        self, loaded: Loaded, *, most_tokens: int, images_kwargs: Mapping[str, object]
    ) -> None:
        """Take a network and its processor.

        Args:
            loaded: the network without a head.
            most_tokens: tokens of a text that are read.
            images_kwargs: handed to the image processor.

        """
        self._loaded, self._most_tokens = loaded, most_tokens
        self._images_kwargs = dict(images_kwargs)

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return int(self._loaded.network.config.get_text_config().hidden_size)

    def embed(self, texts: Sequence[str], before: str = "") -> Array:
        """Embed texts.

        Args:
            texts: marks that mean something to the model are broken up in them.
            before: the instruction.

        Returns:
            One row of length 1 for each, (texts, width).

        """
        plain = (neutralize(text, self._loaded.control_tokens) for text in texts)
        return self._rows([{"type": "text", "text": self._cut(text)} for text in plain], before)

    def embed_pictures(self, pictures: Sequence[NDArray[np.uint8]], before: str = "") -> Array:
        """Embed pictures.

        Args:
            pictures: (height, width, 3) each, of any size.
            before: the instruction.

        Returns:
            One row of length 1 for each, (pictures, width).

        """
        shown = [{"type": "image", "image": Image.fromarray(one)} for one in pictures]
        return self._rows(shown, before)

    def _rows(self, items: Sequence[Mapping[str, object]], before: str) -> Array:
        rows = [self._row(item, before) for item in items]
        return np.stack(rows) if rows else np.zeros((0, self.width), np.float32)

    @torch.inference_mode()
    def _row(self, item: Mapping[str, object], before: str) -> Array:
        """Embed one text or picture, alone, so that it does not depend on the others."""
        turns = [
            {"role": "system", "content": [{"type": "text", "text": before}]},
            {"role": "user", "content": [item]},
        ]
        inputs = self._loaded.processor.apply_chat_template(
            turns,
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"images_kwargs": self._images_kwargs},
        ).to(self._loaded.network.device)
        states = self._loaded.network(**inputs, use_cache=False).last_hidden_state  # (1, T, D)
        row = torch.nn.functional.normalize(states[0, -1].float(), dim=0)
        encoded: Array = row.cpu().numpy()
        return encoded

    def _cut(self, text: str) -> str:
        ids = self._loaded.encode(text)
        if len(ids) <= self._most_tokens:
            return text
        return str(self._loaded.tokenizer.decode(ids[: self._most_tokens]))


def load_picture_encoder(
    folder: Path,
    *,
    device: str,
    dtype: str,
    most_tokens: int,
    images_kwargs: Mapping[str, object],
) -> PictureEncoder:
    """Load a verified folder, as written by `save_pretrained`, with or without a head.

    Args:
        folder: holds a model that looks at pictures, and its processor.
        device: a torch device.
        dtype: the name of a torch number format.
        most_tokens: tokens of a text that are read.
        images_kwargs: handed to the image processor.

    Raises:
        ModelUnsupportedError: it does not look at pictures, or this transformers has no class.
        ModelDamagedError: a file cannot be read, or a tensor is missing or left over.

    """
    processor = load_processor(folder)
    with reading(folder), without_bars():
        network, report = AutoModel.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    odd = _odd(report)
    if odd:
        raise ModelDamagedError(f"the weights in {folder} do not fit the model: {odd[0]}")
    network = network.to(device).eval()
    return PictureEncoder(
        Loaded(network, processor), most_tokens=most_tokens, images_kwargs=images_kwargs
    )


def _odd(report: Mapping[str, Any]) -> list[str]:
    """Return names of tensors that are missing, left over or of another shape."""
    names = sorted(str(name) for names in report.values() for name in names)
    return [name for name in names if not name.startswith(HEAD)]
