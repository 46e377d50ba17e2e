"""Turn frames and words into the model's inputs, with transformers' processor interface."""

from typing import Any

from transformers import ProcessorMixin

from vidqa.network.tokens import IMAGE_TOKEN


class VidqaProcessor(ProcessorMixin):
    """An image processor and a tokenizer; `<image>` becomes `image_seq_length` placeholders."""

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
        """Load with Pillow's bicubic, as in training; torchvision's is a grey level off."""
        return super().from_pretrained(
            pretrained_model_name_or_path, **{"backend": "pil", **kwargs}
        )

    def replace_image_token(self, image_inputs: dict[str, Any], image_idx: int, **_: Any) -> str:
        """Return the placeholders of one image."""
        return self.image_token * self.image_seq_length
