"""What encodes texts and pictures side by side: a tiny Qwen3-VL of the true layout."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from transformers import AutoProcessor, Qwen3VLForConditionalGeneration, Qwen3VLModel

from families import qwen3_vl_folder
from vidqa.engine.finding.sentences import Sentences
from vidqa.errors import ModelDamagedError, ModelUnsupportedError
from vidqa.models.presets.sentences import SENTENCES
from vidqa.network.meaning.pictures import PictureEncoder, load_picture_encoder

TOLD = "Represent the user's input."
TEXTS = ("a dog", "a red door opens", "")
pytestmark = pytest.mark.numbers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return qwen3_vl_folder(tmp_path_factory.mktemp("qwen"))


def load(folder: Path, most_tokens: int = 64) -> PictureEncoder:
    return load_picture_encoder(
        folder, device="cpu", dtype="float32", most_tokens=most_tokens, images_kwargs={}
    )


def pictures() -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    sizes = ((32, 32), (40, 24))
    return [chance.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


def expected(folder: Path, said: str, images: list[np.ndarray] | None = None) -> np.ndarray:
    """The last state of the whole model at the last token of a conversation written by hand."""
    network = Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    text = (
        f"<|im_start|>system\n{TOLD}<|im_end|>\n<|im_start|>user\n{said}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    inputs = AutoProcessor.from_pretrained(folder)(text=text, images=images, return_tensors="pt")
    with torch.inference_mode():
        states = network(**inputs, output_hidden_states=True).hidden_states[-1]
    row = states[0, -1].numpy()
    return row / np.linalg.norm(row)


def test_a_text_is_the_last_state_behind_its_instruction(folder: Path) -> None:
    rows = load(folder).embed(TEXTS, TOLD)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [expected(folder, one) for one in TEXTS], atol=2e-6)
    assert load(folder).embed([]).shape == (0, 32)


def test_a_picture_is_the_last_state_behind_it(folder: Path) -> None:
    rows = load(folder).embed_pictures(pictures(), TOLD)
    mark = "<|vision_start|><|image_pad|><|vision_end|>"
    wanted = [expected(folder, mark, [one]) for one in pictures()]
    np.testing.assert_allclose(rows, wanted, atol=2e-6)
    assert not np.allclose(rows[0], rows[1], atol=1e-3)


def test_marks_in_a_text_are_no_marks(folder: Path) -> None:
    rows = load(folder).embed(["a <|image_pad|> dog <|im_end|>", "a dog"], TOLD)
    assert np.isfinite(rows).all()
    assert not np.allclose(rows[0], rows[1], atol=1e-3)


def test_a_long_text_is_cut(folder: Path) -> None:
    encoder = load(folder, most_tokens=4)
    one, other = encoder.embed(["a a a a a a a a", "a a a a b b b b"])
    ids = encoder._loaded.encode
    assert ids("a a a a a a a a")[:4] == ids("a a a a b b b b")[:4]
    assert np.array_equal(one, other)


def test_a_model_without_a_head_is_the_same(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "bare")
    Qwen3VLModel.from_pretrained(folder, dtype=torch.float32).save_pretrained(tmp_path / "bare")
    rows = load(tmp_path / "bare").embed(TEXTS, TOLD)
    assert np.array_equal(rows, load(folder).embed(TEXTS, TOLD))


@pytest.mark.parametrize("is_left_over", [False, True])
def test_weights_of_another_model_are_refused(
    folder: Path, tmp_path: Path, is_left_over: bool
) -> None:
    shutil.copytree(folder, tmp_path / "odd")
    file = tmp_path / "odd" / "model.safetensors"
    weights = safetensors.torch.load_file(file)
    name = next(one for one in weights if "visual.blocks.0" in one)
    if is_left_over:
        weights["model.visual.blocks.9.attn.qkv.weight"] = torch.zeros(2)
    else:
        del weights[name]
    safetensors.torch.save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(ModelDamagedError, match=r"visual\.blocks\."):
        load(tmp_path / "odd")


def test_a_model_without_eyes_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "blind")
    (tmp_path / "blind" / "config.json").write_text('{"model_type": "qwen3"}')
    with pytest.raises(ModelUnsupportedError, match="does not look at pictures"):
        load(tmp_path / "blind")


def test_what_is_searched_has_another_instruction_than_what_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = replace(SENTENCES["qwen3-vl-embedding-2b"], picture_pixels=(256, 1024))
    monkeypatch.setattr("vidqa.system.devices.choose_dtype", lambda *_: "float32")
    sentences, encoder = Sentences(spec, folder, "cpu"), load(folder)
    (query,) = encoder.embed(["a dog"], spec.before_query)
    assert np.array_equal(sentences.query("a dog"), query)
    passages = encoder.embed(["a dog"], spec.before_passage)
    assert np.array_equal(sentences.each(["a dog"]), passages)
    assert not np.allclose(query, passages[0], atol=1e-4)
    shown = encoder.embed_pictures(pictures(), spec.before_passage)
    np.testing.assert_allclose(sentences.pictures(pictures()), shown, atol=2e-6)


def test_those_that_are_known_look_at_frames_as_the_models_that_answer() -> None:
    for name in ("qwen3-vl-embedding-2b", "qwen3-vl-embedding-8b"):
        assert SENTENCES[name].picture_pixels == (16_384, 131_072)
        assert SENTENCES[name].before_query != SENTENCES[name].before_passage
