"""The model class: shapes, loading, and what must be equal to what."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText, AutoProcessor, MistralConfig

from tiny import vidqa_folder
from vidqa.errors import ModelDamagedError
from vidqa.network.configuration import ConceptVisionConfig, EvaVisionConfig, VidqaConfig
from vidqa.network.loading import load_folder
from vidqa.network.modeling import ConcatProjector, VidqaForConditionalGeneration
from vidqa.network.registration import register
from vidqa.network.vision.concepts import ConceptVisionModel

pytestmark = pytest.mark.numbers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vidqa_folder(tmp_path_factory.mktemp("model"))


def test_projector_joins_four_neighbours_in_order() -> None:
    projector = ConcatProjector(concat_factor=4, vision_width=3, text_width=12, bias=False)
    with torch.no_grad():
        projector.linear.weight.copy_(torch.eye(12))
    tokens = torch.arange(2 * 8 * 3, dtype=torch.float32).reshape(2, 8, 3)
    projected = projector(tokens)
    assert projected.shape == (2, 2, 12)
    assert projected[1, 1].tolist() == torch.cat(list(tokens[1, 4:8])).tolist()


def test_projector_refuses_a_remainder() -> None:
    projector = ConcatProjector(concat_factor=4, vision_width=3, text_width=12, bias=False)
    with pytest.raises(ValueError, match="7 visual tokens are not a multiple of 4"):
        projector(torch.zeros(1, 7, 3))


def test_tower_names_every_place() -> None:
    tower = ConceptVisionModel(
        ConceptVisionConfig(architecture="test_efficientnet", hidden_size=20)
    )
    with torch.inference_mode():
        tokens = tower.eval()(torch.randn(2, 3, 64, 64)).last_hidden_state
    assert tokens.shape == (2, 20, 20)
    for part in tokens.split([9, 11], dim=-1):  # classes, colours
        torch.testing.assert_close(part.sum(-1), torch.ones(2, 20))


def test_tower_is_the_classifier_applied_everywhere() -> None:
    tower = ConceptVisionModel(
        ConceptVisionConfig(architecture="test_efficientnet", hidden_size=20, cells_per_side=1)
    ).eval()
    pixels = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        whole = tower(pixels).last_hidden_state[:, 0, :9]
        expected = tower.classifier(pixels).softmax(-1)
    torch.testing.assert_close(whole, expected)


def test_round_trip_is_bit_exact(folder: Path, tmp_path: Path) -> None:
    register()
    first = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.bfloat16)
    first.save_pretrained(tmp_path)
    second = AutoModelForImageTextToText.from_pretrained(tmp_path, dtype="auto")
    assert isinstance(second, VidqaForConditionalGeneration)
    assert second.config.to_diff_dict().keys() == first.config.to_diff_dict().keys()
    ours, theirs = first.state_dict(), second.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_processor_round_trip(folder: Path, tmp_path: Path) -> None:
    register()
    first = AutoProcessor.from_pretrained(folder)
    first.save_pretrained(tmp_path)
    second = AutoProcessor.from_pretrained(tmp_path)
    picture = torch.randint(0, 255, (40, 30, 3), dtype=torch.uint8).numpy()
    ours, theirs = (
        p(text=["<image>what?"], images=[[picture]], return_tensors="pt") for p in (first, second)
    )
    assert torch.equal(ours["pixel_values"], theirs["pixel_values"])
    assert torch.equal(ours["input_ids"], theirs["input_ids"])
    assert int((ours["input_ids"] == first.image_token_id).sum()) == 5


@pytest.mark.parametrize("key", ["model.projector.linear.bias", "model.language_model.norm.weight"])
def test_a_missing_tensor_is_named(folder: Path, tmp_path: Path, key: str) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in folder.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    tensors = load_file(broken / "model.safetensors")
    del tensors[key]
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelDamagedError, match=key):
        load_folder(broken, device="cpu", dtype="float32")


def test_many_images_go_through_the_tower_in_batches(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = load_folder(folder, device="cpu", dtype="float32").network
    pixels = torch.randn(40, 3, 64, 64)
    taken: list[int] = []
    tower = network.model.vision_tower
    forward = tower.forward
    monkeypatch.setattr(
        tower,
        "forward",
        lambda pixel_values: taken.append(len(pixel_values)) or forward(pixel_values),
    )
    with torch.inference_mode():
        many = network.get_image_features(pixels).pooler_output
        alone = network.get_image_features(pixels[39:]).pooler_output
    assert taken == [16, 16, 8, 1]
    assert len(many) == 40
    torch.testing.assert_close(many[39], alone[0], atol=1e-5, rtol=1e-4)


def test_wrong_number_of_visual_tokens_is_refused(folder: Path) -> None:
    loaded = load_folder(folder, device="cpu", dtype="float32")
    ids = torch.tensor([[1, loaded.network.config.image_token_id, 2]])
    with pytest.raises(ValueError, match="1 image places but 0 visual tokens"):
        loaded.network(input_ids=ids)


def test_the_papers_model_is_the_same_class() -> None:
    """EVA ViT-g/14 and Mistral-7B as configurations; on the meta device nothing is allocated."""
    register()
    config = VidqaConfig(
        vision_config=EvaVisionConfig().to_dict(),
        text_config=MistralConfig(vocab_size=32000).to_dict(),
        vision_feature_select_strategy="default",
        image_seq_length=64,
        image_token_id=32000,
        tie_word_embeddings=False,
    )
    with torch.device("meta"):
        network = VidqaForConditionalGeneration(config)
        features = network.get_image_features(torch.empty(2, 3, 224, 224))
    assert network.model.projector.linear.weight.shape == (4096, 5632)
    assert [part.shape for part in features.pooler_output] == [(64, 4096)] * 2
    assert network.lm_head.weight.shape == (32000, 4096)


def test_loss_counts_only_labels(folder: Path) -> None:
    loaded = load_folder(folder, device="cpu", dtype="float32")
    ids = torch.tensor([[5, 6, 7, 8]])
    labels = torch.tensor([[-100, -100, 7, -100]])
    with torch.inference_mode():
        outputs = loaded.network(input_ids=ids, labels=labels)
    expected = -outputs.logits[0, 1].log_softmax(-1)[7]
    torch.testing.assert_close(outputs.loss, expected)


def test_batch_equals_single(folder: Path) -> None:
    loaded = load_folder(folder, device="cpu", dtype="float32")
    image = loaded.network.config.image_token_id
    ids = torch.tensor([[5, *[image] * 5, 7], [6, *[image] * 5, 9]])
    pixels = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        both = loaded.network(input_ids=ids, pixel_values=pixels).logits
        for row in range(2):
            alone = loaded.network(
                input_ids=ids[row : row + 1], pixel_values=pixels[row : row + 1]
            ).logits
            torch.testing.assert_close(both[row : row + 1], alone)


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vidqa_folder(tmp_path_factory.mktemp("peopled"), sees_people=True)


def test_generate_takes_all_that_the_processor_returns(peopled: Path) -> None:
    loaded = load_folder(peopled, device="cpu", dtype="float32")
    picture = torch.randint(0, 255, (40, 90, 3), dtype=torch.uint8).numpy()
    inputs = loaded.processor(text=["<image>what?"], images=[[picture]], return_tensors="pt")
    assert inputs["image_sizes"].tolist() == [[40, 90]]
    written = loaded.network.generate(**inputs, max_new_tokens=2, do_sample=False)
    assert written.shape[1] <= inputs["input_ids"].shape[1] + 2


@pytest.mark.parametrize("kind", ["array", "channels first", "pillow"])
def test_sizes_are_told_of_every_kind_of_picture(peopled: Path, kind: str) -> None:
    processor = load_folder(peopled, device="cpu", dtype="float32").processor
    pixels = np.zeros((40, 90, 3), dtype=np.uint8)
    picture = {
        "array": pixels,
        "channels first": pixels.transpose(2, 0, 1).copy(),
        "pillow": Image.fromarray(pixels),
    }[kind]
    inputs = processor(text=["<image>what?"], images=[[picture]], return_tensors="pt")
    assert inputs["image_sizes"].tolist() == [[40, 90]]


@torch.inference_mode()
def test_frames_are_looked_at_one_by_one_however_many_there_are(peopled: Path) -> None:
    network = load_folder(peopled, device="cpu", dtype="float32").network
    pixels = torch.rand(18, 3, 64, 64) * 2 - 1
    sizes = torch.tensor([[32, 64], [64, 32]]).repeat(9, 1)
    shown = list[tuple[int, ...]]()
    network.model.vision_tower.faces.register_forward_pre_hook(
        lambda _, taken: shown.append(tuple(taken[0].shape))
    )
    many = network.get_image_features(pixels, sizes).last_hidden_state
    for number in (0, 1, 17):
        part = slice(number, number + 1)
        alone = network.get_image_features(pixels[part], sizes[part]).last_hidden_state
        torch.testing.assert_close(many[part], alone)
    assert shown[:18] == [(1, 3, 160, 320), (1, 3, 320, 160)] * 9
