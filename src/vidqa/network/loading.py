"""Load a `save_pretrained` folder: strictly, offline, on one device."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import AutoModelForImageTextToText, AutoProcessor, ProcessorMixin
from transformers.utils import logging

from vidqa.errors import ModelDamagedError, ModelUnsupportedError
from vidqa.network.loaded import Loaded
from vidqa.network.quantization import quantization
from vidqa.network.reading import reading
from vidqa.network.supported import require_encoded_pictures, require_supported
from vidqa.network.text.chat_template import RunApart
from vidqa.system.number_formats import AS_STORED, QUANTIZED_DTYPES

PEFT_PREFIX = "base_model.model."
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER = "adapter"
"""A folder inside a model's: a LoRA that is kept apart, as PEFT stores it."""


def load_processor(folder: Path) -> ProcessorMixin:
    """Load the processor of a verified folder.

    Raises:
        ModelUnsupportedError: see `require_supported`; or it takes no pictures.
        ModelDamagedError: it cannot be read.

    """
    require_supported(folder)
    with reading(folder):
        processor: ProcessorMixin = AutoProcessor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    if not hasattr(processor, "image_token"):
        raise ModelUnsupportedError(f"the model in {folder} has no processor for pictures")
    return processor


def load_folder(
    folder: Path,
    *,
    device: str,
    dtype: str,
    processor: ProcessorMixin | None = None,
    run_apart: RunApart | None = None,
) -> Loaded:
    """Load a verified folder.

    Args:
        folder: as written by `save_pretrained`, of any image-text-to-text family.
        device: a torch device.
        dtype: the name of a torch number format, `AS_STORED`, `int8` or `int4`.
        processor: of the same folder, where it is loaded already.
        run_apart: runs its chat template, where anybody may have made it.

    Raises:
        ModelUnsupportedError: this transformers cannot load it, or it takes no encoded pictures.
        ModelDamagedError: a tensor is missing, left over or of another shape; it is named.
        UsageError: the library for 8 or 4 bits is missing.

    """
    require_supported(folder)
    number_format = _number_format(dtype, device)
    with reading(folder), without_bars():
        loaded: Any = AutoModelForImageTextToText.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # so that they are reported, below
            **number_format,
        )
    network, report = loaded
    require_encoded_pictures(network)
    _require_ids(folder, getattr(network.generation_config, "eos_token_id", None))
    _require_fitting(folder, report)
    if (folder / ADAPTER).is_dir():
        _load_adapter(network, folder / ADAPTER)
    if dtype not in QUANTIZED_DTYPES:
        network = network.to(device)
    return Loaded(network.eval(), processor or load_processor(folder), run_apart)


def _number_format(dtype: str, device: str) -> dict[str, Any]:
    """Choose what transformers stores and computes numbers in, by its own names."""
    if dtype == AS_STORED:
        return {"dtype": "auto"}
    if dtype not in QUANTIZED_DTYPES:
        return {"dtype": getattr(torch, dtype, None)}
    compute = torch.bfloat16 if device == "cpu" or device.startswith("cuda") else torch.float16
    stored = quantization(dtype, compute)
    return {"dtype": compute, "quantization_config": stored, "device_map": {"": device}}


def _require_fitting(folder: Path, report: Mapping[str, Collection[Any]]) -> None:
    """Refuse weights of which some are missing, left over or of another shape."""
    for problem, names in report.items():
        if names:
            raise ModelDamagedError(
                f"the weights in {folder} do not fit the model: {problem}: "
                + ", ".join(str(name) for name in sorted(names, key=str)[:5])
            )


def _require_ids(folder: Path, ids: object) -> None:
    """Refuse what cannot be the ids that end an answer."""
    several = ids if isinstance(ids, list) else [ids]
    if not all(one is None or type(one) is int for one in several):
        raise ModelDamagedError(
            f"the model in {folder} cannot be read: eos_token_id is {ids!r:.80}"
        )


@contextmanager
def without_bars() -> Iterator[None]:
    """Whoever loads a model says so himself."""
    was_shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_shown:
            logging.enable_progress_bar()


def _load_adapter(network: Any, folder: Path) -> None:
    """Add a LoRA to the network's layers.

    Raises:
        ModelDamagedError: it cannot be read, or is not made for just this network.

    """
    with reading(folder):
        with safe_open(folder / ADAPTER_WEIGHTS, framework="pt") as file:
            given = {name.removeprefix(PEFT_PREFIX) for name in file.keys()}  # noqa: SIM118
        network.load_adapter(folder)
    wanted = {name.replace(".default", "") for name in network.state_dict() if "lora_" in name}
    if odd := sorted(given ^ wanted):
        raise ModelDamagedError(f"the adapter in {folder} does not fit the model: {odd[0]}")
