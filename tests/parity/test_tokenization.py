"""Ids of prompt pieces: exactly those of the slow tokenizer that the authors used."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import golden_files
import pytest
from transformers import PreTrainedTokenizerFast

from vidqa.errors import ModelDamagedError
from vidqa.network.text.detokenize import text_of
from vidqa.network.text.paper_tokenizer import piece_ids, piece_tokenizer
from vidqa.network.text.sentencepiece import read_vocabulary
from vidqa.network.text.whole_answer import PAD_PIECE
from vidqa.prompt.paper import templates

FACTS = golden_files.facts("tokenization")
MISTRAL_COMMON = "mistral-common==1.13.1"
"""A package whose wheel carries the vocabulary of Mistral-7B-Instruct-v0.2."""


@pytest.fixture(scope="module", params=["tokenizer.model", "tokenizer.json"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    shutil.copy(golden_files.FOLDER / f"tiny_{request.param}", folder / request.param)
    return folder


@pytest.fixture(scope="module")
def mistral(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerFast:
    """The real vocabulary, taken out of a wheel; nothing of the package is executed."""
    kept = os.environ.get("VIDQA_TEST_CACHE")
    folder = Path(kept) / "mistral-v1" if kept else tmp_path_factory.mktemp("mistral")
    file = folder / "tokenizer.model"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(folder)]
        subprocess.run([*command, MISTRAL_COMMON], check=True)
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            file.write_bytes(archive.read("mistral_common/data/tokenizer.model.v1"))
        wheel.unlink()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == FACTS["mistral_v1"]["sha256"]
    return piece_tokenizer(folder)


def expect(
    tokenizer: PreTrainedTokenizerFast, cases: list[dict[str, object]], legacy: bool
) -> None:
    texts = [str(case["text"]) for case in cases]
    got = piece_ids(tokenizer, texts, legacy=legacy)
    assert dict(zip(texts, got, strict=True)) == {str(one["text"]): one["ids"] for one in cases}
    assert all(one["ids_with_bos"] == [1, *one["ids"]] for one in cases)  # type: ignore[misc]


@pytest.mark.parametrize("legacy", [True, False])
def test_tiny_pieces(tiny: Path, legacy: bool) -> None:
    tokenizer = piece_tokenizer(tiny)
    expect(tokenizer, FACTS[f"tiny_legacy_{legacy}"], legacy)
    assert tokenizer.convert_tokens_to_ids(PAD_PIECE) == FACTS["tiny_pad_token_id"]


@pytest.mark.network
@pytest.mark.parametrize("legacy", [True, False])
def test_mistral_pieces(mistral: PreTrainedTokenizerFast, legacy: bool) -> None:
    expect(mistral, FACTS[f"mistral_v1_legacy_{legacy}"], legacy)
    assert mistral.convert_tokens_to_ids(PAD_PIECE) == FACTS["mistral_v1"]["pad_token_id"]
    assert len(mistral) == FACTS["mistral_v1"]["vocab_size"] + 1


@pytest.mark.network
@pytest.mark.parametrize(
    "case", FACTS["mistral_v1_whole_prompts"], ids=lambda c: f"{c['vtt']}-{c['which']}"
)
def test_whole_prompts(mistral: PreTrainedTokenizerFast, case: dict[str, object]) -> None:
    clips = golden_files.facts("frames_and_text")["subtitles"]
    clip = next(
        one for one in clips if (one["vtt"], one["n_frames"]) == (case["vtt"], case["n_frames"])
    )
    body = clip[str(case["which"])]
    prompt = templates.asked(body["text"])
    first, *rest = piece_ids(mistral, prompt.split(templates.IMAGE_MARK), legacy=True)
    assert [1, *first] == case["first_segment"]
    assert rest[-1] == case["last_segment"]
    text = 1 + sum(map(len, [first, *rest]))
    assert text == case["text_tokens"]
    assert text + 64 * body["n_images"] == case["total_with_64_per_frame"]


@pytest.mark.network
def test_decoding(mistral: PreTrainedTokenizerFast) -> None:
    for case in FACTS["decode_mistral_v1"]:
        assert text_of(mistral, case["ids"]) == case["skip_special_tokens"]
        decoded = mistral.decode(case["ids"], skip_special_tokens=True)
        assert decoded == case["skip_special_tokens"]


def test_a_tokenizer_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelDamagedError, match="neither"):
        read_vocabulary(tmp_path)
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "WordPiece"}}')
    with pytest.raises(ModelDamagedError, match="byte fallback"):
        read_vocabulary(tmp_path)
    for damaged in (b"", b"\x0a\xff\x01abc", b"\xff"):
        (tmp_path / "tokenizer.model").write_bytes(damaged)
        with pytest.raises(ModelDamagedError, match=r"tokenizer\.model"):
            read_vocabulary(tmp_path)
