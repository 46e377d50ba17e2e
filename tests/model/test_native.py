"""vidqa's own modules compute what transformers' classes compute, number for number."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from clips import make_clip
from families import family_spec
from tiny import native_folder, talkative, vidqa_folder
from vidqa.engine import open_folder
from vidqa.errors import ModelDamagedError
from vidqa.network.inference import decode as decoding
from vidqa.network.inference.decode_together import decode_together
from vidqa.network.inference.preprocess import preprocess
from vidqa.network.inference.token_sampling import Sampling, TokenChooser
from vidqa.network.inference.visual_features import visual_tokens
from vidqa.network.loaded import Loaded
from vidqa.network.measure import footprint_of, measure
from vidqa.network.native.config import read_native
from vidqa.network.native.kv_cache import KeyValueLayer
from vidqa.network.native.loading import load_native
from vidqa.network.opening import open_network, open_processor

pytestmark = pytest.mark.numbers

UNWANTED = (
    "transformers", "torchvision", "timm", "accelerate", "peft", "torch._dynamo",
    "torch.distributed.tensor", "bitsandbytes", "matplotlib",
)  # fmt: skip
"""What `ask` may not import for a model that runs on vidqa's own modules."""
WORDS = "<|im_start|>user\nIs it a cat?  Ça va, 你好 \U0001f600\n\n<image> the video<|im_end|>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talkative(native_folder(tmp_path_factory.mktemp("native")))


def opened(folder: Path, dtype: str = "float32", **how: bool) -> Loaded:
    processor = open_processor(folder, **how)
    return open_network(folder, device="cpu", dtype=dtype, processor=processor, **how)


@pytest.fixture(params=["float32", "bfloat16"])
def both(request: pytest.FixtureRequest, folder: Path) -> tuple[Loaded, Loaded]:
    ours, theirs = (
        opened(folder, request.param),
        opened(folder, request.param, by_transformers=True),
    )
    assert type(ours.network).__name__ == "NativeNetwork"
    assert type(theirs.network).__name__ == "VidqaForConditionalGeneration"
    return ours, theirs


def frames(count: int = 3) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (48, 80, 3), dtype=np.uint8) for _ in range(count)]


def pictures(inputs: Any) -> dict[str, torch.Tensor]:
    """What the tower is told."""
    return {name: inputs[name] for name in ("pixel_values", "image_sizes")}


def prefix(loaded: Loaded) -> tuple[torch.Tensor, torch.Tensor, Any]:
    """A long prompt with three pictures: ids, visual tokens and their form."""
    mark = loaded.image_mark
    inputs = preprocess(loaded.processor, frames(), images_kwargs={})
    tokens, form = visual_tokens(loaded.network.get_image_features(**pictures(inputs)))
    text = (f"{mark * 5} the cat is called " * 3 + " and then it sleeps" * 60).replace("  ", " ")
    ids = loaded.tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
    return ids, tokens, form


@torch.inference_mode()
def test_pictures_and_words_become_the_same_numbers(both: tuple[Loaded, Loaded]) -> None:
    inputs = [preprocess(one.processor, frames(), images_kwargs={}) for one in both]
    assert torch.equal(inputs[0]["pixel_values"], inputs[1]["pixel_values"])
    assert torch.equal(inputs[0]["input_ids"], inputs[1]["input_ids"])
    assert inputs[0]["image_sizes"].tolist() == inputs[1]["image_sizes"].tolist() == [[48, 80]] * 3
    ours, theirs = (
        one.network.get_image_features(**pictures(given))
        for one, given in zip(both, inputs, strict=True)
    )
    assert torch.equal(ours.last_hidden_state, theirs.last_hidden_state)
    assert ours.last_hidden_state[..., -2:].any(), "some look like people"
    assert all(map(torch.equal, ours.pooler_output, theirs.pooler_output))


@torch.inference_mode()
def test_what_was_read_and_what_is_written_are_the_same(both: tuple[Loaded, Loaded]) -> None:
    found = []
    for loaded in both:
        ids, tokens, form = prefix(loaded)
        context = decoding.prefill_prefix(loaded.network, ids, tokens, form=form)
        branch = context.branch()
        question = torch.tensor([loaded.encode(" is it a cat?<|im_end|>")])
        logits = decoding.prefill_question(loaded.network, question, branch)
        written = decoding.decode(loaded.network, logits, branch, TokenChooser(Sampling()))
        answer = [next(written) for _ in range(12)]
        again = context.branch()
        same = decoding.prefill_question(loaded.network, question, again)
        given = torch.tensor([answer])
        scores = decoding.log_likelihoods(loaded.network, same, again, given)
        layers: Any = context.cache.layers
        found.append((ids, logits, answer, scores, [one.keys.clone() for one in layers]))
    ours, theirs = found
    assert ours[2] == theirs[2]
    assert len(set(ours[2])) > 1, "it says more than one word"
    for number in (0, 1, 3):
        assert torch.equal(ours[number], theirs[number])
    assert all(map(torch.equal, ours[4], theirs[4]))


@torch.inference_mode()
def test_several_are_answered_together_alike(both: tuple[Loaded, Loaded]) -> None:
    found = []
    for loaded in both:
        ids, tokens, form = prefix(loaded)
        context = decoding.prefill_prefix(loaded.network, ids, tokens, form=form)
        contexts = [context.branch(), context.branch()]
        logits = [
            decoding.prefill_question(loaded.network, torch.tensor([loaded.encode(text)]), one)
            for text, one in zip(("a cat", " is it a much longer question?"), contexts, strict=True)
        ]
        answers: list[list[int]] = [[], []]

        def take(row: int, token: int, answers: list[list[int]] = answers) -> bool:
            answers[row].append(token)
            return len(answers[row]) < (4, 9)[row]

        choosers = [TokenChooser(Sampling()) for _ in contexts]
        decode_together(loaded.network, logits, contexts, choosers, take)
        found.append(answers)
    assert found[0] == found[1]


@torch.inference_mode()
def test_the_last_of_several_does_not_read_what_was_padded(tmp_path: Path) -> None:
    loaded, begun = opened(native_folder(tmp_path / "even")), []  # it attends to all alike
    for text in ("a cat", " is it a much longer question? it is, and a dog sleeps"):
        context = decoding.Context(loaded.network.new_cache())
        question = torch.tensor([loaded.encode(text)])
        begun.append((decoding.prefill_question(loaded.network, question, context), context))
    found: list[list[torch.Tensor]] = []

    def chooser() -> Any:
        seen: list[torch.Tensor] = []
        found.append(seen)
        return SimpleNamespace(choose=lambda logits: seen.append(logits.clone()) or len(seen))

    together = [chooser(), chooser()]
    logits, contexts = zip(*begun, strict=True)
    decode_together(
        loaded.network, logits, contexts, together, lambda row, _: len(found[row]) < (9, 3)[row]
    )
    written = decoding.decode(loaded.network, *begun[0], chooser())
    assert [next(written) for _ in range(9)] == list(range(1, 10))
    assert len(found[0]) == 9
    torch.testing.assert_close(torch.cat(found[0]), torch.cat(found[2]), rtol=1e-3, atol=1e-5)


def test_tokenizers_agree(both: tuple[Loaded, Loaded]) -> None:
    ours, theirs = both
    assert ours.encode(WORDS) == theirs.encode(WORDS)
    ids = ours.encode(WORDS)
    for skip in (False, True):
        assert ours.tokenizer.decode(ids, skip_special_tokens=skip) == theirs.tokenizer.decode(
            ids, skip_special_tokens=skip
        )
        assert ours.tokenizer.convert_ids_to_tokens(
            ids, skip_special_tokens=skip
        ) == theirs.tokenizer.convert_ids_to_tokens(ids, skip_special_tokens=skip)
    for name in ("control_tokens", "stop_ids", "end_id", "image_mark", "picture_size"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.context_tokens == theirs.context_tokens
    messages = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Who?"}]}]
    rendered = [one.chat_template.render(messages, add_generation_prompt=True) for one in both]
    assert rendered[0] == rendered[1]


def test_memory_is_planned_alike(folder: Path) -> None:
    config: Any = opened(folder, by_transformers=True).network.config
    assert measure(folder) == footprint_of(config)


@pytest.mark.parametrize(
    ("file", "place", "value"),
    [
        ("config.json", ("text_config", "attention_bias"), True),
        ("config.json", ("text_config", "hidden_act"), "gelu"),
        ("config.json", ("text_config", "rope_parameters", "rope_type"), "yarn"),
        ("config.json", ("vision_config", "architecture"), "resnet50"),
        ("config.json", ("tie_word_embeddings",), False),
        ("config.json", ("text_config",), None),
        ("processor_config.json", ("image_processor", "resample"), "bicubic"),
        ("processor_config.json", ("image_processor", "do_resize"), False),
        ("tokenizer_config.json", ("tokenizer_class",), "LlamaTokenizer"),
    ],
)
def test_what_is_otherwise_is_left_to_transformers(
    folder: Path, tmp_path: Path, file: str, place: tuple[str, ...], value: object
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in folder.iterdir():
        (other / name.name).symlink_to(name)
    assert read_native(other) is not None
    settings = json.loads((folder / file).read_text())
    inner = settings
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    (other / file).unlink()
    (other / file).write_text(json.dumps(settings))
    assert read_native(other) is None


def test_an_adapter_and_another_tower_are_left_to_transformers(
    folder: Path, tmp_path: Path
) -> None:
    assert read_native(vidqa_folder(tmp_path / "other")) is None
    own = native_folder(tmp_path / "own")
    (own / "adapter").mkdir()
    assert read_native(own) is None


@pytest.mark.parametrize("fault", ["missing_keys", "unexpected_keys", "mismatched_keys"])
def test_weights_that_do_not_fit_are_named(folder: Path, tmp_path: Path, fault: str) -> None:
    own = native_folder(tmp_path / "own")
    file = own / "model.safetensors"
    weights = safetensors.torch.load_file(file)
    name = "model.projector.linear.bias"
    match fault:
        case "missing_keys":
            del weights[name]
        case "unexpected_keys":
            name = "model.projector.more"
            weights[name] = torch.zeros(1)
        case _:
            weights[name] = torch.zeros(3)
    safetensors.torch.save_file(weights, file)
    config = read_native(own)
    assert config is not None
    with pytest.raises(ModelDamagedError, match=f"{fault}: {name}"):
        load_native(own, config, device="cpu", dtype="float32")
    file.write_bytes(b"no weights")
    with pytest.raises(ModelDamagedError, match="cannot be read"):
        load_native(own, config, device="cpu", dtype="float32")


def test_branches_do_not_disturb_each_other() -> None:
    def states(value: float, tokens: int) -> torch.Tensor:
        return torch.full((1, 2, tokens, 4), value)

    layer = KeyValueLayer()
    layer.update(states(1, 3), states(-1, 3))
    first, second = layer.branch(), layer.branch()
    first.update(states(2, 2), states(-2, 2))
    layer.update(states(3, 1), states(-3, 1))
    second.update(states(4, 1), states(-4, 1))
    first.update(states(5, 1), states(-5, 1))
    third = first.branch()
    assert [one.get_seq_length() for one in (layer, first, second, third)] == [4, 6, 4, 6]
    assert layer.keys[0, 0, :, 0].tolist() == [1, 1, 1, 3]
    assert first.keys[0, 0, :, 0].tolist() == third.keys[0, 0, :, 0].tolist() == [1, 1, 1, 2, 2, 5]
    assert second.values[0, 1, :, 2].tolist() == [-1, -1, -1, -4]
    place = third.branch()
    place.update(states(0, 1), states(0, 1))
    before = place.keys.data_ptr()
    place.update(states(0, 1), states(0, 1))
    assert place.keys.data_ptr() == before, "a token more moves nothing"
    for number in range(300):  # beyond the room there was
        third.update(states(number, 1), states(number, 1))
    assert first.keys[0, 0, :, 0].tolist() == [1, 1, 1, 2, 2, 5]
    assert third.keys[0, 0, -1, 0] == 299


def test_training_gets_the_classes_that_can_be_trained(folder: Path) -> None:
    how = {"revision": "test", "device": "cpu", "dtype": "float32"}
    spec = family_spec("vidqa")
    assert type(open_folder(spec, folder, **how).loaded.network).__name__ == "NativeNetwork"
    trained = open_folder(spec, folder, trainable=True, **how).loaded.network
    assert type(trained).__name__ == "VidqaForConditionalGeneration"


def test_asking_imports_only_what_the_model_needs(folder: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    make_clip(clip, range(0, 1000, 40))
    program = (
        "import sys; from vidqa.cli.app import run; status = run(sys.argv[1:]); "
        f"print(status, [name for name in {UNWANTED!r} if name in sys.modules])"
    )
    words = ["--subtitles", "off", "--max-new-tokens", "2", "--temperature", "1", "--grounding"]
    done = subprocess.run(
        [sys.executable, "-c", program, "ask", str(clip), "Who?", "-m", str(folder), *words],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def test_a_model_that_sees_no_people_is_opened_as_before(tmp_path: Path) -> None:
    folder = vidqa_folder(tmp_path, architecture="tf_efficientnet_lite0", head_dim=16)
    for name in ("config.json", "processor_config.json"):  # as they were written before
        settings = json.loads((folder / name).read_text())
        settings.pop("tells_image_sizes", None)
        for key in ("sees_people", "everyday_names"):
            settings.get("vision_config", {}).pop(key, None)
        (folder / name).write_text(json.dumps(settings))
    loaded = opened(folder)
    inputs = preprocess(loaded.processor, frames(1), images_kwargs={})
    assert set(inputs) == {"input_ids", "pixel_values"}
    tokens = loaded.network.get_image_features(inputs["pixel_values"]).last_hidden_state
    assert tokens.shape == (1, 20, 27)
