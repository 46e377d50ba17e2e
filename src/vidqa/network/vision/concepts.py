"""The starter's tower: ImageNet class probabilities, colours and people at every place."""

import timm
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from vidqa.network.configuration import ConceptVisionConfig
from vidqa.network.vision.certain import Certain
from vidqa.network.vision.faces import FaceDetector
from vidqa.network.vision.places import concept_tokens


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
        self.faces = FaceDetector() if config.sees_people else None
        self.certain = (
            Certain(config.classes, config.everyday_names, config.tokens_per_image)
            if config.sees_people
            else None
        )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Leave timm's own initialisation as it is."""

    def forward(
        self, pixel_values: Tensor, image_sizes: Tensor | None = None, **_: object
    ) -> BaseModelOutput:
        """Return `last_hidden_state` (B, P, D). See `concept_tokens`.

        Args:
            pixel_values: (B, 3, H, W), normalised.
            image_sizes: (B, 2), height and width before images were squashed; squares if None.

        """
        config = self.config
        seen = concept_tokens(
            self.classifier.forward_features(pixel_values),
            self.classifier.get_classifier(),
            pixel_values,
            image_mean=config.image_mean,
            image_std=config.image_std,
            cells_per_side=config.cells_per_side,
            faces=self.faces,
            certain=self.certain,
            image_sizes=image_sizes,
        )
        return BaseModelOutput(last_hidden_state=seen)
