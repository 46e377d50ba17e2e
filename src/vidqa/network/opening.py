"""Open a model's folder: on vidqa's own modules where they suffice, else by transformers.

Weights of 8 and 4 bits: on a CPU by torch's kernels, or by onnxruntime for vidqa's own decoder; on
a GPU by bitsandbytes.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.network.inference.kv_caches import round_keys_and_values
from vidqa.network.loaded import Loaded
from vidqa.network.native.config import read_native
from vidqa.network.text.chat_template import RunApart
from vidqa.system.devices import choose_dtype
from vidqa.system.number_formats import (
    AS_STORED,
    BITS,
    FORMATS,
    FULL,
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
ALIKE_EVERYWHERE = "float32+int8"
"""Taken where bfloat16 is quick, too: a machine then answers as the next one does."""


def can_be_narrow(folder: Path, device: str, *, by_transformers: bool = False) -> bool:
    """Return whether vidqa's own decoder runs a verified folder with weights of 8 or 4 bits."""
    config = None if by_transformers or device != "cpu" else read_native(folder)
    return config is not None and config.text_config.head_dim % HEAD_UNIT == 0


def chosen_dtype(folder: Path, wanted: str, device: str, *, by_transformers: bool = False) -> str:
    """Check a number format, and turn `auto` into that in which a verified folder answers fast.

    Raises:
        UsageError: no such format, or not for this model on this device.

    """
    dtype = choose_dtype(wanted, device)
    is_possible = can_be_narrow(folder, device, by_transformers=by_transformers)
    if dtype in MIXED_DTYPES and not is_possible:
        raise UsageError(
            f"--dtype {dtype} is for models like the starter, on a CPU",
            hint="use --dtype auto",
        )
    if wanted == "auto" and is_possible and _is_quick_with_integers():
        return ALIKE_EVERYWHERE
    return dtype


def formats_of(
    folder: Path, device: str, *, by_transformers: bool = False
) -> Mapping[str, NumberFormat]:
    """Return the bytes of numbers as a verified folder is opened."""
    if device != "cpu":
        return FORMATS
    is_own = can_be_narrow(folder, device, by_transformers=by_transformers)
    return OWN_FORMATS if is_own else cpu_formats(choose_dtype("auto", device))


def _is_quick_with_integers() -> bool:
    import torch

    return torch.backends.cpu.get_cpu_capability() in QUICK_WITH_INTEGERS


def open_processor(folder: Path, *, by_transformers: bool = False) -> Any:
    """Return the processor of a verified folder. Raises as `load_processor` does."""
    if not by_transformers and read_native(folder) is not None:
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
    by_transformers: bool = False,
    kv_cache: str = FULL,
) -> Loaded:
    """Load a verified folder. Raises as `load_folder` does.

    Args:
        folder: as written by `save_pretrained`, of any image-text-to-text family.
        device: a torch device.
        dtype: the name of a number format. See `chosen_dtype`.
        processor: of the same folder.
        run_apart: runs its chat template, where anybody may have made it.
        by_transformers: with its classes, which can be trained and hold rounded keys and values.
        kv_cache: how they are held, `FULL` or as `require_kv_cache` allows `by_transformers`.

    """
    is_rounded = dtype in QUANTIZED_DTYPES
    is_own = not is_rounded or can_be_narrow(folder, device, by_transformers=by_transformers)
    config = None if by_transformers or not is_own else read_native(folder)
    if config is not None:
        from vidqa.network.native.loading import load_native

        return load_native(
            folder, config, device=device, dtype=dtype, processor=processor, run_apart=run_apart
        )
    from vidqa.network.loading import load_folder

    load = partial(load_folder, folder, device=device, processor=processor, run_apart=run_apart)
    is_loaded_whole = device != "cpu" or not is_rounded
    loaded = load(dtype=dtype) if is_loaded_whole else _rounded(load, BITS[dtype])
    round_keys_and_values(loaded.network, kv_cache)
    return loaded


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
