"""What encodes sentences: like transformers, without torch."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel

from vidqa.errors import ModelDamagedError, ModelUnsupportedError
from vidqa.network.meaning.encoder import load_sentence_encoder

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "red", "door", "opens", "cat", "sleeps"]
pytestmark = pytest.mark.numbers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT of the true layout."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=16,
        layer_norm_eps=1e-12,
    )
    model = BertModel(config)
    for one in model.parameters():  # biases and norms too, which begin at 0 and 1
        torch.nn.init.normal_(one, std=0.3)
    model.save_pretrained(folder)
    tokenizer = Tokenizer(
        WordPiece({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_padding(length=12)  # as it is stored for batches
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def expected(folder: Path, ids: list[int]) -> np.ndarray:
    with torch.inference_mode():
        states = BertModel.from_pretrained(folder)(torch.tensor([ids])).last_hidden_state
    return torch.nn.functional.normalize(states.mean(dim=1), dim=1)[0].numpy()


def test_it_is_transformers_bert(folder: Path) -> None:
    encoder = load_sentence_encoder(folder, most_tokens=16)
    texts = ["a Red door opens", "cat", "a cat sleeps a cat sleeps", "zebra"]
    ids = [[2, 4, 5, 6, 7, 3], [2, 8, 3], [2, 4, 8, 9, 4, 8, 9, 3], [2, 1, 3]]
    rows = encoder.embed(texts)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [expected(folder, one) for one in ids], atol=2e-6)
    assert encoder.embed([]).shape == (0, 24)


def test_a_text_is_encoded_alike_beside_others(folder: Path) -> None:
    encoder = load_sentence_encoder(folder, most_tokens=16)
    alone = encoder.embed(["a cat sleeps"])[0]
    assert np.array_equal(encoder.embed(["a red door opens a cat", "a cat sleeps"])[1], alone)


def test_a_long_text_is_cut(folder: Path) -> None:
    encoder = load_sentence_encoder(folder, most_tokens=5)
    cut = encoder.embed(["a cat sleeps a red door"])[0]
    np.testing.assert_allclose(cut, expected(folder, [2, 4, 8, 9, 3]), atol=2e-6)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_damaged_file_is_said(folder: Path, tmp_path: Path, name: str) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(ModelDamagedError, match="cannot be read"):
        load_sentence_encoder(tmp_path, most_tokens=16)


def test_another_network_is_refused(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "model_type": "roberta"}))
    with pytest.raises(ModelUnsupportedError, match="roberta"):
        load_sentence_encoder(tmp_path, most_tokens=16)


def test_it_needs_no_torch(folder: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from vidqa.network.meaning.encoder import load_sentence_encoder
load_sentence_encoder(Path({str(folder)!r}), most_tokens=16).embed(["a cat"])
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
