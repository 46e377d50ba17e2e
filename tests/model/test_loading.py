"""Folders whose weights are damaged, of another shape, or beside a foreign adapter."""

import errno
import json
from pathlib import Path

import pytest
import torch
from peft import LoraConfig
from safetensors.torch import load_file, save_file

from tiny import vidqa_folder
from vidqa.errors import ModelDamagedError, ModelUnsupportedError
from vidqa.network.loading import ADAPTER, ADAPTER_WEIGHTS, load_folder
from vidqa.network.reading import reading

pytestmark = pytest.mark.numbers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return vidqa_folder(tmp_path / "model")


def load(folder: Path) -> object:
    return load_folder(folder, device="cpu", dtype="float32")


@pytest.mark.parametrize("ids", ['"2"', "[2, [3]]", '{"a": 2}', "2.5", "[true]"])
def test_ids_that_are_none_are_named(folder: Path, ids: str) -> None:
    (folder / "generation_config.json").write_text(f'{{"eos_token_id": {ids}}}')
    with pytest.raises(ModelDamagedError, match="cannot be read"):
        load(folder)


@pytest.mark.parametrize("size", [0, 7, 5000])
def test_weights_that_are_cut_are_named(folder: Path, size: int) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ModelDamagedError, match="cannot be read"):
        load(folder)


def test_what_no_file_is_to_blame_for_is_not_called_damage(folder: Path) -> None:
    with (
        pytest.raises(ModelUnsupportedError, match="cannot be loaded"),
        reading(folder),
    ):
        raise ImportError("sentencepiece was not found")
    with pytest.raises(ModelDamagedError), reading(folder):
        raise AttributeError("module 'torch' has no attribute 'CUDA error'")
    with pytest.raises(OSError, match="too many"), reading(folder):
        raise OSError(errno.EMFILE, "too many open files")
    with pytest.raises(RuntimeError, match="no kernel image"), reading(folder):
        raise RuntimeError("CUDA error: no kernel image is available")


@pytest.mark.parametrize("change", ["shape", "missing", "left over"])
def test_weights_that_do_not_fit_are_named(folder: Path, change: str) -> None:
    file = folder / "model.safetensors"
    tensors = load_file(file)
    name = next(name for name in tensors if name.endswith("q_proj.weight"))
    match change:
        case "shape":
            tensors[name] = torch.zeros(3, 5)
        case "missing":
            del tensors[name]
        case "left over":
            tensors["one.more"] = torch.zeros(1)
    save_file(tensors, file, metadata={"format": "pt"})
    with pytest.raises(ModelDamagedError, match="one.more" if change == "left over" else "q_proj"):
        load(folder)


def write_adapter(folder: Path, names: list[str]) -> None:
    adapter = folder / ADAPTER
    adapter.mkdir()
    LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM").save_pretrained(adapter)
    weights = {name: torch.zeros(2, 2) for name in names}
    save_file(weights, adapter / ADAPTER_WEIGHTS)


def test_an_adapter_for_another_model_is_refused(folder: Path) -> None:
    write_adapter(folder, ["base_model.model.nothing.here.lora_A.weight"])
    with pytest.raises(ModelDamagedError, match="does not fit the model"):
        load(folder)


def test_an_adapter_without_weights_is_refused(folder: Path) -> None:
    write_adapter(folder, [])
    (folder / ADAPTER / ADAPTER_WEIGHTS).unlink()
    assert json.loads((folder / ADAPTER / "adapter_config.json").read_text())["r"] == 2
    with pytest.raises(ModelDamagedError, match="cannot be read"):
        load(folder)
