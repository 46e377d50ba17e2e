"""Configurations of models that run on vidqa's own modules: a Llama behind the concept tower."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import VidqaError
from vidqa.network.concept_columns import COLOURS, PEOPLE
from vidqa.system.texts import from_json

ARCHITECTURE = "tf_efficientnet_lite0"
"""The classifier in the tower, by timm's name."""
IMAGE_PROCESSORS = ("ViTImageProcessor", "ViTImageProcessorPil")
TOKENIZERS = ("TokenizersBackend", "PreTrainedTokenizerFast")
"""Classes of transformers whose tokenizers are told by `tokenizer.json` alone."""
FILTERS = tuple(range(6))
"""Pillow's numbers of them."""
PLAIN_LLAMA: Mapping[str, Any] = {
    "model_type": "llama",
    "hidden_act": "silu",
    "attention_bias": False,
    "mlp_bias": False,
    "pretraining_tp": 1,
    "tie_word_embeddings": True,
    "quantization_config": None,
}
"""What a decoder's configuration must say, or leave out."""
FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "model.safetensors")
FOLDERS = ("adapter",)
"""Parts that only transformers loads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig:
    """A Llama decoder, by transformers' names."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rms_norm_eps: float
    rope_theta: float
    max_position_embeddings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionConfig:
    """The concept tower. See `network.configuration.ConceptVisionConfig`."""

    classes: int
    hidden_size: int
    """Width of a visual token: the classes, the basic colours, and people if it sees them."""
    image_size: int
    image_mean: float
    image_std: float
    cells_per_side: int
    sees_people: bool
    everyday_names: int

    @property
    def tokens_per_image(self) -> int:
        """Visual tokens of one image: the cells, then the quadrants."""
        return self.cells_per_side**2 + 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeConfig:
    """Tower, projector and decoder of one model."""

    vision_config: VisionConfig
    text_config: TextConfig
    concat_factor: int
    image_seq_length: int
    image_token_id: int
    projector_bias: bool
    answer_penalty: float
    eos_token_id: Any
    """The id, or ids, that end an answer, of the generation's configuration."""

    def get_text_config(self) -> TextConfig:
        """Return the decoder's configuration, as transformers' classes do."""
        return self.text_config


def read_native(folder: Path) -> NativeConfig | None:
    """Read the configuration of a model that runs on vidqa's own modules.

    Returns:
        None for every other model, and for one that cannot be read: transformers says why.

    """
    if not all((folder / name).is_file() for name in FILES):
        return None
    if any((folder / name).exists() for name in FOLDERS):
        return None
    try:
        config, processor, tokenizer, generation = (
            from_json((folder / name).read_text(encoding="utf-8"))
            for name in (
                "config.json",
                "processor_config.json",
                "tokenizer_config.json",
                "generation_config.json",
            )
        )
        is_native = _is_native(config) and _is_plain(processor, tokenizer)
        return _config(config, generation.get("eos_token_id")) if is_native else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, VidqaError):
        return None


def _is_native(config: Mapping[str, Any]) -> bool:
    vision, text = config["vision_config"], config["text_config"]
    return (
        config["model_type"] == "vidqa"
        and config.get("vision_feature_select_strategy", "full") == "full"
        and config.get("tie_word_embeddings", True) is True
        and config.get("quantization_config") is None
        and vision["model_type"] == "vidqa_concept_vision"
        and vision.get("architecture", ARCHITECTURE) == ARCHITECTURE
        and all(text.get(name, value) == value for name, value in PLAIN_LLAMA.items())
        and _rope(text)["rope_type"] == "default"
    )


def _is_plain(processor: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> bool:
    images = processor["image_processor"]
    return (
        processor["processor_class"] == "VidqaProcessor"
        and images["image_processor_type"] in IMAGE_PROCESSORS
        and images["do_resize"] is images["do_rescale"] is images["do_normalize"] is True
        and images["resample"] in FILTERS
        and set(images["size"]) == {"height", "width"}
        and tokenizer["tokenizer_class"] in TOKENIZERS
    )


def _rope(text: Mapping[str, Any]) -> Mapping[str, Any]:
    rope: Mapping[str, Any] = text["rope_parameters"]
    return rope


def _config(config: Mapping[str, Any], eos_token_id: Any) -> NativeConfig:
    text, vision = config["text_config"], config["vision_config"]
    heads = int(text["num_attention_heads"])
    sees_people = bool(vision.get("sees_people", False))
    return NativeConfig(
        vision_config=VisionConfig(
            classes=int(vision["hidden_size"]) - len(COLOURS) - sees_people * len(PEOPLE),
            hidden_size=int(vision["hidden_size"]),
            image_size=int(vision["image_size"]),
            image_mean=float(vision["image_mean"]),
            image_std=float(vision["image_std"]),
            cells_per_side=int(vision["cells_per_side"]),
            sees_people=sees_people,
            everyday_names=int(vision.get("everyday_names", 0)),
        ),
        text_config=TextConfig(
            vocab_size=int(text["vocab_size"]),
            hidden_size=int(text["hidden_size"]),
            intermediate_size=int(text["intermediate_size"]),
            num_hidden_layers=int(text["num_hidden_layers"]),
            num_attention_heads=heads,
            num_key_value_heads=int(text.get("num_key_value_heads") or heads),
            head_dim=int(text.get("head_dim") or int(text["hidden_size"]) // heads),
            rms_norm_eps=float(text["rms_norm_eps"]),
            rope_theta=float(_rope(text)["rope_theta"]),
            max_position_embeddings=int(text["max_position_embeddings"]),
        ),
        concat_factor=int(config["concat_factor"]),
        image_seq_length=int(config["image_seq_length"]),
        image_token_id=int(config["image_token_id"]),
        projector_bias=bool(config["projector_bias"]),
        answer_penalty=float(config["answer_penalty"]),
        eos_token_id=eos_token_id,
    )
