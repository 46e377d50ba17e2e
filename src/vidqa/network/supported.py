"""Check that vidqa can run a model: a native transformers class that takes encoded pictures."""

import inspect
from pathlib import Path
from typing import Any

import transformers
from transformers import AutoConfig, PreTrainedModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING

from vidqa.errors import ModelDamagedError, ModelUnsupportedError
from vidqa.network.reading import reading
from vidqa.network.registration import register
from vidqa.system.texts import from_json

PROCESSORS = ("processor_config.json", "preprocessor_config.json")
"""Files of which one configures the preprocessing of pictures."""
CONFIGURED = ("image_token_id", "vision_config")
BOTH_WAYS = "token_type_ids"
"""The argument of classes whose attention within a picture is not causal."""
ENCODED = "mm_encoder_outputs"
"""The argument that takes pictures encoded before."""


def require_supported(folder: Path) -> None:
    """Check a folder's configuration before anything in it is loaded.

    Raises:
        ModelUnsupportedError: no model, no processor, a class of another kind, one that this
            transformers does not have, or one that would need code from the folder to run.
        ModelDamagedError: the configuration cannot be read.

    """
    require_class(folder / "config.json")
    if not any((folder / name).is_file() for name in PROCESSORS):
        raise ModelUnsupportedError(
            f"{folder} has no processor: neither {' nor '.join(PROCESSORS)}",
            hint="save it there, too: processor.save_pretrained(folder)",
        )


def require_class(file: Path) -> None:
    """Check a configuration alone. Raises as `require_supported` does.

    Args:
        file: the `config.json` of a model.

    """
    register()
    folder, values = file.parent, _read_config(file)
    kind = values.get("model_type")
    if kind not in CONFIG_MAPPING:
        raise ModelUnsupportedError(_unknown(folder, values))
    with reading(folder):
        config: Any = AutoConfig.from_pretrained(folder, local_files_only=True)
    if type(config) not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        raise ModelUnsupportedError(f"the model in {folder} ({kind}) does not look at pictures")


def require_encoded_pictures(network: PreTrainedModel) -> None:
    """Refuse a class that would have to encode every frame again for every question.

    Raises:
        ModelUnsupportedError: it does not take pictures that were encoded before.

    """
    named = inspect.signature(network.base_model.forward).parameters
    config: Any = network.config
    takes = ENCODED in named and hasattr(network, "get_image_features")
    is_known = all(getattr(config, name, None) is not None for name in CONFIGURED)
    if not takes or not is_known or not hasattr(network.get_decoder(), "layers"):
        raise ModelUnsupportedError(
            f"{type(network).__name__} of transformers {transformers.__version__} takes no "
            f"pictures that were encoded before ({ENCODED})",
            hint="vidqa models list",
        )
    if BOTH_WAYS in named:
        raise ModelUnsupportedError(
            f"{type(network).__name__} reads the places of a picture both ways, but vidqa reads "
            "a clip in pieces, in order",
            hint="vidqa models list",
        )


def _read_config(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise ModelUnsupportedError(f"{file.parent} holds no model: there is no config.json")
    with reading(file.parent):
        config = from_json(file.read_text(encoding="utf-8"))
    if not isinstance(config, dict):
        raise ModelDamagedError(f"{file} is not a configuration")
    return config


def _unknown(folder: Path, config: dict[str, Any]) -> str:
    kind = config.get("model_type")
    if config.get("auto_map"):
        return (
            f"the model in {folder} ({kind}) needs custom code (trust_remote_code), which vidqa "
            "does not run"
        )
    made = config.get("transformers_version")
    by = f", it was written by {made}" if made else ""
    return f"transformers {transformers.__version__} has no class for {kind!r} ({folder}{by})"
