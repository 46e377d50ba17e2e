"""Files that are no parts of the paper's model: each its own error, before anything is written."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import release
import torch
from golden_model import TOWER

from vidqa.cli.app import run
from vidqa.errors import ModelDamagedError, NoSpaceError, UsageError, VidqaError
from vidqa.models.conversion.convert import convert
from vidqa.models.conversion.released_files import Parts
from vidqa.models.store import disk

pytestmark = pytest.mark.numbers

LLAMA, MISTRAL = "llama", "mistral"
INDEX = "model.safetensors.index.json"
BROKEN = "{nope"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return release.write_parts(MISTRAL, tmp_path_factory.mktemp("parts"))


def refuse(parts: Parts, tmp_path: Path, error: type[VidqaError], text: str) -> VidqaError:
    with pytest.raises(error, match=text) as caught:
        convert(parts, tmp_path / "model", tower=TOWER)
    assert not (tmp_path / "model").exists()
    assert not list(tmp_path.glob(".*")), "no draft is left"
    return caught.value


@pytest.mark.parametrize("llm", [LLAMA, MISTRAL])
def test_the_other_decoders_checkpoint_is_named(llm: str, tmp_path: Path) -> None:
    made = {}
    for name in (LLAMA, MISTRAL):
        (tmp_path / name).mkdir()
        made[name] = release.write_parts(name, tmp_path / name)
    other = made[MISTRAL if llm == LLAMA else LLAMA]
    names = ["Llama-2", "Mistral"] if llm == LLAMA else ["Mistral", "Llama-2"]
    error = refuse(
        replace(other, checkpoint=made[llm].checkpoint),
        tmp_path,
        ModelDamagedError,
        f"trained with {names[0]} .* the decoder is a {names[1]}",
    )
    assert error.hint is not None
    assert "--decoder" in error.hint


@pytest.mark.parametrize(
    ("name", "text", "error", "said"),
    [
        ("config.json", BROKEN, ModelDamagedError, "config.json cannot be read"),
        ("config.json", "[]", ModelDamagedError, "no JSON object"),
        ("config.json", "{}", UsageError, "of type None"),
        ("config.json", '{"model_type": "gpt2"}', UsageError, "of type 'gpt2'"),
        (
            "config.json",
            '{"model_type": "llama", "hidden_size": "wide"}',
            ModelDamagedError,
            "describes no llama",
        ),
        ("config.json", None, UsageError, "holds no model"),
        (INDEX, BROKEN, ModelDamagedError, "index.json cannot be read"),
        (INDEX, "{}", ModelDamagedError, "names no files"),
        (INDEX, None, UsageError, "holds no weights"),
        ("model-00002-of-00002.safetensors", None, ModelDamagedError, "cannot be read"),
        ("model-00002-of-00002.safetensors", "x" * 99, ModelDamagedError, "cannot be read"),
        ("tokenizer.model", None, ModelDamagedError, "neither tokenizer.model nor"),
        ("tokenizer.model", "abc", ModelDamagedError, "not a SentencePiece model"),
        ("tokenizer_config.json", BROKEN, ModelDamagedError, "tokenizer_config.json cannot"),
    ],
)
def test_a_decoder_that_is_none(
    parts: Parts, tmp_path: Path, name: str, text: str | None, error: type[VidqaError], said: str
) -> None:
    decoder = tmp_path / "decoder"
    shutil.copytree(parts.decoder, decoder)
    (decoder / name).unlink()
    if text is not None:
        (decoder / name).write_text(text)
    refuse(replace(parts, decoder=decoder), tmp_path, error, said)


def without_a_block(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in tensors.items() if not name.startswith("blocks.2.")}


def twice_as_wide(tensors: dict[str, Any]) -> dict[str, Any]:
    side = TOWER.hidden_size
    return {
        name: torch.zeros([2 * size if size == side else size for size in one.shape])
        for name, one in tensors.items()
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_a_block, r"the tower should hold 43 tensors, it holds 30: missing blocks\.2"),
        (twice_as_wide, "a tower of width 64, wanted 32"),
        (lambda _: {"head.bias": torch.zeros(3)}, "holds no tower"),
        (lambda _: {"model": {}}, "is a checkpoint, not a tower"),
    ],
)
def test_a_tower_that_is_none(
    parts: Parts, tmp_path: Path, change: Callable[[Any], Any], said: str
) -> None:
    file = tmp_path / "tower.pth"
    torch.save(change(torch.load(parts.tower)), file)
    refuse(replace(parts, tower=file), tmp_path, ModelDamagedError, said)


def test_a_folder_without_tower(parts: Parts, tmp_path: Path) -> None:
    refuse(replace(parts, tower=parts.decoder), tmp_path, ModelDamagedError, "holds no tower")


@pytest.mark.parametrize("merge", [True, False])
def test_a_lora_of_another_size_is_named(parts: Parts, tmp_path: Path, merge: bool) -> None:
    name = next(one for one in release.taken_apart(MISTRAL).trained if "q_proj.lora_A" in one)
    bad = release.write_checkpoint(MISTRAL, tmp_path / "bad.pth", **{name: torch.zeros(64, 8)})
    with pytest.raises(ModelDamagedError, match=r"LoRA of model\.layers\.0\.self_attn\.q_proj"):
        convert(replace(parts, checkpoint=bad), tmp_path / "model", merge=merge, tower=TOWER)


def test_a_file_that_git_did_not_fetch(parts: Parts, tmp_path: Path) -> None:
    pointer = tmp_path / "checkpoint.pth"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    error = refuse(replace(parts, checkpoint=pointer), tmp_path, ModelDamagedError, "only points")
    assert error.hint == f"run `git lfs pull` in {tmp_path}"


def test_a_cut_file_can_be_fetched_again(parts: Parts, tmp_path: Path) -> None:
    content = parts.checkpoint.read_bytes()
    cut = tmp_path / "checkpoint.pth"
    cut.write_bytes(content[: len(content) // 2])
    error = refuse(replace(parts, checkpoint=cut), tmp_path, ModelDamagedError, "cannot be read")
    assert error.hint is not None
    assert "fetch it again" in error.hint


class Odd:
    """Something that a file may not bring along."""


def test_what_is_not_plain_is_named_and_nobody_is_told_to_trust_it(
    parts: Parts, tmp_path: Path
) -> None:
    file = tmp_path / "odd.pth"
    torch.save({"model": {}, "config": Odd()}, file)
    error = refuse(replace(parts, checkpoint=file), tmp_path, ModelDamagedError, "holds .*Odd")
    assert "weights_only" not in error.message
    assert "\x1b" not in error.message


def test_a_full_disk_is_said_before_the_work(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "SPARE_BYTES", 1 << 60)
    refuse(parts, tmp_path, NoSpaceError, "are needed in")


def test_a_destination_that_cannot_be(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="no folder can be made"):
        convert(parts, tmp_path / "file" / "model", tower=TOWER)


def test_the_command(
    parts: Parts,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("vidqa.models.conversion.convert.RELEASED_TOWER", TOWER)
    command = [
        *("models", "convert", str(parts.checkpoint), "--tower", str(parts.tower)),
        *("--decoder", str(parts.decoder), "-o", str(tmp_path / "model")),
    ]
    assert run(command) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "not kept: config, epoch, optimizer, scaler" in err
    assert json.loads((tmp_path / "model" / "vidqa.json").read_text()) == {
        "preset": "minigpt4-video-mistral"
    }
    assert run(command) == 2
    assert "hint: choose another folder" in capsys.readouterr().err
    assert run([*command[:-1], str(tmp_path / "other"), "--keep-adapter"]) == 0
    assert (tmp_path / "other" / "adapter" / "adapter_config.json").is_file()
