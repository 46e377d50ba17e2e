"""Turn frames and words into the model's inputs, with transformers' processor interface."""

from typing import Any

import numpy as np
import torch
from transformers import BatchFeature, ProcessorMixin
from transformers.image_utils import get_image_size, make_flat_list_of_images

from vidqa.network.tokens import IMAGE_TOKEN


class VidqaProcessor(ProcessorMixin):
    """An image processor and a tokenizer; `<image>` becomes `image_seq_length` placeholders."""

    valid_kwargs = ("image_seq_length", "tells_image_sizes")

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        image_seq_length: int = 5,
        chat_template: str | None = None,
        tells_image_sizes: bool = False,
        **_: Any,
    ) -> None:
        self.image_seq_length = image_seq_length
        self.tells_image_sizes = tells_image_sizes
        self.image_token = IMAGE_TOKEN
        self.image_token_id = tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)
        super().__init__(image_processor, tokenizer, chat_template=chat_template)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Load with Pillow's bicubic, as in training; torchvision's is a grey level off."""
        return super().from_pretrained(
            pretrained_model_name_or_path, **{"backend": "pil", **kwargs}
        )

    def __call__(self, images: Any = None, text: Any = None, **kwargs: Any) -> BatchFeature:
        """Return the inputs; with `image_sizes` (I, 2), height and width, if the tower wants them.

        Args:
            images: pictures, as arrays (height, width, 3) or of Pillow, nested or not.
            text: with placeholders.
            **kwargs: as of every processor.

        """
        inputs: BatchFeature = super().__call__(images=images, text=text, **kwargs)
        if self.tells_image_sizes and images is not None:
            pictures: Any = make_flat_list_of_images(images)
            told = {**kwargs, **kwargs.get("images_kwargs", {})}.get("input_data_format")
            sizes = [_height_and_width(one, told) for one in pictures]
            inputs["image_sizes"] = torch.tensor(sizes).reshape(-1, 2)
        return inputs

    def replace_image_token(self, image_inputs: dict[str, Any], image_idx: int, **_: Any) -> str:
        """Return the placeholders of one image."""
        return self.image_token * self.image_seq_length


def _height_and_width(picture: Any, data_format: Any) -> tuple[int, int]:
    if not hasattr(picture, "shape"):
        width, height = picture.size
        return height, width
    height, width = get_image_size(np.asarray(picture), data_format)
    return height, width
