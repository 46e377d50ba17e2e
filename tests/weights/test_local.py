"""Models in folders of the user's own."""

import json
from pathlib import Path

import pytest

from vidqa.errors import ModelDamagedError, UsageError
from vidqa.models.resolve import SETTINGS, find_local, write_settings

PRESET = "minigpt4-video-mistral"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    write_settings(folder, PRESET)
    return folder


def test_a_folder_is_shown_clips_like_its_preset(folder: Path) -> None:
    local = find_local(str(folder))
    assert local is not None
    assert (local.spec.name, local.spec.frames, local.folder) == ("mine", 90, folder)
    assert local.spec.paper is not None


def test_names_of_presets_are_no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / PRESET).mkdir()
    assert find_local(PRESET) is None
    assert find_local("anything") is None


def test_the_revision_follows_the_content(folder: Path) -> None:
    def revision() -> str:
        local = find_local(str(folder))
        assert local is not None
        return local.revision

    before = revision()
    assert revision() == before
    seen = {before}
    (folder / "adapter").mkdir()
    (folder / "adapter" / "adapter_model.safetensors").touch()
    for name in ("preprocessor_config.json", "chat_template.jinja", "adapter/adapter_config.json"):
        for number in (0, 1):
            told = {"peft_type": "LORA", "lora_alpha": number}
            (folder / name).write_text(json.dumps(told))
            seen.add(revision())
    (folder / "model.safetensors").write_bytes(b"other weights")
    seen.add(revision())
    assert len(seen) == 8


@pytest.mark.parametrize("text", ["", "[]", '{"preset": "nope"}', '{"preset": ["x"]}'])
def test_settings_that_name_nothing_are_an_error(folder: Path, text: str) -> None:
    (folder / SETTINGS).write_text(text)
    with pytest.raises(ModelDamagedError, match=r"vidqa\.json' (names no preset|cannot be read)"):
        find_local(str(folder))


def test_other_folders_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.pth"
    file.touch()
    for path, said in [
        (tmp_path, "holds no model"),
        (tmp_path / "absent", "is not there"),
        (file, "is a file"),
    ]:
        with pytest.raises(UsageError, match=said):
            find_local(str(path))
