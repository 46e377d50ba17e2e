"""8 and 4 bits: only the decoder's blocks, near enough to the whole, or a plain refusal."""

from pathlib import Path
from typing import Any

import pytest
import release
import torch
from golden_model import TOWER
from torch import Tensor, nn
from transformers import LlamaConfig

from vidqa.errors import UsageError
from vidqa.models.conversion.convert import convert, paper_config
from vidqa.network import quantization as quantized
from vidqa.network.loading import load_folder
from vidqa.network.modeling import VidqaForConditionalGeneration

pytestmark = pytest.mark.numbers

FAR = {"int8": 0.05, "int4": 0.3}
"""Of the largest logit: the most that rounding may move one; it moved them by 0.015 and 0.16 on the
CPU that this was written on. A small random network is the worst case for 4 bits."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper's model, tiny, but with a decoder as wide as 4-bit kernels need it."""
    folder = tmp_path_factory.mktemp("parts")
    convert(release.write_parts("llama", folder), folder / "model", tower=TOWER)
    decoder = LlamaConfig(
        vocab_size=704,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        tie_word_embeddings=False,
        eos_token_id=2,
    )
    torch.manual_seed(0)
    for file in (folder / "model").glob("*.safetensors*"):
        file.unlink()
    VidqaForConditionalGeneration(paper_config(TOWER, decoder)).save_pretrained(folder / "model")
    return folder / "model"


def linears(network: nn.Module) -> dict[str, str]:
    return {
        name: type(module).__name__
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear)
    }


@torch.inference_mode()
def logits(network: Any) -> Tensor:
    ids = torch.arange(20, 60)[None]
    scores: Tensor = network(input_ids=ids).logits
    return scores.float()


@pytest.mark.filterwarnings("ignore")  # bitsandbytes warns of casts, and of kernels for the GPU
@pytest.mark.parametrize(("dtype", "kind"), [("int8", "Linear8bitLt"), ("int4", "Linear4bit")])
def test_only_the_decoders_blocks_are_quantized(folder: Path, dtype: str, kind: str) -> None:
    whole = load_folder(folder, device="cpu", dtype="float32").network
    small = load_folder(folder, device="cpu", dtype=dtype).network
    for name, found in linears(small).items():
        assert (found == kind) == ("language_model.layers." in name), name
    expected = logits(whole)
    moved = (logits(small) - expected).abs().max() / expected.abs().max()
    assert 0 < moved < FAR[dtype]


def test_without_the_library_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantized, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="needs bitsandbytes") as caught:
        load_folder(folder, device="cpu", dtype="int8")
    assert caught.value.hint == "pip install 'vidqa[quantize]'"
