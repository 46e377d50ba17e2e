"""Files from the Hub, spoken to over the loopback interface.

huggingface_hub reads its settings when it is imported, so every pull has its own process.
"""

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from loopback_hub import COMMIT, LoopbackHub, serve

from vidqa.errors import ModelDamagedError
from vidqa.models.sources.fetch import source_key
from vidqa.models.spec import File, HubSource
from vidqa.models.store.store import Store
from vidqa.system.file_systems import link_or_copy

FETCH = """
import json, sys
from vidqa.errors import VidqaError
from vidqa.models.spec import File, HubSource
from vidqa.models.sources.fetch import fetch
from vidqa.models.store.store import Store
fields = json.loads(sys.argv[1])
source = HubSource(files=tuple(File(**file) for file in fields.pop("files")), **fields)
said = []
try:
    folder = fetch(source, Store(), progress=lambda *report: said.append(report))
    print(json.dumps({"folder": str(folder), "progress": said,
                      "hub": "huggingface_hub" in sys.modules}))
except VidqaError as error:
    print(json.dumps({"error": type(error).__name__, "message": error.message, "hint": error.hint}))
"""

FILES = {"model.safetensors": bytes(range(256)) * 4_000, "deep/config.json": b'{"a": 1}'}
SOURCE = HubSource(
    "someone/model",
    COMMIT,
    tuple(File(name, len(content), None) for name, content in FILES.items()),
    "Apache-2.0",
)


@dataclass
class Desk:
    """A Hub, and a way to fetch from it in a process of its own."""

    hub: LoopbackHub

    def fetch(self, source: HubSource, **environment: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", FETCH, json.dumps(asdict(source))],
            env={**os.environ, "HF_ENDPOINT": self.hub.url, **environment},
            capture_output=True,
            check=True,
            text=True,
        )
        return dict(json.loads(done.stdout))


@pytest.fixture
def desk() -> Iterator[Desk]:
    hub = LoopbackHub(dict(FILES))
    with serve(hub):
        yield Desk(hub)


def test_pulled_once_and_used_without_the_hub(desk: Desk, tmp_path: Path) -> None:
    hub_cache = tmp_path / "hub cache"
    first = desk.fetch(SOURCE, HF_HUB_CACHE=str(hub_cache))
    folder = Path(first["folder"])
    for name, content in FILES.items():
        assert (folder / name).read_bytes() == content
        assert (folder / name).resolve().is_relative_to(hub_cache)
    assert ["someone/model/model.safetensors", 1_024_000, 1_024_000] in first["progress"]
    assert sorted(desk.hub.downloads) == ["config.json", "model.safetensors"]

    second = desk.fetch(SOURCE, HF_ENDPOINT="http://127.0.0.1:9")
    assert second == {"folder": str(folder), "progress": [], "hub": False}


def test_what_the_hubs_cache_holds_is_not_fetched_again(desk: Desk) -> None:
    desk.fetch(replace(SOURCE, files=SOURCE.files[:1]))
    Store().remove(source_key(SOURCE))
    desk.fetch(SOURCE)
    assert desk.hub.downloads == ["model.safetensors", "config.json"]


def test_the_pinned_hash_goes_before_the_announced_one(desk: Desk) -> None:
    right, wrong = hashlib.sha256(FILES["model.safetensors"]).hexdigest(), "0" * 64
    (model, _) = SOURCE.files
    refused = desk.fetch(replace(SOURCE, files=(replace(model, sha256=wrong),)))
    assert refused["error"] == "DownloadError"
    assert wrong in refused["message"]
    assert "folder" in desk.fetch(replace(SOURCE, files=(replace(model, sha256=right),)))


@pytest.mark.parametrize("name", FILES)
def test_other_bytes_than_announced_are_refused_and_not_kept(desk: Desk, name: str) -> None:
    desk.hub.corrupt.add(name)
    refused = desk.fetch(SOURCE)
    assert refused["error"] == "DownloadError"
    assert f"someone/model/{name} is not the file" in refused["message"]
    desk.hub.corrupt.clear()
    assert "folder" in desk.fetch(SOURCE)


def test_a_file_damaged_in_the_hubs_cache_is_caught_and_fetched_again(desk: Desk) -> None:
    folder = Path(desk.fetch(SOURCE)["folder"])
    blob = (folder / "model.safetensors").resolve()
    blob.write_bytes(b"\1" + blob.read_bytes()[1:])
    with pytest.raises(ModelDamagedError, match=r"model\.safetensors"):
        Store().folder(source_key(SOURCE))
    desk.fetch(SOURCE)
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    Store().verify(source_key(SOURCE))


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        (replace(SOURCE, repo="someone/gated"), "someone/gated is gated", "accept the terms"),
        (replace(SOURCE, repo="someone/locked"), "someone/locked is gated", "hf auth login"),
        (replace(SOURCE, repo="someone/absent"), "the Hub has no someone/absent", "hf auth login"),
        (replace(SOURCE, revision="f" * 40), f"at revision {'f' * 40}", "hf auth login"),
        (replace(SOURCE, files=(File("lost.bin", 1, None),)), "has no file lost.bin", None),
    ],
    ids=["gated", "no-login", "repository", "revision", "file"],
)
def test_refusals_say_what_to_do(
    desk: Desk, source: HubSource, message: str, hint: str | None
) -> None:
    refused = desk.fetch(source)
    assert refused["error"] == "DownloadError"
    assert message in refused["message"]
    assert (hint is None) == (refused["hint"] is None)
    assert hint is None or hint in refused["hint"]


def test_a_login_that_cannot_be_sent_is_refused_unseen(desk: Desk) -> None:
    refused = desk.fetch(SOURCE, HF_TOKEN="hf_secret\N{EN DASH}part")
    assert refused["error"] == "DownloadError"
    assert "the token of the Hub holds a character" in refused["message"]
    assert "secret" not in str(refused)


def test_a_cache_that_knows_no_links_gets_copies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    (tmp_path / "blob").write_bytes(b"weights")
    link_or_copy(tmp_path / "blob", tmp_path / "first")
    assert (tmp_path / "first").is_symlink()
    monkeypatch.setattr(os, "symlink", unknown)
    link_or_copy(tmp_path / "blob", tmp_path / "second")
    assert (tmp_path / "second").samefile(tmp_path / "blob")
    monkeypatch.setattr(os, "link", unknown)
    link_or_copy(tmp_path / "blob", tmp_path / "third")
    assert not (tmp_path / "third").samefile(tmp_path / "blob")
    assert (tmp_path / "third").read_bytes() == b"weights"


@pytest.mark.parametrize(
    "environment",
    [
        {"HF_HUB_OFFLINE": "1"},
        pytest.param({"HF_ENDPOINT": "http://127.0.0.1:9"}, marks=pytest.mark.slow),  # it retries
    ],
    ids=["forbidden", "unreachable"],
)
def test_no_hub_in_reach(desk: Desk, environment: dict[str, str]) -> None:
    refused = desk.fetch(SOURCE, **environment)
    assert refused["error"] == "OfflineError"
    assert "the Hub cannot be reached to fetch someone/model" in refused["message"]
    assert "HF_HUB_OFFLINE" in refused["hint"]
    assert not list((Store().root / "tmp").iterdir())


def test_large_files_lie_elsewhere(desk: Desk) -> None:
    desk.hub.redirected.add("model.safetensors")
    folder = Path(desk.fetch(SOURCE)["folder"])
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    Store().verify(source_key(SOURCE))


@pytest.mark.parametrize("troubles", [["slow down"], ["broken", "broken"]], ids=["429", "503"])
def test_a_busy_hub_is_asked_again(desk: Desk, troubles: list[str]) -> None:
    desk.hub.trouble["model.safetensors"] = list(troubles)
    assert "folder" in desk.fetch(SOURCE)
    assert desk.hub.trouble["model.safetensors"] == []


def test_a_cut_connection_is_resumed_where_it_was_cut(desk: Desk) -> None:
    desk.hub.trouble["model.safetensors"] = ["cut", "cut"]
    folder = Path(desk.fetch(SOURCE)["folder"])
    whole = FILES["model.safetensors"]
    assert (folder / "model.safetensors").read_bytes() == whole
    assert desk.hub.sent["model.safetensors"] <= len(whole) + (2 << 20), "not from the beginning"


@pytest.mark.slow  # it tries again with growing pauses
@pytest.mark.parametrize("trouble", ["broken", "cut"])
def test_a_hub_that_stays_broken_is_given_up(desk: Desk, trouble: str) -> None:
    desk.hub.trouble["model.safetensors"] = [trouble] * 100
    refused = desk.fetch(SOURCE)
    assert refused["error"] == "DownloadError"
    assert "could not be fetched" in refused["message"]
    assert "finished files are kept" in refused["hint"]
    assert not Store().usable(source_key(SOURCE))
    desk.hub.trouble.clear()
    assert "folder" in desk.fetch(SOURCE)
