"""Configurations of MiniGPT4-Video style models: vision tower, concatenating projector, decoder.

MiniGPT4-Video (arXiv 2404.03413, section 3) joins every 4 adjacent visual tokens into one before a
linear layer takes them to the language model. The tower, the 4 and the decoder are data here.
"""

from typing import Any, Literal

from huggingface_hub.dataclasses import strict
from transformers import AutoConfig, Blip2VisionConfig, PreTrainedConfig

from vidqa.network.concept_columns import COLOURS, PEOPLE


@strict
class ConceptVisionConfig(PreTrainedConfig):
    """A convolutional image classifier whose head is applied at every place of its feature map."""

    model_type = "vidqa_concept_vision"

    architecture: str = "tf_efficientnet_lite0"
    """The name of the classifier in timm."""
    image_size: int = 256
    """Side of the square input, in pixels."""
    hidden_size: int = 1011
    """Width of a visual token: 1,000 classes, then 11 basic colours; 2 more if it sees people."""
    image_mean: float = 127 / 255
    image_std: float = 128 / 255
    """Normalisation of pixels: EfficientNet-lite was trained on (x - 127) / 128 of 8-bit ones
    (TensorFlow TPU repository); the colours are seen before that."""
    cells_per_side: int = 4
    """The map is averaged into this many cells a side, then once more into 2 x 2 quadrants."""
    sees_people: bool = False
    """Whether it looks for people, and takes back what it is not sure of."""
    everyday_names: int = 0
    """Of how many names it may be sure, if so. See `Certain`."""

    @property
    def classes(self) -> int:
        """The number of classes of the classifier."""
        return self.hidden_size - len(COLOURS) - (len(PEOPLE) if self.sees_people else 0)

    @property
    def tokens_per_image(self) -> int:
        """Visual tokens of one image: the cells, then the quadrants."""
        return self.cells_per_side**2 + 4


@strict
class EvaVisionConfig(Blip2VisionConfig):
    """EVA-CLIP ViT-g/14 as MiniGPT4-Video uses it: 39 blocks of 1408, 224 pixels, then a norm."""

    model_type = "vidqa_eva_vision"

    final_norm_eps: float = 1e-5
    """Epsilon of the norm after the last block; norms in blocks have `layer_norm_eps`, 1e-6."""

    @property
    def patches_per_image(self) -> int:
        """Visual tokens of one image, without the class token."""
        assert isinstance(self.image_size, int)
        assert isinstance(self.patch_size, int)
        return (self.image_size // self.patch_size) ** 2


@strict
class VidqaConfig(PreTrainedConfig):
    """Tower, projector and decoder of one model."""

    model_type = "vidqa"
    sub_configs = {  # noqa: RUF012  (transformers reads a plain class attribute)
        "vision_config": AutoConfig,
        "text_config": AutoConfig,
    }

    vision_config: Any = None
    """The tower: any vision model of transformers whose first output is (B, P, D)."""
    text_config: Any = None
    """The decoder: any causal language model of transformers."""
    concat_factor: int = 4
    """Adjacent visual tokens joined into one (the paper's 4)."""
    vision_feature_select_strategy: Literal["default", "full"] = "full"
    """`default` drops the tower's first (CLS) token, `full` keeps all."""
    image_seq_length: int = 5
    """Tokens of one image in the decoder's sequence, after the concatenation."""
    image_token_id: int = 49152
    """Id of the placeholder that projected visual tokens replace."""
    projector_bias: bool = True
    tie_word_embeddings: bool = True
    answer_penalty: float = 1.0
    """Repetition penalty within an answer (see `AnswerPenalty`); 1 has no effect."""

    def __post_init__(self, **kwargs: Any) -> None:
        """Build the parts that were given as plain data, or not given."""
        # by hand: the method of transformers that builds them differs by release (5.17, 5.23)
        self.vision_config = _part(self.vision_config, ConceptVisionConfig.model_type)
        self.text_config = _part(self.text_config, "llama")
        super().__post_init__(**kwargs)

    def validate_sequence(self) -> None:
        """Check that the numbers are consistent.

        Raises:
            ValueError: a count is not positive.

        """
        for name in ("concat_factor", "image_seq_length"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"VidqaConfig: {name} must be at least 1, got {getattr(self, name)}"
                )


def _part(given: Any, model_type: str) -> PreTrainedConfig:
    """Return a part's configuration; `model_type` is used if the data does not name one."""
    if isinstance(given, PreTrainedConfig):
        return given
    data: dict[str, Any] = {"model_type": model_type, **(given or {})}
    return AutoConfig.for_model(**data)
