"""From the authors' files to our folder: the same logits, or an error that names what is wrong."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import golden_files
import pytest
import release
import torch
from batch_answers import answer_greedily
from batch_rows import Embedded, embed_left_padded, join
from golden_model import LEGACY, TOWER, tokenizer
from peft import PeftModel
from torch import Tensor
from transformers import AutoModelForImageTextToText

from vidqa.errors import ModelDamagedError, UsageError
from vidqa.models.conversion import convert as converting
from vidqa.models.conversion import tensor_names
from vidqa.models.conversion.convert import Converted, convert
from vidqa.models.conversion.lazy_tensors import lazy
from vidqa.models.conversion.released_files import Parts
from vidqa.network.inference.token_sampling import AnswerPenalty
from vidqa.network.loading import ADAPTER, Loaded, load_folder
from vidqa.network.text.paper_tokenizer import piece_ids
from vidqa.network.vision.eva import EvaVisionModel
from vidqa.prompt.paper import templates

pytestmark = pytest.mark.numbers


@pytest.fixture(scope="module", params=golden_files.LLMS)
def llm(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def parts(llm: str, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return release.write_parts(llm, tmp_path_factory.mktemp("parts"))


def converted(parts: Parts, folder: Path, **settings: bool) -> tuple[Converted, Loaded]:
    result = convert(parts, folder, tower=TOWER, **settings)
    return result, load_folder(folder, device="cpu", dtype="float32")


@torch.inference_mode()
def prompt_of(loaded: Loaded, llm: str) -> Embedded:
    """Golden case A, the model's last norm put in: the real one scales and shifts nothing."""
    network = loaded.network
    norm = release.read(release.taken_apart(llm).norm)
    network.load_state_dict(norm, strict=False)
    pieces = piece_ids(
        tokenizer(), case_a(llm)["prompt"].split(templates.IMAGE_MARK), legacy=LEGACY[llm]
    )
    frames = golden_files.tensors("shared_inputs")["A.images"][0]
    visual = network.get_image_features(frames).pooler_output
    row = join(network, [[1, *pieces[0]], *pieces[1:]], visual)
    return embed_left_padded(network, [row], window=1000)


@torch.inference_mode()
def logits(loaded: Loaded, llm: str) -> Tensor:
    return loaded.network(inputs_embeds=prompt_of(loaded, llm).inputs_embeds).logits


def case_a(llm: str) -> Any:
    return golden_files.facts(f"{llm}_cases")["A_infer_subs"]


def test_the_folder_gives_the_authors_logits(parts: Parts, llm: str, tmp_path: Path) -> None:
    result, loaded = converted(parts, tmp_path / "model")
    assert result.left_out == ("config", "epoch", "optimizer", "scaler")
    expected = golden_files.tensors(f"{llm}_tensors")["A.prefill_logits"]
    torch.testing.assert_close(logits(loaded, llm), expected, atol=1e-4, rtol=0)
    assert AnswerPenalty.of(loaded) is not None
    assert loaded.stop_ids == {2}
    assert loaded.image_mark in templates.chat_template(legacy=LEGACY[llm])
    assert loaded.processor.chat_template == templates.chat_template(legacy=LEGACY[llm])
    assert not list(tmp_path.glob(".*"))


def test_the_folder_writes_the_authors_answer(parts: Parts, llm: str, tmp_path: Path) -> None:
    """With the penalty and the end that stand in the folder."""
    _, loaded = converted(parts, tmp_path / "model")
    greedy = case_a(llm)["greedy_rp1.5"]
    if greedy["min_top1_top2_margin"] <= 1e-3:
        pytest.skip("two tokens were too close to call")
    (written,) = answer_greedily(
        loaded.network,
        prompt_of(loaded, llm),
        max_new_tokens=greedy["generate_kwargs"]["max_new_tokens"],
        eos_id=loaded.end_id,
        penalty=AnswerPenalty.of(loaded),
    )
    assert written == greedy["new_ids"][0][: len(written)]
    assert loaded.end_id in written or len(written) == len(greedy["new_ids"][0])


@pytest.mark.parametrize(
    "others",
    [
        {"config": {"run": {"seed": 42}, "model": {"arch": "mini_gpt4"}}, "epoch": 3},
        {"config": {"datasets": {"cmd_video": {}, "webvid": {}}}, "epoch": 49, "scaler": {}},
        {},
    ],
    ids=["images", "captions", "bare"],
)
def test_every_stages_checkpoint_converts_to_the_same(
    parts: Parts, llm: str, tmp_path: Path, others: dict[str, Any]
) -> None:
    """The stages differ in what stands beside the model and in values, never in names."""
    checkpoint = tmp_path / "stage.pth"
    torch.save({"model": release.read(release.taken_apart(llm).trained), **others}, checkpoint)
    result = convert(replace(parts, checkpoint=checkpoint), tmp_path / "one", tower=TOWER)
    assert result.left_out == tuple(sorted(others))
    convert(parts, tmp_path / "other", tower=TOWER)
    one, other = (
        (tmp_path / name / "model-00001-of-00001.safetensors").read_bytes()
        for name in ("one", "other")
    )
    assert one == other


def test_a_decoder_in_the_old_format_is_the_same(parts: Parts, llm: str, tmp_path: Path) -> None:
    decoder = tmp_path / "decoder"
    shutil.copytree(parts.decoder, decoder, ignore=shutil.ignore_patterns("model*"))
    state = release.read(release.taken_apart(llm).decoder)
    names = sorted(state)
    index = {}
    for number in (1, 2):
        file = f"pytorch_model-0000{number}-of-00002.bin"
        part = {name: state[name] for name in names[number - 1 :: 2]}
        torch.save(part, decoder / file)
        index |= dict.fromkeys(part, file)
    (decoder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": index}))
    convert(parts, tmp_path / "one", tower=TOWER)
    convert(replace(parts, decoder=decoder), tmp_path / "other", tower=TOWER)
    one, other = (
        (tmp_path / name / "model-00001-of-00001.safetensors").read_bytes()
        for name in ("one", "other")
    )
    assert one == other


def test_peft_itself_loads_an_adapter_kept_apart(parts: Parts, llm: str, tmp_path: Path) -> None:
    """Without any code of vidqa but the class that the Auto classes know."""
    convert(parts, tmp_path / "model", merge=False, tower=TOWER)
    loaded = load_folder(tmp_path / "model", device="cpu", dtype="float32")
    bare: Any = AutoModelForImageTextToText.from_pretrained(tmp_path / "model", dtype=torch.float32)
    tuned = PeftModel.from_pretrained(bare, tmp_path / "model" / ADAPTER)
    merged = replace(loaded, network=tuned.merge_and_unload().eval())
    expected = golden_files.tensors(f"{llm}_tensors")["A.prefill_logits"]
    torch.testing.assert_close(logits(merged, llm), expected, atol=1e-4, rtol=0)


def test_an_adapter_kept_apart_gives_the_same(parts: Parts, llm: str, tmp_path: Path) -> None:
    _, loaded = converted(parts, tmp_path / "model", merge=False)
    expected = golden_files.tensors(f"{llm}_tensors")["A.prefill_logits"]
    torch.testing.assert_close(logits(loaded, llm), expected, atol=1e-4, rtol=0)
    (tmp_path / "model" / ADAPTER).rename(tmp_path / "elsewhere")
    bare = load_folder(tmp_path / "model", device="cpu", dtype="float32")
    assert not torch.allclose(logits(bare, llm), expected, atol=1e-2), "the LoRA does something"


def test_the_tower_of_a_blip2_model_is_the_same(parts: Parts, llm: str, tmp_path: Path) -> None:
    blip2 = release.write_blip2(llm, tmp_path / "blip2")
    convert(parts, tmp_path / "one", tower=TOWER)
    convert(Parts(parts.checkpoint, blip2, parts.decoder), tmp_path / "other", tower=TOWER)
    one, other = (
        load_folder(tmp_path / name, device="cpu", dtype="float32").network.state_dict()
        for name in ("one", "other")
    )
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_small_shards_hold_the_same(
    parts: Parts, llm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting, "SHARD_NUMBERS", 25_000)
    result, loaded = converted(parts, tmp_path / "model")
    files = sorted((tmp_path / "model").glob("*.safetensors"))
    assert len(files) > 5
    assert sum(file.stat().st_size for file in files) >= result.size_bytes
    index = json.loads((tmp_path / "model" / "model.safetensors.index.json").read_text())
    assert len(index["weight_map"]) == result.tensors
    expected = golden_files.tensors(f"{llm}_tensors")["A.prefill_logits"]
    torch.testing.assert_close(logits(loaded, llm), expected, atol=1e-4, rtol=0)


def test_missing_and_odd_tensors_are_named(llm: str, parts: Parts, tmp_path: Path) -> None:
    names = list(release.taken_apart(llm).trained)
    bad = release.write_checkpoint(
        llm, tmp_path / "bad.pth", **{names[0]: None, "llama_proj.extra": torch.zeros(1)}
    )
    with pytest.raises(ModelDamagedError, match="missing") as caught:
        convert(Parts(bad, parts.tower, parts.decoder), tmp_path / "model", tower=TOWER)
    assert names[0] in caught.value.message
    assert "llama_proj.extra" in caught.value.message
    assert not (tmp_path / "model").exists()
    assert not list(tmp_path.glob(".*")), "no draft is left"


def test_what_is_no_part_is_refused(parts: Parts, llm: str, tmp_path: Path) -> None:
    target = tmp_path / "model"
    noise = tmp_path / "noise.pth"
    noise.write_bytes(b"no checkpoint at all")
    bare = tmp_path / "bare.pth"
    torch.save({"epoch": 1}, bare)
    for checkpoint, error, text in [
        (tmp_path / "absent.pth", UsageError, "no file"),
        (noise, ModelDamagedError, "cannot be read"),
        (bare, ModelDamagedError, "under `model`"),
    ]:
        with pytest.raises(error, match=text):
            convert(Parts(checkpoint, parts.tower, parts.decoder), target, tower=TOWER)
    with pytest.raises(UsageError, match="holds no model"):
        convert(Parts(parts.checkpoint, parts.tower, tmp_path), target, tower=TOWER)
    with pytest.raises(ModelDamagedError, match="not a tower"):
        convert(Parts(parts.checkpoint, parts.checkpoint, parts.decoder), target, tower=TOWER)
    with pytest.raises(ModelDamagedError, match="of width 32, wanted 1408"):
        convert(parts, target)  # the tower's size is not that of the paper
    target.mkdir()
    with pytest.raises(UsageError, match="is there already"):
        convert(parts, target, tower=TOWER)


def test_code_in_a_checkpoint_is_not_run(parts: Parts, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "exploded",)  # type: ignore[return-value]

    file = tmp_path / "bomb.pth"
    torch.save({"model": {}, "config": Bomb()}, file)
    with pytest.raises(ModelDamagedError, match="cannot be read"):
        convert(Parts(file, parts.tower, parts.decoder), tmp_path / "model", tower=TOWER)
    assert not (tmp_path / "exploded").exists()


@torch.inference_mode()
def test_a_half_precision_tower_with_a_block_too_many() -> None:
    """The golden look-alike of `eva_vit_g.pth`: positions of another grid, and a classifier."""
    theirs = golden_files.tensors("eva_ckpt_tiny_fp16")
    expected = golden_files.tensors("extra_tensors")
    state = release.read(tensor_names.tower_from_eva(lazy(theirs), TOWER))
    tower = EvaVisionModel(TOWER).eval()
    tower.load_state_dict(
        {name.removeprefix(tensor_names.TOWER): value.float() for name, value in state.items()},
        strict=True,
    )
    positions = state[f"{tensor_names.TOWER}embeddings.position_embedding"]
    torch.testing.assert_close(positions.float(), expected["eva_ckpt.pos_embed"], atol=1e-5, rtol=0)
    frames = golden_files.tensors("shared_inputs")["A.images"][0]
    out = tower(frames).last_hidden_state
    torch.testing.assert_close(out, expected["eva_ckpt.ln_default_out"], atol=1e-4, rtol=0)
