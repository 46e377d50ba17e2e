"""A decoder's matrices in 8 or 4 bits, by whichever library is there.

The same layers that transformers would put in while it loads with a `quantization_config`, put
into the network where it stands: tower, projector and the decoder's head stay as they are.
"""

import importlib.metadata
import importlib.util
from collections.abc import Callable
from typing import Any

from torch import nn

OUTLIERS_ABOVE = 6.0
"""LLM.int8's threshold, as the authors' demo ran it."""
NONE_INSTALLED = "neither bitsandbytes nor torchao is installed"


def library() -> str | None:
    """The name of the first library that is there."""
    for name in ("bitsandbytes", "torchao"):
        if importlib.util.find_spec(name):
            return name
    return None


def with_version(name: str) -> str:
    """A library's name and version."""
    return f"{name} {importlib.metadata.version(name)}"


def quantize(decoder: nn.Module, *, bits: int, by: str) -> None:
    """Replace the linear layers of a decoder, one at a time."""
    if by == "torchao":
        _with_torchao(decoder, bits)
        return
    replaced = _in_8_bits if bits == 8 else _in_4_bits
    for module in list(decoder.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear:
                setattr(module, name, _placed(child, replaced))


def _placed(linear: nn.Linear, replaced: Callable[[nn.Linear], nn.Module]) -> nn.Module:
    """The layer in its new format; moving it to the device is what quantizes it."""
    device = linear.weight.device
    linear.weight.data = linear.weight.data.cpu()
    return replaced(linear).to(device)


def _in_8_bits(linear: nn.Linear) -> nn.Module:
    import bitsandbytes as bnb

    layer: Any = bnb.nn.Linear8bitLt(
        linear.in_features,
        linear.out_features,
        bias=False,
        has_fp16_weights=False,
        threshold=OUTLIERS_ABOVE,
        device="meta",
    )
    layer.weight = bnb.nn.Int8Params(
        linear.weight.data, requires_grad=False, has_fp16_weights=False
    )
    return layer


def _in_4_bits(linear: nn.Linear) -> nn.Module:
    import bitsandbytes as bnb

    layer: Any = bnb.nn.Linear4bit(
        linear.in_features,
        linear.out_features,
        bias=False,
        compute_dtype=linear.weight.dtype,
        quant_type="nf4",
        device="meta",
    )
    layer.weight = bnb.nn.Params4bit(linear.weight.data, requires_grad=False, quant_type="nf4")
    return layer


def _with_torchao(decoder: nn.Module, bits: int) -> None:
    from torchao import quantization

    config = (
        quantization.Int8WeightOnlyConfig() if bits == 8 else quantization.Int4WeightOnlyConfig()
    )
    quantization.quantize_(decoder, config)
