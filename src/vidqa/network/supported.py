"""Check that vidqa can run a model: a native transformers class that takes encoded pictures."""

import errno
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, PreTrainedModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING

from vidqa.errors import ModelDamagedError, ModelUnsupportedError, VidqaError
from vidqa.network.registration import register
from vidqa.system.texts import from_json

PROCESSORS = ("processor_config.json", "preprocessor_config.json")
"""Files of which one configures the preprocessing of pictures."""
CONFIGURED = ("image_token_id", "vision_config")
BOTH_WAYS = "token_type_ids"
"""The argument of classes whose attention within a picture is not causal."""
CPU_ALLOCATOR = "DefaultCPUAllocator"
"""A part of the RuntimeError of torch's CPU allocator."""
OF_THE_MACHINE = (CPU_ALLOCATOR, "CUDA error")
"""Parts of torch's errors that are not caused by a file."""
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


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Raise a clear error if a file of a model cannot be read, or does not make a model.

    The library's message becomes the error; errors that no file causes pass unchanged, such as
    running out of memory.

    Raises:
        ModelDamagedError: a file cannot be read, or does not make a model.
        ModelUnsupportedError: a library that it needs is missing.

    """
    try:
        yield
    except (VidqaError, MemoryError, torch.OutOfMemoryError):
        raise
    except ImportError as error:
        raise ModelUnsupportedError(
            f"the model in {folder} needs a library that cannot be loaded: {_first_line(error)}"
        ) from error
    except Exception as error:  # each library has errors of its own for unreadable files
        if _is_the_machines(error):
            raise
        message = _first_line(error)
        raise ModelDamagedError(f"the model in {folder} cannot be read: {message}") from error


def _is_the_machines(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
    is_torchs = isinstance(error, RuntimeError)
    return is_torchs and any(words in str(error) for words in OF_THE_MACHINE)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


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
