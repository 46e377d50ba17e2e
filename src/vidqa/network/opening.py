"""Open a model's folder: on vidqa's own modules where they suffice, else by transformers.

Weights of 8 and 4 bits: on a CPU by torch's kernels, or by onnxruntime for vidqa's own decoder; on
a GPU by bitsandbytes.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.network.loaded import Loaded
from vidqa.network.native.config import read_native
from vidqa.network.text.chat_template import RunApart
from vidqa.system.devices import choose_dtype
from vidqa.system.number_formats import (
    AS_STORED,
    BITS,
    FORMATS,
    MIXED_DTYPES,
    OWN_FORMATS,
    QUANTIZED_DTYPES,
    NumberFormat,
    cpu_formats,
)

QUICK_WITH_INTEGERS = ("AVX2", "AVX512")
"""Instructions, by torch's names, with which products of integers were measured to be quick."""
HEAD_UNIT = 16
"""The width of heads that onnxruntime's attention takes is a multiple of it."""


def can_be_narrow(folder: Path, device: str, *, trainable: bool = False) -> bool:
    """Return whether vidqa's own decoder runs a verified folder with weights of 8 or 4 bits."""
    config = None if trainable or device != "cpu" else read_native(folder)
    return config is not None and config.text_config.head_dim % HEAD_UNIT == 0


def chosen_dtype(folder: Path, wanted: str, device: str, *, trainable: bool = False) -> str:
    """Check a number format, and turn `auto` into that in which a verified folder answers fast.

    Raises:
        UsageError: no such format, or not for this model on this device.

    """
    dtype = choose_dtype(wanted, device)
    is_possible = can_be_narrow(folder, device, trainable=trainable)
    if dtype in MIXED_DTYPES and not is_possible:
        raise UsageError(
            f"--dtype {dtype} is for models like the starter, on a CPU",
            hint="use --dtype auto",
        )
    if wanted != "auto" or not is_possible or not _is_quick_with_integers():
        return dtype
    mixed = f"{dtype}+int8"
    assert mixed in MIXED_DTYPES
    return mixed


def formats_of(folder: Path, device: str, *, trainable: bool = False) -> Mapping[str, NumberFormat]:
    """Return the bytes of numbers as a verified folder is opened."""
    if trainable or device != "cpu":
        return FORMATS
    is_own = can_be_narrow(folder, device)
    return OWN_FORMATS if is_own else cpu_formats(choose_dtype("auto", device))


def _is_quick_with_integers() -> bool:
    import torch

    return torch.backends.cpu.get_cpu_capability() in QUICK_WITH_INTEGERS


def open_processor(folder: Path, *, trainable: bool = False) -> Any:
    """Return the processor of a verified folder. Raises as `load_processor` does."""
    if not trainable and read_native(folder) is not None:
        from vidqa.network.native.loading import load_native_processor

        return load_native_processor(folder)
    from vidqa.network.loading import load_processor

    return load_processor(folder)


def open_network(
    folder: Path,
    *,
    device: str,
    dtype: str,
    processor: Any,
    run_apart: RunApart | None = None,
    trainable: bool = False,
) -> Loaded:
    """Load a verified folder. Raises as `load_folder` does.

    Args:
        folder: as written by `save_pretrained`, of any image-text-to-text family.
        device: a torch device.
        dtype: the name of a number format. See `chosen_dtype`.
        processor: of the same folder.
        run_apart: runs its chat template, where anybody may have made it.
        trainable: with transformers' classes, which can be trained.

    """
    is_rounded = dtype in QUANTIZED_DTYPES
    is_own = not is_rounded or can_be_narrow(folder, device, trainable=trainable)
    config = None if trainable or not is_own else read_native(folder)
    if config is not None:
        from vidqa.network.native.loading import load_native

        return load_native(
            folder, config, device=device, dtype=dtype, processor=processor, run_apart=run_apart
        )
    from vidqa.network.loading import load_folder

    load = partial(load_folder, folder, device=device, processor=processor, run_apart=run_apart)
    if trainable or device != "cpu" or not is_rounded:
        return load(dtype=dtype)
    return _rounded(load, BITS[dtype])


def _rounded(load: Callable[..., Loaded], bits: int) -> Loaded:
    """Round a decoder's weights on the CPU; compute all else in the format that is quick there.

    Where that is float32, the weights are rounded as they are stored and the rest is widened then:
    the whole model is never in memory in float32.
    """
    import torch

    from vidqa.network.native.narrow_linear import narrow_linears

    computed_in = choose_dtype("auto", "cpu")
    is_widened = computed_in == "float32"
    loaded = load(dtype=AS_STORED if is_widened else computed_in)
    narrow_linears(loaded.network, bits)
    if is_widened:
        loaded.network.to(torch.float32)
    return loaded
