"""Decoders whose blocks are stored in 8 or 4 bits, by bitsandbytes; nothing else of a model is."""

from importlib.util import find_spec
from typing import Any

from transformers import BitsAndBytesConfig

from vidqa.errors import UsageError

_OTHERS = ("vision_tower", "vision_model", "visual", "projector", "connector")
WHOLE = ["lm_head", *(f"{start}{name}" for name in _OTHERS for start in ("", "model."))]
"""Parts of the families' models that stay as they are; a name counts from its beginning."""


def quantization(dtype: str, compute_dtype: Any) -> BitsAndBytesConfig:
    """How to store a decoder in `int8` or `int4`.

    Args:
        dtype: one of the two.
        compute_dtype: what products are computed in.

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
