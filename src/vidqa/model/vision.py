"""The starter's tower: an ImageNet classifier that names what it sees at every place."""

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from vidqa.model.configuration import ConceptVisionConfig


class ConceptVisionModel(PreTrainedModel):
    """Class probabilities as visual tokens: 4 x 4 cells row by row, then 2 x 2 quadrants."""

    config: ConceptVisionConfig
    config_class = ConceptVisionConfig
    base_model_prefix = "vision_tower"
    main_input_name = "pixel_values"
    input_modalities = "image"
    _no_split_modules = ["InvertedResidual"]  # noqa: RUF012  (transformers reads a plain list)

    def __init__(self, config: ConceptVisionConfig) -> None:
        super().__init__(config)
        self.classifier = timm.create_model(
            config.architecture, pretrained=False, num_classes=config.hidden_size
        )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Leave timm's own initialisation as it is."""

    def forward(self, pixel_values: Tensor, **_: object) -> BaseModelOutput:
        """Name what is seen at every place.

        Args:
            pixel_values: (B, 3, H, W), normalised.

        Returns:
            `last_hidden_state` (B, P, V): P places, V class probabilities each, summing to 1.

        """
        features = self.classifier.forward_features(pixel_values)  # (B, D, h, w)
        side = self.config.cells_per_side
        cells = functional.adaptive_avg_pool2d(features, side)  # (B, D, 4, 4)
        quadrants = functional.adaptive_avg_pool2d(features, 2)  # (B, D, 2, 2)
        places = torch.cat([cells.flatten(2), quadrants.flatten(2)], dim=2)  # (B, D, P)
        logits = self.classifier.get_classifier()(places.transpose(1, 2))  # (B, P, V)
        # softmax in fp32: in bf16 a thousand small probabilities do not sum to 1
        probabilities = logits.float().softmax(dim=-1).to(pixel_values.dtype)
        return BaseModelOutput(last_hidden_state=probabilities)
