"""A revision names the content of a model: it changes with any part and with nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from vidqa.models import registry
from vidqa.models.installed import model_key, model_revision
from vidqa.models.spec import HubSource, PackagedSource, WheelSource
from vidqa.system import paths

STARTER = registry.MODELS["starter"]


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that ship inside vidqa, to be changed at will."""
    folder = tmp_path / "data" / "starter"
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path / "data")
    return folder


def test_it_stays_when_nothing_that_is_loaded_changes(packaged: Path) -> None:
    before = model_revision(STARTER)
    assert len(before) == 12
    assert model_key(STARTER) == f"models/starter/{before}"
    (packaged / "README.md").write_text("about it")
    assert model_revision(replace(STARTER, frames=99, summary="other words")) == before


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_it_changes_with_a_packaged_file(packaged: Path, name: str) -> None:
    before = model_revision(STARTER)
    (packaged / name).write_bytes(b"other")
    assert model_revision(STARTER) != before


def test_it_changes_with_a_pin(packaged: Path) -> None:
    first, *others = STARTER.sources
    assert isinstance(first, WheelSource)
    other_file = replace(first.files[0], sha256="0" * 64)
    changed = replace(STARTER, sources=(replace(first, files=(other_file,)), *others))
    assert model_revision(changed) != model_revision(STARTER)


def test_what_ships_is_one_of_its_parts() -> None:
    assert PackagedSource("starter", "Apache-2.0") in STARTER.sources


def test_it_changes_with_the_revision_of_a_hub_source() -> None:
    """Whose files need not be pinned by their hashes."""
    paper = registry.MODELS["minigpt4-video-mistral"]
    first, *others = paper.sources
    assert isinstance(first, HubSource)
    for other in (replace(first, revision="0" * 40), replace(first, repo="someone/else")):
        assert model_revision(replace(paper, sources=(other, *others))) != model_revision(paper)
