"""The paper's tower: EVA-CLIP ViT-g/14, whose residual stream stays in fp32.

transformers has the same network as a part of BLIP-2, but runs all of it in one number format. The
authors multiply matrices in half precision and add in fp32, as here.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import Blip2VisionModel
from transformers.modeling_outputs import BaseModelOutput
from transformers.models.blip_2.modeling_blip_2 import Blip2EncoderLayer, Blip2VisionEmbeddings

from vidqa.network.configuration import EvaVisionConfig


class Float32Norm(nn.LayerNorm):
    """A LayerNorm that computes and returns fp32."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  (the name in torch)
        """Normalise (..., D) of any format to (..., D) in fp32."""
        weight, bias = self.weight.float(), self.bias.float()
        return functional.layer_norm(input.float(), self.normalized_shape, weight, bias, self.eps)


class EvaEmbeddings(Blip2VisionEmbeddings):
    """Patches, class token and positions, added up in fp32."""

    def forward(self, pixel_values: Tensor, interpolate_pos_encoding: bool = False) -> Tensor:
        """Embed (B, 3, H, W) as (B, 1 + P, D) in fp32."""
        weight = self.patch_embedding.weight
        patches = self.patch_embedding(pixel_values.to(weight.dtype)).float()  # (B, D, h, w)
        patches = patches.flatten(2).transpose(1, 2)  # (B, P, D)
        first = self.class_embedding.float().expand(len(patches), 1, -1)  # (B, 1, D)
        tokens = torch.cat([first, patches], dim=1)  # (B, 1 + P, D)
        return tokens + self.position_embedding.float()


class EvaLayer(Blip2EncoderLayer):
    """A pre-norm block: matrices multiply in their own format, sums are in fp32."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.layer_norm1 = Float32Norm(self.embed_dim, eps=config.layer_norm_eps)
        self.layer_norm2 = Float32Norm(self.embed_dim, eps=config.layer_norm_eps)

    def forward(self, hidden_states: Tensor, **kwargs: Any) -> Tensor:
        """Run the residual stream (B, 1 + P, D) through the block; fp32 in and out."""
        dtype = self.mlp.fc1.weight.dtype
        attended, _ = self.self_attn(self.layer_norm1(hidden_states).to(dtype), **kwargs)
        hidden_states = hidden_states + attended.float()
        return hidden_states + self.mlp(self.layer_norm2(hidden_states).to(dtype)).float()


class EvaVisionModel(Blip2VisionModel):
    """EVA ViT followed by a norm; the class token comes first."""

    config: EvaVisionConfig
    config_class = EvaVisionConfig
    base_model_prefix = "vision_tower"
    _no_split_modules = ["EvaLayer", "EvaEmbeddings"]  # noqa: RUF012  (read as a plain list)
    _keep_in_fp32_modules_strict = [  # noqa: RUF012  (read as a plain list)
        "class_embedding",
        "position_embedding",
        "layer_norm1",
        "layer_norm2",
        "post_layernorm",
    ]

    def __init__(self, config: EvaVisionConfig) -> None:
        super().__init__(config)
        self.embeddings = EvaEmbeddings(config)
        self.encoder.layers = nn.ModuleList(
            EvaLayer(config) for _ in range(config.num_hidden_layers)
        )
        self.post_layernorm = Float32Norm(config.hidden_size, eps=config.final_norm_eps)
        self.post_init()

    def forward(self, pixel_values: Tensor, **kwargs: Any) -> BaseModelOutput:
        """Encode images.

        Args:
            pixel_values: (B, 3, H, W), normalised.
            **kwargs: handed to the attention.

        Returns:
            `last_hidden_state` (B, 1 + P, D) in fp32.

        """
        stream = self.embeddings(pixel_values)  # (B, 1 + P, D)
        for layer in self.encoder.layers:
            stream = layer(stream, **kwargs)
        return BaseModelOutput(last_hidden_state=self.post_layernorm(stream))
