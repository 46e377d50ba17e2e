"""From frames and words to the model's inputs, behind transformers' processor interface."""

from typing import Any

from transformers import ProcessorMixin

IMAGE_TOKEN = "<image>"
"""Stands for one whole image in a prompt, and for one visual token in the ids."""


class VidqaProcessor(ProcessorMixin):
    """Image processor and tokenizer; every `<image>` becomes `image_seq_length` placeholders."""

    valid_kwargs = ("image_seq_length",)

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        image_seq_length: int = 5,
        chat_template: str | None = None,
        **_: Any,
    ) -> None:
        self.image_seq_length = image_seq_length
        self.image_token = IMAGE_TOKEN
        self.image_token_id = tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)
        super().__init__(image_processor, tokenizer, chat_template=chat_template)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Load with Pillow's bicubic; torchvision's is a grey level off what we trained with."""
        return super().from_pretrained(
            pretrained_model_name_or_path, **{"backend": "pil", **kwargs}
        )

    def replace_image_token(self, image_inputs: dict[str, Any], image_idx: int, **_: Any) -> str:
        """The placeholders of one image."""
        return self.image_token * self.image_seq_length
