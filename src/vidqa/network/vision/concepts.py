"""The starter's tower: ImageNet class probabilities and colours at every place of a frame."""

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from vidqa.network.configuration import ConceptVisionConfig
from vidqa.network.vision.colours import colour_shares


class ConceptVisionModel(PreTrainedModel):
    """Class probabilities and shares of colours as visual tokens.

    4 x 4 cells row by row, then 2 x 2 quadrants.
    """

    config: ConceptVisionConfig
    config_class = ConceptVisionConfig
    base_model_prefix = "vision_tower"
    main_input_name = "pixel_values"
    input_modalities = "image"
    _no_split_modules = ["InvertedResidual"]  # noqa: RUF012  (transformers reads a plain list)

    def __init__(self, config: ConceptVisionConfig) -> None:
        super().__init__(config)
        self.classifier = timm.create_model(
            config.architecture, pretrained=False, num_classes=config.classes
        )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Leave timm's own initialisation as it is."""

    def forward(self, pixel_values: Tensor, **_: object) -> BaseModelOutput:
        """Classify every place of the images, and measure its colours.

        Args:
            pixel_values: (B, 3, H, W), normalised.

        Returns:
            `last_hidden_state` (B, P, D): P places; the class probabilities, which sum to 1,
            then the shares of the colours, which sum to 1.

        """
        features = self.classifier.forward_features(pixel_values)  # (B, C, h, w)
        places = self._places(features)  # (B, P, C)
        logits = self.classifier.get_classifier()(places)  # (B, P, V)
        # softmax in fp32: in bf16 a thousand small probabilities do not sum to 1
        probabilities = logits.float().softmax(dim=-1)
        pixels = pixel_values.float() * self.config.image_std + self.config.image_mean
        colours = self._places(colour_shares(pixels, self.config.cells_per_side))  # (B, P, 11)
        seen = torch.cat([probabilities, colours], dim=-1).to(pixel_values.dtype)  # (B, P, D)
        return BaseModelOutput(last_hidden_state=seen)

    def _places(self, features: Tensor) -> Tensor:
        """Average (B, C, h, w) over the cells, then over the quadrants, to (B, P, C)."""
        cells = functional.adaptive_avg_pool2d(features, self.config.cells_per_side)
        quadrants = functional.adaptive_avg_pool2d(features, 2)
        return torch.cat([cells.flatten(2), quadrants.flatten(2)], dim=2).transpose(1, 2)
