"""Named tensors that are read on demand, so that a model may be larger than memory."""

import pickle
import re
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from vidqa.errors import ModelDamagedError, UsageError
from vidqa.models.conversion.json_file import read_object

LazyTensor = Callable[[], Tensor]
LazyTensors = Mapping[str, LazyTensor]

LFS_POINTER = b"version https://git-lfs"
"""The first bytes of a file that git-lfs has not fetched."""
UNKNOWN_CLASS = re.compile(r"GLOBAL ([\w.]+)")
"""A pattern for the class that torch would have to import to read a file."""
INDEX_SUFFIX = ".index.json"
SINGLE_FILES = ("model.safetensors", "pytorch_model.bin")
"""Files that `save_pretrained` writes, now and in the past; sharded ones have an index."""


def lazy(tensors: Mapping[str, Tensor]) -> LazyTensors:
    """Wrap tensors in memory as lazy ones."""
    return {name: partial(_same, tensor) for name, tensor in tensors.items()}


def read_pickled(file: Path) -> Any:
    """Read a file of `torch.save`, its tensors memory-mapped; nothing in it is executed.

    Raises:
        UsageError: there is no such file.
        ModelDamagedError: it cannot be read, or it holds more than tensors and plain values.

    """
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    try:
        # torch maps only files in its zip format (since 1.6); older ones are read whole
        return torch.load(
            file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file)
        )
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _unreadable(file, error) from error


def read_folder(folder: Path) -> LazyTensors:
    """Return all tensors of a `save_pretrained` folder, sharded or not, safetensors or older.

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
            names = read_object(index).get("weight_map")
            if not isinstance(names, dict) or not names:
                raise ModelDamagedError(f"{index} names no files under `weight_map`")
            return [folder / str(shard) for shard in sorted(set(names.values()))]
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
        raise _unreadable(file, error) from error


def _from_safetensors(file: Path, name: str) -> Tensor:
    with safe_open(file, framework="pt") as opened:
        tensor: Tensor = opened.get_tensor(name)
    return tensor


def _read_bin(file: Path) -> LazyTensors:
    found = read_pickled(file)
    return lazy({name: value for name, value in found.items() if isinstance(value, Tensor)})


def _same(tensor: Tensor) -> Tensor:
    return tensor


def _unreadable(file: Path, error: BaseException) -> ModelDamagedError:
    """Explain why a file cannot be read, without torch's advice to disable its protection."""
    if _is_pointer(file):
        return ModelDamagedError(
            f"{file} only points to the weights, as git keeps large files",
            hint=f"run `git lfs pull` in {file.parent}",
        )
    if not isinstance(error, pickle.UnpicklingError):
        return ModelDamagedError(
            f"{file} cannot be read: {_first_line(error)}", hint="it may be cut; fetch it again"
        )
    if odd := UNKNOWN_CLASS.search(str(error)):
        return ModelDamagedError(
            f"{file} cannot be read: it holds {odd[1]}, and nothing but tensors and plain values "
            "is taken from files"
        )
    return ModelDamagedError(f"{file} cannot be read: it is not a PyTorch file")


def _is_pointer(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(len(LFS_POINTER)) == LFS_POINTER


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
