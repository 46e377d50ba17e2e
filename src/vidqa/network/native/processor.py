"""Pictures and prompts as the network takes them, called as transformers' processors are."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from vidqa.network.native.tokenizer import NativeTokenizer
from vidqa.network.text.chat_template import Message, render_template
from vidqa.network.tokens import IMAGE_TOKEN
from vidqa.system.texts import from_json


class ImageProcessor:
    """Squashes pictures to one size with Pillow, and normalises them."""

    do_resize = True

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.size: Mapping[str, int] = settings["size"]
        self.resample: int = settings["resample"]
        self._scale = float(settings["rescale_factor"])
        self._mean = np.array(settings["image_mean"], dtype=np.float32)
        self._deviation = np.array(settings["image_std"], dtype=np.float32)

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> Tensor:
        """Take pictures (height, width, 3) to (I, 3, H, W)."""
        return torch.from_numpy(np.stack([self._normalised(image) for image in images]))

    def _normalised(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        size = self.size["width"], self.size["height"]
        resample = Image.Resampling(self.resample)
        squashed = np.asarray(Image.fromarray(image).resize(size, resample=resample))
        # scaled in double precision, as the weights were trained
        scaled = (squashed.astype(np.float64) * self._scale).astype(np.float32)
        normalised = (scaled - self._mean) / self._deviation
        return np.ascontiguousarray(normalised.transpose(2, 0, 1))


class NativeProcessor:
    """An image processor and a tokenizer; `<image>` becomes `image_seq_length` placeholders."""

    image_token = IMAGE_TOKEN

    def __init__(self, folder: Path) -> None:
        """Read it from a `save_pretrained` folder."""
        settings = from_json((folder / "processor_config.json").read_text(encoding="utf-8"))
        self.image_seq_length = int(settings["image_seq_length"])
        self._tells_sizes = bool(settings.get("tells_image_sizes", False))
        self.image_processor = ImageProcessor(settings["image_processor"])
        self.tokenizer = NativeTokenizer(folder)
        self.chat_template = (folder / "chat_template.jinja").read_text(encoding="utf-8")

    def __call__(
        self,
        *,
        text: Sequence[str],
        images: Sequence[Sequence[NDArray[np.uint8]]],
        images_kwargs: Mapping[str, object],
        text_kwargs: Mapping[str, object],
        return_tensors: str,
    ) -> Mapping[str, Tensor]:
        """Take one text with placeholders and its pictures to `input_ids` and `pixel_values`.

        Where the tower wants them, `image_sizes` (I, 2) are the pictures' heights and widths.
        """
        (words,), (pictures,) = text, images
        whole = words.replace(self.image_token, self.image_token * self.image_seq_length)
        ids = self.tokenizer(whole, add_special_tokens=False, return_tensors="pt").input_ids
        inputs = {"input_ids": ids, "pixel_values": self.image_processor(pictures)}
        if self._tells_sizes:
            inputs["image_sizes"] = torch.tensor([picture.shape[:2] for picture in pictures])
        return inputs

    def apply_chat_template(
        self,
        messages: Sequence[Message],
        *,
        chat_template: str | None = None,
        tokenize: bool = False,
        **variables: Any,
    ) -> str:
        """Return the text of a conversation, with placeholders for images."""
        tokens = self.tokenizer.special_tokens_map
        return render_template(
            chat_template or self.chat_template, messages, {**tokens, **variables}
        )
