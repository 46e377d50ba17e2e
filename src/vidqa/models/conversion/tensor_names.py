"""Map the authors' tensor names to ours.

A released checkpoint has only trained weights: the projector and LoRA on two projections of each
decoder layer, 130 tensors with the real decoders. The tower and the decoder come from elsewhere.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from peft import LoraConfig
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from vidqa.errors import ModelDamagedError
from vidqa.models.conversion.lazy_tensors import LazyTensor, LazyTensors, lazy
from vidqa.network.configuration import EvaVisionConfig

DECODER = "llama_model.base_model.model."
"""The prefix of the decoder's names in the authors' files."""
PROJECTOR = "llama_proj."
LORA = re.compile(
    rf"{re.escape(DECODER)}(model\.layers\.\d+\.self_attn\.[qv]_proj)\.lora_([AB])\.weight"
)
LORA_TARGETS = ("q_proj", "v_proj")
LORA_SCALE = 16 / 64
"""alpha / r of every released model (the authors' model configuration)."""
LORA_DROPOUT = 0.05
"""The probability of dropout in the LoRA, in training only."""

TOWER = "model.vision_tower."
BLOCK_NAMES = {
    "norm1.weight": "layer_norm1.weight",
    "norm1.bias": "layer_norm1.bias",
    "norm2.weight": "layer_norm2.weight",
    "norm2.bias": "layer_norm2.bias",
    "attn.qkv.weight": "self_attn.qkv.weight",
    "attn.proj.weight": "self_attn.projection.weight",
    "attn.proj.bias": "self_attn.projection.bias",
    "mlp.fc1.weight": "mlp.fc1.weight",
    "mlp.fc1.bias": "mlp.fc1.bias",
    "mlp.fc2.weight": "mlp.fc2.weight",
    "mlp.fc2.bias": "mlp.fc2.bias",
}
"""Names in one block of the tower: EVA's, and those of transformers."""
BIASES = ("attn.q_bias", "attn.v_bias")
"""EVA's biases: none on the keys; transformers has one bias for all three together."""
EVA_IGNORED = re.compile(r"(norm|fc_norm|head)\.")
"""EVA-CLIP's norms and head, which the authors cut off together with the last block."""
BLIP2_PREFIX = "vision_model."


@dataclass(frozen=True, slots=True)
class Adapter:
    """LoRA on one decoder, by the hub's names of the layers it changes."""

    pairs: Mapping[str, tuple[LazyTensor, LazyTensor]]
    """A (r, in) and B (out, r) of each changed layer, without `.weight`."""
    scale: float = LORA_SCALE


def split_trained(theirs: LazyTensors, layers: int) -> tuple[LazyTensors, Adapter]:
    """Split a released checkpoint into the projector and the adapter.

    Args:
        theirs: by the authors' names.
        layers: of the decoder it was trained with.

    Raises:
        ModelDamagedError: a tensor is missing or does not belong there; it is named.

    """
    require_names(theirs, trained_names(layers), "the checkpoint")
    projector = {
        f"model.projector.linear.{part}": theirs[f"{PROJECTOR}{part}"]
        for part in ("weight", "bias")
    }
    pairs = {
        name: (
            theirs[f"{DECODER}{name}.lora_A.weight"],
            theirs[f"{DECODER}{name}.lora_B.weight"],
        )
        for name in _adapted(layers)
    }
    return projector, Adapter(pairs)


def trained_names(layers: int) -> list[str]:
    """Return the names in a released checkpoint: four a decoder layer, and the projector's two."""
    lora = [f"{DECODER}{name}.lora_{side}.weight" for name in _adapted(layers) for side in "AB"]
    return [*lora, f"{PROJECTOR}weight", f"{PROJECTOR}bias"]


def _adapted(layers: int) -> list[str]:
    return [f"model.layers.{i}.self_attn.{part}" for i in range(layers) for part in LORA_TARGETS]


def require_names(given: Iterable[str], wanted: Iterable[str], what: str) -> None:
    """Check that two sets of names are equal.

    Raises:
        ModelDamagedError: gives the expected number and names every missing and unexpected one.

    """
    given, wanted = set(given), set(wanted)
    problems = [
        f"{word} {', '.join(sorted(names))}"
        for word, names in [("missing", wanted - given), ("not expected", given - wanted)]
        if names
    ]
    if problems:
        raise ModelDamagedError(
            f"{what} should hold {len(wanted)} tensors, it holds {len(given)}: "
            + "; ".join(problems)
        )


def eva_names(depth: int) -> list[str]:
    """Return EVA's names of the tensors that are read from a tower's checkpoint."""
    ends = ["cls_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias"]
    parts = [*BLOCK_NAMES, *BIASES]
    return [*ends, *(f"blocks.{i}.{part}" for i in range(depth) for part in parts)]


def tower_from_eva(theirs: LazyTensors, config: EvaVisionConfig) -> LazyTensors:
    """Return the tower from `eva_vit_g.pth`, without surplus blocks and the classifier's head.

    Raises:
        ModelDamagedError: a tensor is missing or does not belong there; it is named.

    """
    depth = config.num_hidden_layers
    used = [name for name in theirs if not _left_out_of_eva(name, depth)]
    require_names(used, eva_names(depth), "the tower")
    ours: dict[str, LazyTensor] = {
        "embeddings.class_embedding": theirs["cls_token"],
        "embeddings.position_embedding": partial(_positions, theirs["pos_embed"], config),
        "embeddings.patch_embedding.weight": theirs["patch_embed.proj.weight"],
        "embeddings.patch_embedding.bias": theirs["patch_embed.proj.bias"],
    }
    for index in range(depth):
        block, layer = f"blocks.{index}.", f"encoder.layers.{index}."
        ours |= {layer + new: theirs[block + old] for old, new in BLOCK_NAMES.items()}
        biases = [theirs[block + part] for part in BIASES]
        ours[f"{layer}self_attn.qkv.bias"] = partial(_qkv_bias, *biases)
    return {TOWER + name: value for name, value in {**ours, **_untrained_norm(config)}.items()}


def tower_from_blip2(theirs: LazyTensors, config: EvaVisionConfig) -> LazyTensors:
    """Return the same tower from a BLIP-2 model of transformers, without its trained last norm."""
    prefix = BLIP2_PREFIX if any(name.startswith(BLIP2_PREFIX) for name in theirs) else ""
    ours = {
        name.removeprefix(prefix): value
        for name, value in theirs.items()
        if name.startswith(prefix) and not name.startswith(f"{prefix}post_layernorm.")
    }
    return {TOWER + name: value for name, value in {**ours, **_untrained_norm(config)}.items()}


def decoder_from_hub(theirs: LazyTensors, adapter: Adapter | None = None) -> LazyTensors:
    """Return the decoder by our names, with the adapter merged into it, if one is given."""
    ours: dict[str, LazyTensor] = {}
    for name, value in theirs.items():
        if name.endswith(".rotary_emb.inv_freq"):  # a constant that old files contain
            continue
        pair = None if adapter is None else adapter.pairs.get(name.removesuffix(".weight"))
        if pair is not None:
            assert adapter is not None
            value = partial(_merged, value, *pair, adapter.scale)
        ours[decoder_name(name)] = value
    return ours


def write_adapter(adapter: Adapter, folder: Path) -> None:
    """Write the adapter into a folder as PEFT does, to be loaded on top of the unmerged model."""
    state = {}
    for name, (down, up) in adapter.pairs.items():
        ours = f"base_model.model.{decoder_name(name)}"
        state[f"{ours}.lora_A.weight"] = down().contiguous()
        state[f"{ours}.lora_B.weight"] = up().contiguous()
    rank = next(iter(state.values())).shape[0]
    config = LoraConfig(
        r=rank,
        lora_alpha=adapter.scale * rank,
        lora_dropout=LORA_DROPOUT,
        target_modules=rf".*language_model.*\.({'|'.join(LORA_TARGETS)})",
        bias="none",
    )
    config.save_pretrained(folder)
    save_file(state, folder / "adapter_model.safetensors", metadata={"format": "pt"})


def decoder_name(name: str) -> str:
    """Return our name of one of the decoder's tensors or layers."""
    return re.sub(r"^model\.", "model.language_model.", name)


def _left_out_of_eva(name: str, depth: int) -> bool:
    block = re.match(r"blocks\.(\d+)\.", name)
    return bool(EVA_IGNORED.match(name)) or (block is not None and int(block[1]) >= depth)


def _untrained_norm(config: EvaVisionConfig) -> LazyTensors:
    """Return an identity norm for after the tower: the authors never loaded a trained one."""
    width = config.hidden_size
    return lazy(
        {
            "post_layernorm.weight": torch.ones(width),
            "post_layernorm.bias": torch.zeros(width),
        }
    )


def _qkv_bias(query: LazyTensor, value: LazyTensor) -> Tensor:
    first, last = query(), value()
    return torch.cat([first, torch.zeros_like(first), last])  # (3D,)


def _merged(weight: LazyTensor, down: LazyTensor, up: LazyTensor, scale: float) -> Tensor:
    """Return a layer with its LoRA added in fp32 and rounded once."""
    base = weight()
    return (base.float() + scale * (up().float() @ down().float())).to(base.dtype)


def _positions(theirs: LazyTensor, config: EvaVisionConfig) -> Tensor:
    """Return positions (1, 1 + P, D), resized if the grid was trained for another side."""
    table = theirs()
    side = round(config.patches_per_image**0.5)
    old = round((table.shape[1] - 1) ** 0.5)
    if old == side:
        return table
    grid = table[:, 1:].float().reshape(1, old, old, -1).permute(0, 3, 1, 2)  # (1, D, h, w)
    grid = functional.interpolate(grid, size=(side, side), mode="bicubic", align_corners=False)
    return torch.cat([table[:, :1].float(), grid.flatten(2).transpose(1, 2)], dim=1)
