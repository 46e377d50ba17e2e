"""Store the blocks of a decoder, and nothing else, in 8 or 4 bits with bitsandbytes."""

from importlib.util import find_spec
from typing import Any

from transformers import BitsAndBytesConfig

from vidqa.errors import UsageError

_OTHERS = ("vision_tower", "vision_model", "visual", "projector", "connector")
WHOLE = ["lm_head", *(f"{start}{name}" for name in _OTHERS for start in ("", "model."))]
"""Prefixes of the names of modules that are not quantized, in all families."""


def quantization(dtype: str, compute_dtype: Any) -> BitsAndBytesConfig:
    """Return the settings that store a decoder in `int8` or `int4`.

    Args:
        dtype: one of the two.
        compute_dtype: of the products.

    Raises:
        UsageError: bitsandbytes is not installed.

    """
    if find_spec("bitsandbytes") is None:
        raise UsageError(
            f"--dtype {dtype} needs bitsandbytes, which is not installed",
            hint="pip install 'vidqa[quantize]'",
        )
    settings: dict[str, Any] = {"load_in_8bit": True}
    if dtype == "int4":
        settings = {
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_compute_dtype": compute_dtype,
        }
    config: Any = BitsAndBytesConfig  # transformers leaves its arguments untyped
    made: BitsAndBytesConfig = config(llm_int8_skip_modules=WHOLE, **settings)
    return made
