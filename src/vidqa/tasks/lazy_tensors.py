"""Named tensors that are read when they are wanted, so that a model larger than memory passes."""

import json
import pickle
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from vidqa.errors import ModelDamagedError, UsageError

LazyTensor = Callable[[], Tensor]
LazyTensors = Mapping[str, LazyTensor]

INDEX_SUFFIX = ".index.json"
SINGLE_FILES = ("model.safetensors", "pytorch_model.bin")
"""What `save_pretrained` writes, now and in the past; an index stands beside sharded ones."""


def lazy(tensors: Mapping[str, Tensor]) -> LazyTensors:
    """Tensors that are there already, in lazy form."""
    return {name: partial(_same, tensor) for name, tensor in tensors.items()}


def read_pickled(file: Path) -> Any:
    """What `torch.save` wrote, tensors memory-mapped; nothing in it is executed.

    Raises:
        UsageError: there is no such file.
        ModelDamagedError: it cannot be read, or it holds more than tensors and plain values.

    """
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    try:
        # torch maps only files of its zip format (since 1.6); older ones are read whole
        return torch.load(
            file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file)
        )
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ModelDamagedError(f"{file} cannot be read: {_first_line(error)}") from error


def read_folder(folder: Path) -> LazyTensors:
    """All tensors of a `save_pretrained` folder, sharded or not, safetensors or older.

    Raises:
        UsageError: there is no such folder, or no weights in it.
        ModelDamagedError: a file is missing or cannot be read.

    """
    tensors: dict[str, LazyTensor] = {}
    for file in _weight_files(folder):
        tensors |= _read_safetensors(file) if file.suffix == ".safetensors" else _read_bin(file)
    return tensors


def _weight_files(folder: Path) -> list[Path]:
    for name in SINGLE_FILES:
        if (index := folder / f"{name}{INDEX_SUFFIX}").is_file():
            names = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
            return [folder / shard for shard in sorted(set(names))]
        if (folder / name).is_file():
            return [folder / name]
    raise UsageError(
        f"{folder} holds no weights: one of {', '.join(SINGLE_FILES)} or their index is needed"
    )


def _read_safetensors(file: Path) -> LazyTensors:
    try:
        with safe_open(file, framework="pt") as opened:
            return {name: partial(_from_safetensors, file, name) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelDamagedError(f"{file} cannot be read: {_first_line(error)}") from error


def _from_safetensors(file: Path, name: str) -> Tensor:
    with safe_open(file, framework="pt") as opened:
        tensor: Tensor = opened.get_tensor(name)
    return tensor


def _read_bin(file: Path) -> LazyTensors:
    found = read_pickled(file)
    return lazy({name: value for name, value in found.items() if isinstance(value, Tensor)})


def _same(tensor: Tensor) -> Tensor:
    return tensor


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
