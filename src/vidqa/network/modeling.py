"""MiniGPT4-Video as a transformers model: tower, concatenating projector, decoder.

Letters in shapes: B batch, I images, P patches, k tokens joined, T tokens, D width, V vocabulary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, GenerationMixin, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils.generic import ModelOutput

from vidqa.network.configuration import VidqaConfig
from vidqa.network.projector import ConcatProjector
from vidqa.system.footprint import TOWER_BATCH_IMAGES


@dataclass
class VidqaOutput(ModelOutput):
    """Logits (B, T, V), the mean loss when labels were given, and the KV cache."""

    loss: Tensor | None = None
    logits: Tensor | None = None
    past_key_values: Cache | None = None


class VidqaPreTrainedModel(PreTrainedModel):
    """The base class: tells transformers how to load and split the model, and how it attends."""

    config: VidqaConfig
    config_class = VidqaConfig
    base_model_prefix = "model"
    input_modalities = ["image", "text"]  # noqa: RUF012  (read as a plain list)
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_attention_backend = True
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012  (read as a plain list)


class VidqaModel(VidqaPreTrainedModel):
    """Tower, projector and the decoder without its head."""

    def __init__(self, config: VidqaConfig) -> None:
        super().__init__(config)
        self.vision_tower = AutoModel.from_config(config.vision_config)
        self.projector = ConcatProjector(
            concat_factor=config.concat_factor,
            vision_width=config.vision_config.hidden_size,
            text_width=config.text_config.hidden_size,
            bias=config.projector_bias,
        )
        self.language_model = AutoModel.from_config(config.text_config)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """Return the decoder's word embedding."""
        return self.language_model.get_input_embeddings()

    def get_image_features(
        self, pixel_values: Tensor, image_sizes: Tensor | None = None, **_: object
    ) -> BaseModelOutputWithPooling:
        """Encode and project images.

        Args:
            pixel_values: (I, 3, H, W), normalised.
            image_sizes: (I, 2), height and width before, for towers that want to know them.

        Returns:
            `last_hidden_state` (I, P, D) and `pooler_output`, I tensors (P/k, text width).

        """
        dtype = self.projector.linear.weight.dtype
        batches = pixel_values.split(TOWER_BATCH_IMAGES)
        told = [dict[str, Tensor]() for _ in batches]
        if image_sizes is not None:
            told = [{"image_sizes": few} for few in image_sizes.split(TOWER_BATCH_IMAGES)]
        tokens = torch.cat(
            [
                self.vision_tower(pixel_values=batch.to(dtype), **sizes).last_hidden_state
                for batch, sizes in zip(batches, told, strict=True)
            ]
        )  # (I, P, D)
        if self.config.vision_feature_select_strategy == "default":
            tokens = tokens[:, 1:]  # (I, P-1, D)
        projected = self.projector(tokens.to(dtype))  # (I, P/k, text width)
        parts: Any = tuple(projected.unbind(0))  # one tensor an image, as the other families do
        return BaseModelOutputWithPooling(last_hidden_state=tokens, pooler_output=parts)

    def embed(self, input_ids: Tensor, image_tokens: Tensor | None) -> Tensor:
        """Embed the words and put the visual tokens at their placeholders.

        Args:
            input_ids: (B, T), `image_token_id` at every visual token's place.
            image_tokens: (N, D) in reading order, or None where there are no images.

        Returns:
            (B, T, D).

        Raises:
            ValueError: the number of placeholders is not N.

        """
        is_image = input_ids == self.config.image_token_id  # (B, T)
        wanted, given = int(is_image.sum()), 0 if image_tokens is None else image_tokens.shape[0]
        if wanted != given:
            raise ValueError(f"VidqaModel: {wanted} image places but {given} visual tokens")
        # the placeholder lies outside the vocabulary: look up any word there, it is replaced
        words: Tensor = self.get_input_embeddings()(input_ids.masked_fill(is_image, 0))  # (B, T, D)
        if image_tokens is None:
            return words
        return words.masked_scatter(is_image.unsqueeze(-1), image_tokens.to(words))

    def forward(
        self,
        input_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        mm_encoder_outputs: Mapping[str, Any] | None = None,
        image_sizes: Tensor | None = None,
        **kwargs: Any,
    ) -> Any:
        """Run the decoder over words and pictures: last_hidden_state (B, T, D) and the KV cache.

        Raises:
            ValueError: both or neither of `input_ids` and `inputs_embeds`, pixels and encoded
                pictures at once, or a wrong number of placeholders.

        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("VidqaModel: give either input_ids or inputs_embeds")
        if pixel_values is not None and mm_encoder_outputs:
            raise ValueError("VidqaModel: give either pixel_values or mm_encoder_outputs")
        if input_ids is not None:
            images = (mm_encoder_outputs or {}).get("image")
            if pixel_values is not None:
                images = self.get_image_features(pixel_values, image_sizes)
            tokens = None if images is None else torch.cat(list(images.pooler_output), dim=0)
            inputs_embeds = self.embed(input_ids, tokens)
        return self.language_model(
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            **kwargs,
        )


class VidqaForConditionalGeneration(VidqaPreTrainedModel, GenerationMixin):
    """The whole model, with the decoder's head."""

    _tied_weights_keys = {  # noqa: RUF012  (transformers reads a plain dict)
        "lm_head.weight": "model.language_model.embed_tokens.weight"
    }

    def __init__(self, config: VidqaConfig) -> None:
        super().__init__(config)
        self.model = VidqaModel(config)
        self.lm_head = nn.Linear(
            config.text_config.hidden_size, config.text_config.vocab_size, bias=False
        )
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """Return the decoder's word embedding."""
        return self.model.get_input_embeddings()

    def get_output_embeddings(self) -> nn.Module:
        """Return the decoder's head."""
        return self.lm_head

    def get_image_features(
        self, pixel_values: Tensor, image_sizes: Tensor | None = None, **kwargs: object
    ) -> Any:
        """Encode and project images. See `VidqaModel.get_image_features`."""
        return self.model.get_image_features(pixel_values, image_sizes, **kwargs)

    def forward(
        self,
        input_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        logits_to_keep: int = 0,
        mm_encoder_outputs: Mapping[str, Any] | None = None,
        image_sizes: Tensor | None = None,
        **kwargs: Any,
    ) -> VidqaOutput:
        """Compute the logits of the next token at every position.

        Args:
            input_ids: (B, T), placeholders included.
            pixel_values: (I, 3, H, W), the images of the whole batch in reading order.
            attention_mask: (B, T so far), 1 where there is a token.
            position_ids: (B, T).
            past_key_values: the KV cache to read and extend.
            inputs_embeds: (B, T, D), instead of `input_ids`.
            labels: (B, T), -100 for tokens without loss; not shifted.
            logits_to_keep: how many last positions get logits; 0 means all.
            mm_encoder_outputs: `{"image": get_image_features(...)}` computed before.
            image_sizes: see `get_image_features`.
            **kwargs: handed to the decoder.

        Returns:
            Logits (B, T, V) and the cache; the mean cross entropy over the labels.

        """
        outputs = self.model(
            input_ids=input_ids,
            pixel_values=pixel_values,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            mm_encoder_outputs=mm_encoder_outputs,
            image_sizes=image_sizes,
            **kwargs,
        )
        hidden = outputs.last_hidden_state[:, -logits_to_keep:]  # (B, T, D); -0 keeps all
        logits = self.lm_head(hidden)  # (B, T, V)
        loss = None if labels is None else _loss(logits, labels)
        return VidqaOutput(loss=loss, logits=logits, past_key_values=outputs.past_key_values)


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross entropy of the next tokens, (B, T, V) and (B, T) to a number."""
    said = logits[:, :-1].float().flatten(0, 1)
    return functional.cross_entropy(said, labels[:, 1:].flatten(), ignore_index=-100)
