"""Number formats by name, and the bytes that their numbers take.

`float32+int8` reads in the first and writes answers in the second. Arithmetic only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

AS_STORED = "as stored"
"""The format of the weights on the disk."""
QUANTIZED_DTYPES = ("int8", "int4")
"""Formats of the decoder's weights only."""
MIXED_DTYPES = ("float32+int8", "bfloat16+int8")
"""Frames and prompts in the one; answers with the decoder's weights in the other."""
DTYPES = ("auto", "float32", "bfloat16", "float16", *QUANTIZED_DTYPES, *MIXED_DTYPES)
BITS = {"int8": 8, "int4": 4}
FULL = "full"
KV_CACHES: Mapping[str, float] = {"fp8": 1, "int4": 0.625}
"""Bytes of a key's or value's number that is rounded; in 4 bits 64 of them share a scale and a
middle, of 32 bits each at most."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """Bytes of a number, by what it is for."""

    blocks: float
    """A parameter of the decoder's blocks."""
    rest: float
    """A parameter of tower, projector, embeddings and head."""
    states: float
    """Of the KV cache and of what is computed."""
    second_head: float = 0.0
    """A parameter of a head that is rounded: its own then, and no longer the word embeddings'."""


PLAIN: Mapping[str, NumberFormat] = {
    "float32": NumberFormat(4, 4, 4),
    "bfloat16": NumberFormat(2, 2, 2),
    "float16": NumberFormat(2, 2, 2),
}
FORMATS: Mapping[str, NumberFormat] = {
    **PLAIN,
    "int8": NumberFormat(1, 2, 2),
    "int4": NumberFormat(0.5, 2, 2),
}
"""As GPUs hold them, and as they are trained; quantized ones with bitsandbytes."""
EIGHT_BITS_BYTES, FOUR_BITS_BYTES = 1.5, 1.1
"""Of a parameter, as onnxruntime packs them; measured with 135 million of them."""
OWN_FORMATS: Mapping[str, NumberFormat] = {
    **PLAIN,
    "int8": NumberFormat(EIGHT_BITS_BYTES, 4, 4, EIGHT_BITS_BYTES),
    "int4": NumberFormat(FOUR_BITS_BYTES, 4, 4, FOUR_BITS_BYTES),
    "float32+int8": NumberFormat(4 + EIGHT_BITS_BYTES, 4, 4, EIGHT_BITS_BYTES),
    "bfloat16+int8": NumberFormat(2 + EIGHT_BITS_BYTES, 2, 4, EIGHT_BITS_BYTES),
}
"""As vidqa's own modules hold them on a CPU."""
FOUR_BITS_WITH_SPANS = 0.625
"""Bytes of a parameter of 4 bits, of which 32 share a scale and a middle of 16 bits each."""


def cpu_formats(computed_in: str) -> Mapping[str, NumberFormat]:
    """Return them as transformers' classes hold them on a CPU that computes in a plain format."""
    plain = PLAIN[computed_in].rest
    return {
        **PLAIN,
        "int8": NumberFormat(1, plain, plain, 1),
        "int4": NumberFormat(FOUR_BITS_WITH_SPANS, plain, plain, 1),
    }


def read_in(dtype: str) -> str:
    """Return the format in which frames and prompts are read."""
    return dtype.partition("+")[0]


def written_in(dtype: str) -> str:
    """Return the format in which answers are written."""
    return dtype.rpartition("+")[2]
