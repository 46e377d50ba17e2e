"""Load a `save_pretrained` folder: strictly, offline, on one device."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedModel, ProcessorMixin
from transformers.image_utils import PILImageResampling
from transformers.utils import logging

from vidqa.errors import ModelDamagedError, ModelUnsupportedError
from vidqa.network.quantization import quantization
from vidqa.network.supported import reading, require_encoded_pictures, require_supported
from vidqa.network.text.chat_template import ChatTemplate, RunApart
from vidqa.system.footprint import QUANTIZED_DTYPES

PEFT_PREFIX = "base_model.model."
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER = "adapter"
"""A folder inside a model's: a LoRA that is kept apart, as PEFT stores it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network in evaluation mode and its processor."""

    network: PreTrainedModel
    processor: ProcessorMixin
    run_apart: RunApart | None = None
    """Runs its chat template, where anybody may have made it."""

    @property
    def chat_template(self) -> ChatTemplate:
        """How it is told a conversation."""
        return ChatTemplate(self.processor, self.run_apart)

    @property
    def tokenizer(self) -> Any:
        """The processor's tokenizer."""
        return self.processor.tokenizer

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text, nothing added."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        return ids

    @property
    def image_mark(self) -> str:
        """What stands for an image in a text before it is tokenized."""
        processor: Any = self.processor
        return str(processor.image_token)

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """Width and height that every image is squashed to; None if it depends on the image."""
        images = self.processor.image_processor
        size = dict(getattr(images, "size", None) or {})
        is_fixed = set(size) == {"height", "width"} and getattr(images, "do_resize", False)
        if not is_fixed or getattr(images, "resample", None) != PILImageResampling.BICUBIC:
            return None
        return size["width"], size["height"]

    @property
    def control_tokens(self) -> frozenset[str]:
        """Every string that means more than its letters; text from outside may hold none."""
        placeholder = getattr(self.processor, "image_token", None)
        known = {*self.tokenizer.all_special_tokens, *self.tokenizer.get_added_vocab()}
        if placeholder:
            known.add(str(placeholder))
        return frozenset(token for token in known if len(token) > 1)

    @property
    def stop_ids(self) -> frozenset[int]:
        """The ids that end an answer."""
        generation = self.network.generation_config
        ids = None if generation is None else generation.eos_token_id
        several = ids if isinstance(ids, list) else [ids]
        return frozenset({*several, self.tokenizer.eos_token_id} - {None})

    @property
    def end_id(self) -> int:
        """The id that a given answer is ended with."""
        generation = self.network.generation_config
        ids = None if generation is None else generation.eos_token_id
        first = ids[0] if isinstance(ids, list) else ids
        return int(self.tokenizer.eos_token_id if first is None else first)

    @property
    def context_tokens(self) -> int:
        """The longest sequence the decoder was made for."""
        return int(self.network.config.get_text_config().max_position_embeddings)


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
        dtype: the name of a torch number format, `int8` or `int4`.
        processor: of the same folder, where it is loaded already.
        run_apart: runs its chat template, where anybody may have made it.

    Raises:
        ModelUnsupportedError: this transformers cannot load it, or it takes no encoded pictures.
        ModelDamagedError: a tensor is missing, left over or of another shape; it is named.
        UsageError: the library for 8 or 4 bits is missing.

    """
    require_supported(folder)
    number_format = _number_format(dtype, device)
    with reading(folder), _without_bars():
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
def _without_bars() -> Iterator[None]:
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
