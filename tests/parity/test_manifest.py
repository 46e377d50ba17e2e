"""Every tensor of the real files lands in our model at full size; nothing is allocated."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, MistralConfig

from vidqa.errors import ModelDamagedError
from vidqa.models.conversion import tensor_names
from vidqa.models.conversion.convert import expected_shapes, paper_config
from vidqa.models.conversion.lazy_tensors import LazyTensors, lazy
from vidqa.network.configuration import EvaVisionConfig

FOLDER = Path(__file__).parent / "manifest"
COMMON = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
}
DECODERS: dict[str, Any] = {
    "llama": LlamaConfig(**COMMON, intermediate_size=11008, num_key_value_heads=32),
    "mistral": MistralConfig(**COMMON, intermediate_size=14336, num_key_value_heads=8),
}
"""The hub's config.json of Llama-2-7b-chat-hf and Mistral-7B-Instruct-v0.2."""
TOWER = EvaVisionConfig()
RELEASED = 130
"""Tensors of a released checkpoint."""


def manifest(name: str) -> Any:
    return json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))


def empty(described: Mapping[str, Any]) -> LazyTensors:
    """Tensors of those shapes that hold nothing."""
    return lazy({name: torch.empty(one["shape"], device="meta") for name, one in described.items()})


def eva() -> LazyTensors:
    """What of the tower's own file is read, by its names."""
    return empty(manifest("eva_vit_g")["keys"])


@pytest.fixture(params=DECODERS)
def llm(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def split(llm: str) -> tuple[LazyTensors, LazyTensors]:
    """The released checkpoint and the decoder's own weights, by their files' names."""
    tensors = manifest(f"state_dict_{llm}")["tensors"]
    released = {name: one for name, one in tensors.items() if one["in_released_pth"]}
    decoder = {
        name.removeprefix(tensor_names.DECODER).replace("lm_head.0.", "lm_head."): one
        for name, one in tensors.items()
        if one["source"] == "hub LLM weights"
    }
    assert len(released) == RELEASED
    assert set(released) == set(manifest(f"state_dict_{llm}")["released_keys"])
    tower = {name for name in tensors if name.startswith(("visual_encoder.", "ln_vision."))}
    assert len(released) + len(decoder) + len(tower) == len(tensors), "each has its place"
    return empty(released), empty(decoder)


@pytest.mark.parametrize("merge", [True, False])
def test_every_tensor_lands(llm: str, merge: bool) -> None:
    released, decoder = split(llm)
    projector, adapter = tensor_names.split_trained(released, 32)
    ours = {
        **{
            name: one().to("meta")
            for name, one in tensor_names.tower_from_eva(eva(), TOWER).items()
        },
        **{name: one() for name, one in projector.items()},
        **{
            name: one()
            for name, one in tensor_names.decoder_from_hub(
                decoder, adapter if merge else None
            ).items()
        },
    }
    shapes = expected_shapes(paper_config(TOWER, DECODERS[llm]))
    assert {name: value.shape for name, value in ours.items()} == shapes
    total = sum(shape.numel() for shape in shapes.values())
    assert total == pytest.approx(7.7e9 if llm == "llama" else 8.2e9, rel=0.05)


def test_the_towers_names_are_those_of_the_manifest() -> None:
    described = manifest("eva_vit_g")
    ours = set(tensor_names.tower_from_eva(eva(), TOWER))
    theirs = {
        tensor_names.TOWER + name.partition("[")[0]
        for name in described["to_blip2_vision_model"].values()
        if name.partition("[")[0]
    }
    assert theirs <= ours
    assert ours - theirs <= {
        f"{tensor_names.TOWER}post_layernorm.{end}" for end in ("weight", "bias")
    }


def test_what_the_manifest_names_as_dropped_is_dropped(llm: str) -> None:
    extra = {"norm.weight": (1408,), "head.weight": (1000, 1408), "blocks.39.norm1.bias": (1408,)}
    more = lazy({name: torch.empty(shape, device="meta") for name, shape in extra.items()})
    assert set(tensor_names.tower_from_eva({**eva(), **more}, TOWER)) == set(
        tensor_names.tower_from_eva(eva(), TOWER)
    )
    odd = lazy({"blocks.0.surprise": torch.empty(1, device="meta")})
    with pytest.raises(ModelDamagedError, match=r"blocks\.0\.surprise"):
        tensor_names.tower_from_eva({**eva(), **odd}, TOWER)


def test_one_tensor_too_few_is_named(llm: str) -> None:
    released, _ = split(llm)
    name = sorted(released)[17]
    with pytest.raises(ModelDamagedError, match="should hold 130 tensors, it holds 129") as caught:
        tensor_names.split_trained({one: released[one] for one in released if one != name}, 32)
    assert name in caught.value.message
