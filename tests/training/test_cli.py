"""`vidqa train` from its words to a folder, the engine's model a tiny random one."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import tiny
from media.clips import make_clip
from tiny import smolvlm_folder
from vidqa import engine
from vidqa.cli.app import run
from vidqa.cli.commands.train import TrainOptions, read_settings
from vidqa.engine import open_folder
from vidqa.errors import UsageError
from vidqa.models.add import add
from vidqa.models.resolve import trained_preset
from vidqa.training.log import LOG
from vidqa.training.session import NOTES
from vidqa.training.settings import TrainingSettings


@pytest.fixture
def examples(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A clip and a picture."""
    base = tiny.vidqa_folder(tmp_path_factory.mktemp("base"))

    def load(*_: object, device: str, dtype: str, **__: object) -> engine.Model:
        spec = tiny.spec("vidqa", frames=2)
        return open_folder(spec, base, revision="test", device=device, dtype=dtype)

    monkeypatch.setattr(engine, "load", load)
    make_clip(tmp_path / "a.mp4", [0, 100, 200])
    Image.new("RGB", (64, 48), "red").save(tmp_path / "b.png")
    file = tmp_path / "all.jsonl"
    lines = [{"video": name, "question": "what?", "answer": "it"} for name in ("a.mp4", "b.png")]
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def train(examples: Path, folder: Path, *more: str) -> int:
    words = ["train", str(examples), "-o", str(folder), "--device", "cpu", "--steps", "4", *more]
    return run(words)


@pytest.mark.parametrize("more", [(), ("--dtype", "float32", "--gradient-checkpointing")])
def test_a_model_comes_out(
    examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    folder = tmp_path / "mine"
    assert train(examples, folder, "--eval", str(examples), "--save-every", "2", *more) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "2 answers about 2 clips, 4 steps" in err
    assert "step 4: loss" in err
    assert f"the model is in {folder}" in err
    assert json.loads((folder / "vidqa.json").read_text()) == {"preset": "starter"}
    assert len((folder / NOTES / LOG).read_text().splitlines()) == 6


def test_a_lost_clip_is_said_and_left_out(
    examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mp4").unlink()
    assert train(examples, tmp_path / "mine") == 40
    assert "a.mp4" in capsys.readouterr().err
    assert (tmp_path / "mine" / "config.json").is_file()


def test_bad_words_end_it(
    examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(examples, tmp_path / "mine", "--layout", "tar") == 2
    assert train(examples, tmp_path / "mine", "--dtype", "int8") == 2
    assert train(examples, tmp_path / "mine", "--recipe", "paper") == 2
    assert train(examples, tmp_path / "mine", "--stage", "align") == 2
    assert not (tmp_path / "mine").exists()


def test_only_our_own_models_are_trained(
    examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = smolvlm_folder(tmp_path / "other")
    for base in ("qwen3-vl-2b", "whisper-small", "nope", str(other)):
        assert train(examples, tmp_path / "mine", "--base", base) == 2
    said = capsys.readouterr().err
    assert "qwen3-vl-2b cannot be trained: only starter, minigpt4-video-mistral" in said
    assert f"{other} cannot be trained" in said
    assert not (tmp_path / "mine").exists()


def test_an_added_model_goes_on_being_trained(examples: Path, tmp_path: Path) -> None:
    assert train(examples, tmp_path / "first") == 0
    add(tmp_path / "first", "mine")
    assert trained_preset("mine") == "starter"
    assert train(examples, tmp_path / "second", "--base", "mine") == 0
    assert json.loads((tmp_path / "second" / "vidqa.json").read_text()) == {"preset": "starter"}


def settings(
    preset: str = "starter", clips: int = 5, recipe: str = "vidqa", **changes: Any
) -> TrainingSettings:
    return read_settings(TrainOptions(output=Path("out"), **changes), recipe, preset, clips)


def test_lengths_follow_the_number_of_clips() -> None:
    few, many = settings(clips=3), settings(clips=4000)
    assert (few.steps, few.batch) == (60, 3)
    assert (many.steps, many.batch) == (3000, 4)


@pytest.mark.parametrize(
    ("preset", "stage", "steps", "batch"),
    [
        ("minigpt4-video-llama2", None, 50_000, 4),
        ("minigpt4-video-mistral", None, 43_750, 1),
        ("minigpt4-video-llama2", "align", 1000, 12),
        ("minigpt4-video-mistral", "pretrain", 20_000, 64),
    ],
)
def test_the_authors_settings(preset: str, stage: str | None, steps: int, batch: int) -> None:
    found = settings(preset, recipe="paper", stage=stage)
    assert (found.steps, found.batch) == (steps, batch)
    assert found.weight_decay == 0.05
    assert found.clip_norm is None
    assert found.lora.rank == 64


def test_other_stages_are_refused() -> None:
    with pytest.raises(UsageError, match="no such stage"):
        settings("minigpt4-video-llama2", recipe="paper", stage="last")
