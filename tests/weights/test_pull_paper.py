"""The paper's model from the Hub: its three parts fetched, put together, and asked."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import golden_model
import pytest
import release
import torch
from loopback_hub import COMMIT, LoopbackHub, serve

from apart import run_apart
from vidqa.models import registry
from vidqa.models.spec import File, HubSource
from vidqa.network.loading import load_folder

PULL = """
import json, sys
from vidqa.models import registry
from vidqa.errors import VidqaError
from vidqa.network.configuration import EvaVisionConfig
from vidqa.models import pull
from vidqa.models.conversion import convert
convert.RELEASED_TOWER = EvaVisionConfig(**json.loads(sys.argv[1]))
sources = []
for fields in json.loads(sys.argv[2]):
    files = tuple(registry.File(**file) for file in fields.pop("files"))
    sources.append(registry.HubSource(files=files, **fields))
registry.MODELS["tiny"] = registry.ModelSpec(
    "tiny", "random", tuple(sources), "minigpt4-video", None, 4, 40, 12, 1)
try:
    print(json.dumps({"folder": str(pull.pull("tiny"))}))
except VidqaError as error:
    print(json.dumps({"error": type(error).__name__, "message": error.message, "hint": error.hint}))
"""


Release = tuple[LoopbackHub, list[HubSource]]


@pytest.fixture(scope="module", params=["mistral", pytest.param("llama", marks=pytest.mark.slow)])
def llm(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def parts(llm: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """All files on one Hub, and the three repositories that they are in."""
    folder = tmp_path_factory.mktemp("parts")
    release.write_checkpoint(llm, folder / "last.pth")
    decoder = release.write_decoder(llm, folder / "decoder")
    blip2 = release.write_blip2(llm, folder / "blip2")
    served = {
        "decoder": {file.name: file for file in decoder.iterdir()},
        "checkpoint": {"checkpoints/last.pth": folder / "last.pth"},
        "tower": {"model.safetensors": blip2 / "model.safetensors"},
    }
    sources = [
        HubSource(
            f"someone/{role}",
            COMMIT,
            tuple(File(name, file.stat().st_size, None) for name, file in files.items()),
            "MIT",
            role=role,
        )
        for role, files in served.items()
    ]
    contents = {n: f.read_bytes() for files in served.values() for n, f in files.items()}
    return LoopbackHub(contents), sources


def pull(hub: LoopbackHub, sources: list[HubSource], **environment: str) -> dict[str, Any]:
    tower = {
        name: getattr(golden_model.TOWER, name)
        for name in (
            "image_size",
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
        )
    }
    described = json.dumps([asdict(source) for source in sources])
    settings = {"HF_ENDPOINT": hub.url, **environment}
    said = run_apart(PULL, json.dumps(tower), described, **settings)
    return dict(json.loads(said.splitlines()[-1]))


def test_pulled_parts_make_the_golden_model(llm: str, parts: Release, tmp_path: Path) -> None:
    hub, sources = parts
    with serve(hub):
        result = pull(hub, sources, HF_HOME=str(tmp_path / "hub"))
        again = pull(hub, sources, HF_HOME=str(tmp_path / "hub"), HF_HUB_OFFLINE="1")
    assert "folder" in result, result
    assert again == result, "a second pull needs nothing"
    loaded = load_folder(Path(result["folder"]), device="cpu", dtype="float32")
    golden = golden_model.network_of(llm, merge=True)
    ours, theirs = loaded.network.state_dict(), golden.state_dict()
    different = {name for name in ours if not torch.equal(ours[name], theirs[name])}
    assert different <= {f"model.vision_tower.post_layernorm.{end}" for end in ("weight", "bias")}
    assert torch.equal(
        ours["model.vision_tower.post_layernorm.weight"],
        torch.ones(golden_model.TOWER.hidden_size),
    ), "the released models' last norm was never trained"


@pytest.mark.parametrize("llm", ["mistral"], indirect=True)
@pytest.mark.parametrize(("repo", "said"), [("gated", "gated"), ("absent", "the Hub has no")])
def test_a_refusal_comes_before_anything_is_downloaded(
    parts: Release, tmp_path: Path, repo: str, said: str
) -> None:
    hub, sources = parts
    refused = [*sources[:-1], replace(sources[-1], repo=f"someone/{repo}")]
    with serve(hub):
        hub.downloads.clear()
        result = pull(hub, refused, HF_HOME=str(tmp_path / "hub"))
    assert result["error"] == "DownloadError"
    assert said in result["message"]
    assert "hf auth login" in result["hint"]
    assert hub.downloads == []


@pytest.mark.slow  # the Hub's client tries again for half a minute
@pytest.mark.parametrize("llm", ["mistral"], indirect=True)
def test_an_unreachable_hub_is_said(parts: Release, tmp_path: Path) -> None:
    hub, sources = parts
    hub.url = "http://127.0.0.1:9"
    result = pull(hub, sources, HF_HOME=str(tmp_path / "hub"))
    assert result["error"] == "OfflineError"
    assert "HF_ENDPOINT" in result["hint"]


def test_the_presets_name_their_parts() -> None:
    for name in ("minigpt4-video-mistral", "minigpt4-video-llama2"):
        spec = registry.MODELS[name]
        sources = [one for one in spec.sources if isinstance(one, HubSource)]
        assert {one.role for one in sources} == {"decoder", "checkpoint", "tower"}
        assert sources[0].gated, "the one that may be refused comes first"
        assert spec.paper is not None
