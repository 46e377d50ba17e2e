"""The golden models as files of the kinds that the authors released, and the Hub has."""

import json
import shutil
from pathlib import Path

import golden_files
import torch
from golden_model import DECODERS, LEGACY, TOWER, Parts, take_apart
from safetensors.torch import save_file
from torch import Tensor
from transformers import Blip2VisionConfig, Blip2VisionModel

from vidqa.models.conversion import released_files, tensor_names
from vidqa.models.conversion.lazy_tensors import LazyTensors, lazy

ODD = {"optimizer": {"state": {}}, "config": {"run": {"seed": 42}}, "scaler": None, "epoch": 3}
"""What a released file holds beside the model."""


def taken_apart(llm: str) -> Parts:
    return take_apart(lazy(golden_files.tensors(f"{llm}_weights")))


def read(tensors: LazyTensors) -> dict[str, Tensor]:
    return {name: tensor().clone() for name, tensor in tensors.items()}


def write_checkpoint(llm: str, file: Path, **changes: Tensor | None) -> Path:
    """A released `.pth`; a change of None leaves a tensor out."""
    model = {**read(taken_apart(llm).trained), **changes}
    torch.save(
        {"model": {name: value for name, value in model.items() if value is not None}, **ODD}, file
    )
    return file


def write_tower(llm: str, file: Path) -> Path:
    """A file like `eva_vit_g.pth`, with the end that the authors cut off."""
    extra = {"norm.weight": torch.ones(TOWER.hidden_size), "head.bias": torch.zeros(3)}
    torch.save({**read(taken_apart(llm).tower), **extra}, file)
    return file


def write_blip2(llm: str, folder: Path) -> Path:
    """The same tower inside a model of transformers, whose last norm was trained for another."""
    eva = tensor_names.tower_from_eva(taken_apart(llm).tower, TOWER)
    state = {name.removeprefix(tensor_names.TOWER): value() for name, value in eva.items()}
    settings = {key: getattr(TOWER, key) for key in ("image_size", "hidden_size")}
    settings |= {
        "num_hidden_layers": TOWER.num_hidden_layers,
        "num_attention_heads": TOWER.num_attention_heads,
        "intermediate_size": TOWER.intermediate_size,
    }
    network = Blip2VisionModel(Blip2VisionConfig(**settings))
    network.load_state_dict(state, strict=True)
    network.post_layernorm.weight.data.fill_(7)
    folder.mkdir()
    whole = {f"vision_model.{name}": value for name, value in network.state_dict().items()}
    whole["qformer.layernorm.weight"] = torch.ones(4)
    save_file(whole, folder / "model.safetensors")
    return folder


def write_decoder(llm: str, folder: Path) -> Path:
    """A folder of the Hub: two shards, an index, a tokenizer and its settings."""
    folder.mkdir()
    state = read(taken_apart(llm).decoder)
    names = sorted(state)
    index = {}
    for number, part in enumerate([names[: len(names) // 2], names[len(names) // 2 :]], 1):
        file = f"model-0000{number}-of-00002.safetensors"
        save_file({name: state[name].contiguous() for name in part}, folder / file)
        index |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    DECODERS[llm].save_pretrained(folder)
    shutil.copy(golden_files.FOLDER / "tiny_tokenizer.model", folder / "tokenizer.model")
    (folder / "tokenizer_config.json").write_text(json.dumps({"legacy": LEGACY[llm]}))
    return folder


def write_parts(llm: str, folder: Path) -> released_files.Parts:
    return released_files.Parts(
        write_checkpoint(llm, folder / "checkpoint.pth"),
        write_tower(llm, folder / "eva_vit_g.pth"),
        write_decoder(llm, folder / "decoder"),
    )
