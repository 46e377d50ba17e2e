"""Load a folder onto vidqa's own modules: strictly, on one device."""

from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from vidqa.errors import ModelDamagedError
from vidqa.network.loaded import Loaded
from vidqa.network.native.config import NativeConfig
from vidqa.network.native.network import NativeNetwork
from vidqa.network.native.processor import NativeProcessor
from vidqa.network.reading import reading
from vidqa.network.text.chat_template import RunApart
from vidqa.system.number_formats import BITS, read_in, written_in

WEIGHTS = "model.safetensors"
BLOCKS, NO_NAME = "model.language_model.layers.", "/"
"""Beginnings of names: of the decoder's blocks, and of no tensor at all."""
NAMED = 5
"""Tensors that an error names at most."""


def load_native(
    folder: Path,
    config: NativeConfig,
    *,
    device: str,
    dtype: str,
    processor: NativeProcessor | None = None,
    run_apart: RunApart | None = None,
) -> Loaded:
    """Load a verified folder.

    Args:
        folder: as `read_native` found it.
        config: what `read_native` said of it.
        device: a torch device.
        dtype: the name of a number format: a plain one on any device, else on a CPU.
        processor: of the same folder, where it is loaded already.
        run_apart: runs its chat template, where anybody may have made it.

    Raises:
        ModelDamagedError: a tensor is missing, left over or of another shape; it is named.

    """
    with torch.device("meta"):
        network = NativeNetwork(config)
    narrow_alone = dtype in BITS
    number_format: torch.dtype = torch.float32 if narrow_alone else getattr(torch, read_in(dtype))
    as_stored = BLOCKS if narrow_alone else NO_NAME
    with reading(folder):
        weights = dict(_weights(folder / WEIGHTS, device, number_format, as_stored=as_stored))
        wanted = network.state_dict()
        _require_same(folder, wanted, weights)
        network.load_state_dict(weights, assign=True)
        if bits := BITS.get(written_in(dtype)):
            network.write_narrow(bits, reads_too=narrow_alone)
    return Loaded(network.eval(), processor or load_native_processor(folder), run_apart)


def load_native_processor(folder: Path) -> NativeProcessor:
    """Load the processor of a folder. Raises ModelDamagedError: it cannot be read."""
    with reading(folder):
        return NativeProcessor(folder)


def _weights(
    file: Path, device: str, number_format: torch.dtype, *, as_stored: str
) -> Iterator[tuple[str, Tensor]]:
    """Yield tensors on the device one by one, so that no second copy of all is in memory.

    Those whose names begin with `as_stored` stay as the file has them.
    """
    with safe_open(file, framework="pt") as weights:
        for name in weights.keys():  # noqa: SIM118 - it is no dict
            tensor: Tensor = weights.get_tensor(name)
            is_number = tensor.is_floating_point() and not name.startswith(as_stored)
            yield name, tensor.to(device, number_format if is_number else None)


def _require_same(folder: Path, wanted: dict[str, Tensor], found: dict[str, Tensor]) -> None:
    other = [
        name for name in wanted.keys() & found.keys() if wanted[name].shape != found[name].shape
    ]
    problems = {
        "missing_keys": wanted.keys() - found.keys(),
        "unexpected_keys": found.keys() - wanted.keys(),
        "mismatched_keys": other,
    }
    for problem, names in problems.items():
        if names:
            raise ModelDamagedError(
                f"the weights in {folder} do not fit the model: {problem}: "
                + ", ".join(sorted(names)[:NAMED])
            )
