"""A training that is killed without a warning, and goes on."""

import json
import math
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tiny
from media.clips import make_clip
from vidqa.training.log import LOG
from vidqa.training.session import NOTES

pytestmark = pytest.mark.numbers

RUNNER = Path(__file__).parent / "runner.py"


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """The command but for its last word, the folder."""
    lines = []
    for number in range(3):
        make_clip(tmp_path / f"{number}.mp4", [0, 100, 200, 300])
        lines.append({"video": f"{number}.mp4", "question": "what", "answer": f"number {number}"})
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, lines)))
    base = tiny.vidqa_folder(tmp_path / "base")
    return [sys.executable, str(RUNNER), str(base), str(tmp_path / "all.jsonl")]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def losses(folder: Path) -> list[tuple[int, list[int], float]]:
    lines = (folder / NOTES / LOG).read_text().splitlines()
    return [(one["step"], one["lessons"], one["loss"]) for one in map(json.loads, lines)]


@pytest.mark.slow
def test_the_losses_are_those_of_an_unbroken_run(
    words: list[str], tmp_path: Path, rounds: Callable[[int, int], int]
) -> None:
    subprocess.run([*words, str(tmp_path / "whole")], check=True, env=environment())
    chance = random.Random(0)
    for _ in range(rounds(4, 1)):
        command = [*words, str(tmp_path / "torn")]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment()
        ) as process:
            assert process.stdout is not None
            for _ in range(chance.randint(1, 12)):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        assert not (tmp_path / "torn" / "config.json").exists()
    subprocess.run([*words, str(tmp_path / "torn")], check=True, env=environment())
    whole, torn = losses(tmp_path / "whole"), losses(tmp_path / "torn")
    assert [one[:2] for one in torn] == [one[:2] for one in whole]
    for (_, _, mine), (_, _, other) in zip(torn, whole, strict=True):
        assert math.isclose(mine, other, rel_tol=1e-6)
