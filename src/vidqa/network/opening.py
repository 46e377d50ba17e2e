"""Open a model's folder: on vidqa's own modules where they suffice, else by transformers."""

from pathlib import Path
from typing import Any

from vidqa.network.loaded import Loaded
from vidqa.network.native.config import read_native
from vidqa.network.text.chat_template import RunApart
from vidqa.system.footprint import QUANTIZED_DTYPES


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
        dtype: the name of a torch number format, `int8` or `int4`.
        processor: of the same folder.
        run_apart: runs its chat template, where anybody may have made it.
        trainable: with transformers' classes, which can be trained.

    """
    config = None if trainable or dtype in QUANTIZED_DTYPES else read_native(folder)
    if config is not None:
        from vidqa.network.native.loading import load_native

        return load_native(
            folder, config, device=device, dtype=dtype, processor=processor, run_apart=run_apart
        )
    from vidqa.network.loading import load_folder

    return load_folder(folder, device=device, dtype=dtype, processor=processor, run_apart=run_apart)
