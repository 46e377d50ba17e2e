"""Read the files of the three parts of the paper's model, and check each on its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig

from vidqa.errors import ModelDamagedError, UsageError
from vidqa.models.conversion import tensor_names
from vidqa.models.conversion.json_file import read_object
from vidqa.models.conversion.lazy_tensors import LazyTensors, lazy, read_folder, read_pickled
from vidqa.network.configuration import EvaVisionConfig

DECODERS = {
    "llama": ("Llama-2", "minigpt4-video-llama2"),
    "mistral": ("Mistral", "minigpt4-video-mistral"),
}
"""The kinds of decoders that the authors trained with: names, and the presets that use them."""
DECODER_HINT = "--decoder takes the folder of Llama-2-7b-chat or Mistral-7B-Instruct-v0.2"
TOWER_HINT = "--tower takes eva_vit_g.pth, or the folder of a BLIP-2 model with that tower"
CHECKPOINT_HINT = "give a .pth that the authors released, such as video_mistral_checkpoint_last.pth"


@dataclass(frozen=True, slots=True)
class Parts:
    """The paths of the three parts."""

    checkpoint: Path
    """A released `.pth`."""
    tower: Path
    """`eva_vit_g.pth`, or the folder of a BLIP-2 model."""
    decoder: Path
    """The folder of Llama-2-7b-chat or Mistral-7B-Instruct-v0.2."""


def read_decoder_config(folder: Path) -> Any:
    """Read the configuration of a decoder.

    Raises:
        UsageError: there is none, or its kind is not one that the authors trained with.
        ModelDamagedError: it cannot be read.

    """
    file = folder / "config.json"
    if not file.is_file():
        raise UsageError(f"{str(folder)!r} holds no model", hint=DECODER_HINT)
    kind = read_object(file).get("model_type")
    if kind not in DECODERS:
        raise UsageError(
            f"{str(folder)!r} holds a model of type {kind!r}, which the authors did not train with",
            hint=DECODER_HINT,
        )
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # each version of transformers has errors of its own for this
        raise ModelDamagedError(f"{file} describes no {kind}: {error}") from error
    config._name_or_path = ""  # a path of this machine does not belong in a model
    return config


def is_legacy(decoder: Path) -> bool:
    """Return whether the decoder's tokenizer puts a blank after special tokens (the default)."""
    file = decoder / "tokenizer_config.json"
    settings = read_object(file) if file.is_file() else {}
    return settings.get("legacy") is not False


def read_checkpoint(file: Path) -> tuple[LazyTensors, tuple[str, ...]]:
    """Return the trained tensors by the authors' names, and the names of what else is in the file.

    Raises:
        UsageError: there is no such file.
        ModelDamagedError: it is not a checkpoint of theirs.

    """
    found = read_pickled(file)
    model = found.get("model") if isinstance(found, dict) else None
    if not isinstance(model, dict) or not all(isinstance(one, Tensor) for one in model.values()):
        raise ModelDamagedError(
            f"{file} is not a checkpoint of the authors: it holds no tensors under `model`",
            hint=CHECKPOINT_HINT,
        )
    return lazy(model), tuple(sorted(set(found) - {"model"}))


def require_decoder(trained: LazyTensors, decoder: Any) -> None:
    """Check that the checkpoint was trained with this decoder: value projections differ in size.

    Raises:
        ModelDamagedError: names the kind that it was trained with.

    """
    rows = {
        side: next(
            (one().shape[0] for name, one in trained.items() if f"{side}_proj.lora_B" in name), 0
        )
        for side in "qv"
    }
    wanted = decoder.num_key_value_heads * (
        getattr(decoder, "head_dim", None) or decoder.hidden_size // decoder.num_attention_heads
    )
    if 0 in rows.values() or rows["v"] == wanted:  # missing tensors are named later, with the rest
        return
    trained_with = DECODERS["llama" if rows["v"] == rows["q"] else "mistral"][0]
    raise ModelDamagedError(
        f"the checkpoint was trained with {trained_with} (values {rows['v']} wide), "
        f"the decoder is a {DECODERS[decoder.model_type][0]} (values {wanted} wide)",
        hint="give the decoder it was trained with as --decoder",
    )


def require_fit(adapter: tensor_names.Adapter, shapes: Mapping[str, torch.Size]) -> None:
    """Check that every LoRA has the size of the layer it changes.

    Args:
        adapter: as read from a checkpoint.
        shapes: of the whole model's tensors, by our names.

    Raises:
        ModelDamagedError: names the first that does not.

    """
    for name, (down, up) in adapter.pairs.items():
        inner, outer = down().shape, up().shape  # (r, in), (out, r)
        layer = shapes[f"{tensor_names.decoder_name(name)}.weight"]
        if inner[:1] != outer[1:] or (*outer[:1], *inner[1:]) != tuple(layer):
            raise ModelDamagedError(
                f"the checkpoint's LoRA of {name} has the shapes {tuple(inner)} and "
                f"{tuple(outer)}, the layer {tuple(layer)}"
            )


def read_tower(path: Path, config: EvaVisionConfig) -> LazyTensors:
    """Return the tensors of the tower by our names.

    Raises:
        UsageError: there is no such file, or no weights in the folder.
        ModelDamagedError: it does not hold a tower, or holds one of another size.

    """
    if path.is_dir():
        theirs = read_folder(path)
        marker, convert = "embeddings.class_embedding", tensor_names.tower_from_blip2
    else:
        found = read_pickled(path)
        if not isinstance(found, dict) or not all(isinstance(x, Tensor) for x in found.values()):
            what = "a checkpoint, not a tower" if _is_checkpoint(found) else "no tower"
            raise ModelDamagedError(f"{path} is {what}", hint=TOWER_HINT)
        theirs, marker, convert = lazy(found), "cls_token", tensor_names.tower_from_eva
    _require_width(path, theirs, marker, config)
    return convert(theirs, config)


def _is_checkpoint(found: Any) -> bool:
    return isinstance(found, dict) and "model" in found


def _require_width(path: Path, theirs: LazyTensors, marker: str, config: EvaVisionConfig) -> None:
    """Distinguish a tower of another size from one that lacks some tensors."""
    one = next((value for name, value in theirs.items() if name.endswith(marker)), None)
    if one is None:
        raise ModelDamagedError(f"{path} holds no tower: it has no {marker}", hint=TOWER_HINT)
    if (width := one().shape[-1]) != config.hidden_size:
        raise ModelDamagedError(
            f"{path} holds a tower of width {width}, wanted {config.hidden_size}", hint=TOWER_HINT
        )
