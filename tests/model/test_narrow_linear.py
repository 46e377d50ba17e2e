"""8 and 4 bits on a CPU, for models on transformers' classes: torch's own products."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from films import ONE, TWO, film
from torch import Tensor, nn

from families import MAKERS, family_spec
from vidqa.engine import open_folder
from vidqa.network import loading, opening, quantization
from vidqa.network.loading import Loaded, load_folder
from vidqa.network.native import narrow_linear
from vidqa.network.native.narrow_linear import (
    FEW_TOKENS,
    EightBitLinear,
    FourBitLinear,
    narrow_linears,
)
from vidqa.network.opening import open_network
from vidqa.system.number_formats import AS_STORED

pytestmark = pytest.mark.numbers

KINDS = {8: EightBitLinear, 4: FourBitLinear}
FAR = {8: 0.03, 4: 0.3}
"""Of the largest number: the most that rounding may move one."""
OTHERS = [name for name in MAKERS if name != "vidqa"]
"""Families on transformers' classes."""


@torch.inference_mode()
def logits(network: Any, tokens: int) -> Tensor:
    return network(input_ids=torch.arange(20, 20 + tokens)[None]).logits.float()


def moved(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.fixture(scope="module", params=OTHERS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = MAKERS[request.param](tmp_path_factory.mktemp(request.param) / request.param)
    return folder


@pytest.mark.parametrize("computed_in", ["float32", "bfloat16"])
@pytest.mark.parametrize("bits", [8, 4])
def test_only_the_decoder_is_rounded_and_it_says_nearly_the_same(
    folder: Path, bits: int, computed_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantization, "find_spec", lambda _: None)  # no bitsandbytes is needed
    monkeypatch.setattr(opening, "choose_dtype", lambda *_: computed_in)
    whole = load_folder(folder, device="cpu", dtype=computed_in)
    small = open_network(
        folder, device="cpu", dtype=f"int{bits}", processor=whole.processor
    ).network
    found = {name: type(one) for name, one in small.named_modules()}
    for name, one in whole.network.named_modules():
        if isinstance(one, nn.Linear):
            is_block = re.search(r"(language|text)_model\.layers\.", name) is not None
            kept = EightBitLinear if name == "lm_head" else nn.Linear
            assert found[name] is (KINDS[bits] if is_block else kept), name
    assert small.dtype == getattr(torch, computed_in)
    wide = {name: one for name, one in small.named_buffers() if "inv_freq" in name}
    assert wide
    for name, one in whole.network.named_buffers():
        if "inv_freq" in name:
            assert torch.equal(wide[name], one), name
    for tokens in (FEW_TOKENS, 3 * FEW_TOKENS):
        expected = logits(whole.network, tokens)
        assert 0 < moved(logits(small, tokens), expected) < FAR[bits]
        assert torch.equal(logits(small, tokens), logits(small, tokens))


@pytest.mark.parametrize(
    ("computed_in", "read"), [("float32", AS_STORED), ("bfloat16", "bfloat16")]
)
def test_nothing_is_widened_before_it_is_rounded(
    folder: Path, computed_in: str, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, asked = load_folder(folder, device="cpu", dtype="float32"), list[str]()

    def spied(*args: Any, dtype: str, **more: Any) -> Loaded:
        asked.append(dtype)
        return load_folder(*args, dtype=dtype, **more)

    monkeypatch.setattr(loading, "load_folder", spied)
    monkeypatch.setattr(opening, "choose_dtype", lambda *_: computed_in)
    open_network(folder, device="cpu", dtype="int8", processor=whole.processor)
    assert asked == [read]


def test_memory_is_planned_for_what_is_loaded(folder: Path) -> None:
    """Blocks and head in a byte a number, the rest as it is computed."""
    how: Any = {"revision": "1", "device": "cpu", "dtype": "int8"}
    model = open_folder(family_spec(folder.name), folder, **how)
    network, size = model.loaded.network, 4 if model.loaded.network.dtype == torch.float32 else 2
    head = network.get_output_embeddings()
    every = load_folder(folder, device="cpu", dtype="float32").network
    blocks = sum(one.numel() for one in every.get_decoder().layers.parameters())
    is_own = every.get_output_embeddings().weight is not every.get_input_embeddings().weight
    numbers = head.in_features * head.out_features
    rest = sum(one.numel() for one in every.parameters()) - blocks - is_own * numbers
    assert model.memory.plan.weights_bytes == blocks + rest * size + numbers


def test_an_answer_says_how_it_was_written(folder: Path, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", [ONE] * 20 + [TWO] * 20)
    model = open_folder(family_spec(folder.name), folder, revision="1", device="cpu", dtype="int8")
    watched = model.watch(clip, subtitles="off", frames=2)
    answers = [watched.ask("Who?", max_new_tokens=4) for _ in range(2)]
    assert answers[0].dtype == "int8"
    assert answers[0].text == answers[1].text


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("shape", [(48, 40), (64, 33), (7, 96)])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("tokens", [1, FEW_TOKENS, FEW_TOKENS + 1])
def test_a_layer_of_any_shape(bits: int, shape: tuple[int, int], bias: bool, tokens: int) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(*shape, bias=bias)
    states = torch.randn(1, tokens, shape[0])
    with torch.inference_mode():
        expected = linear(states)
        narrow = KINDS[bits](linear)
        assert 0 < moved(narrow(states), expected) < FAR[bits]
        half = narrow.to(torch.bfloat16)(states.to(torch.bfloat16))
        assert torch.equal(narrow(states), narrow(states))
    assert half.shape == expected.shape
    assert half.dtype == torch.bfloat16
    assert moved(half.float(), expected) < FAR[bits] + 0.02


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("tokens", [1, FEW_TOKENS + 1])
def test_zeros_stay_zeros(bits: int, tokens: int) -> None:
    linear = nn.Linear(64, 32, bias=False)
    nn.init.zeros_(linear.weight)
    with torch.inference_mode():
        product = KINDS[bits](linear)(torch.randn(tokens, 64))
    assert torch.equal(product, torch.zeros(tokens, 32))


@pytest.mark.parametrize("bits", [8, 4])
def test_a_large_weight_is_rounded_part_by_part(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    linear, states = nn.Linear(64, 330), torch.randn(3, 64)
    with torch.inference_mode():
        at_once = KINDS[bits](linear)(states)
        monkeypatch.setattr(narrow_linear, "NUMBERS_AT_ONCE", 1)
        assert torch.equal(KINDS[bits](linear)(states), at_once)


def test_a_large_weight_is_widened_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow, states = EightBitLinear(nn.Linear(64, 330)), torch.randn(FEW_TOKENS + 1, 64)
    with torch.inference_mode():
        at_once = narrow(states)
        monkeypatch.setattr(narrow_linear, "WIDENED_ROWS", 48)
        torch.testing.assert_close(narrow(states), at_once)


class Router(nn.Linear):
    """A layer that does more than a linear one."""


class Adapted(nn.Module):
    """A layer of a decoder as PEFT wraps it."""

    def __init__(self) -> None:
        super().__init__()
        self.base_layer = nn.Linear(32, 32)
        self.lora_A = nn.ModuleDict({"default": nn.Linear(32, 2)})
        self.router = Router(32, 4)


class Network:
    """As much of a network as is asked for."""

    def __init__(self) -> None:
        self.layers = nn.ModuleList([Adapted()])
        self.head = nn.Linear(32, 9)

    def get_decoder(self) -> "Network":
        return self

    def get_output_embeddings(self) -> nn.Module:
        return self.head

    def set_output_embeddings(self, head: nn.Module) -> None:
        self.head = head


def test_an_adapter_and_what_is_no_plain_layer_stay_as_they_are() -> None:
    network = Network()
    narrow_linears(network, 4)
    (layer,) = network.layers
    assert type(layer.base_layer) is FourBitLinear
    assert type(layer.lora_A["default"]) is nn.Linear
    assert type(layer.router) is Router
    assert type(network.head) is EightBitLinear
