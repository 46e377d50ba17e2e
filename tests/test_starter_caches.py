"""The starter itself: many processes at one new clip, and what its answers rest on."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from vidqa.engine import Model, load
from vidqa.models.store.store import Store
from vidqa.system import paths
from vidqa.system.cache import Cache

pytestmark = [pytest.mark.network, pytest.mark.numbers]

DEMO = paths.data_dir() / "demo.mp4"
CAT, ROCKET, CUP = 8.0, 14.0, 2.0
"""When they are seen in the demo, in seconds."""


@pytest.mark.slow
def test_eight_processes_at_one_new_clip(
    own_cache: Path, tmp_path: Path, rounds: Callable[[int, int], int]
) -> None:
    clip = shutil.copy(DEMO, tmp_path / "new.mp4")
    command = [sys.executable, "-m", "vidqa", "ask", str(clip), "Is there a cat?", "-m", "starter"]
    processes = [
        subprocess.Popen(
            [*command, "--json", "--quiet"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for _ in range(rounds(8, 3))
    ]
    said = [process.communicate() for process in processes]
    assert not any(process.returncode for process in processes), [err for _, err in said]
    assert len({json.loads(out)["answer"] for out, _ in said}) == 1
    kinds = sorted(entry.kind for entry in Cache(own_cache).entries())
    # what the sound says, and that there was nothing to read beside it or in the pictures
    assert kinds == ["heard", "heard", "looked", "read", "screen"]
    assert not list(own_cache.rglob(".draft-*"))


@dataclass(frozen=True)
class Case:
    """A clip, a question, and where its answer is."""

    shown: float | None
    """A moment of the demo; None shows nothing."""
    said: str
    question: str
    rests_on: str


SENTENCES = (
    "The bridge was closed for repairs last winter.",
    "My sister sells honey at the market on Friday.",
    "The concert begins at eight in the town hall.",
)
CASES = [
    *(Case(at, "", "What does the video show?", "seen") for at in (CUP, CAT, ROCKET)),
    *(Case(at, "", "What is this?", "seen") for at in (CUP, CAT, ROCKET)),
    *(Case(None, one, "What is said?", "heard") for one in SENTENCES),
    *(
        Case(at, one, "What is said?", "heard")
        for at, one in zip((CUP, CAT, ROCKET), SENTENCES, strict=True)
    ),
    *(
        Case(at, one, "What happens in the video?", "both")
        for at, one in zip((CUP, CAT, ROCKET), SENTENCES, strict=True)
    ),
    *(Case(None, "", one, "guess") for one in ("What is said?", "Is there a horse?")),
    *(
        Case(at, one, "What is the horse called?", "guess")
        for at, one in zip((CUP, CAT, ROCKET), SENTENCES, strict=True)
    ),
]


def build(case: Case, folder: Path) -> Path:
    """Three seconds of one picture of the demo, or of grey; words beside it."""
    path = folder / "clip.mp4"
    picture = np.full((320, 480, 3), 127, np.uint8) if case.shown is None else still(case.shown)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", 10)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        for _ in range(30):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        file.mux(stream.encode(None))
    if case.said:
        path.with_suffix(".srt").write_text(f"1\n00:00:00,100 --> 00:00:02,500\n{case.said}\n")
    return path


def still(at_s: float) -> np.ndarray:
    with av.open(str(DEMO)) as file:
        for frame in file.decode(video=0):
            if frame.time is not None and frame.time >= at_s:
                return frame.to_ndarray(format="rgb24")
    raise AssertionError("the demo is longer")


@pytest.fixture(scope="module")
def starter(pulled: Path) -> Model:
    return load("starter", device="cpu", store=Store(pulled), keep=False)


@pytest.mark.slow
def test_what_an_answer_rests_on_is_told(starter: Model, tmp_path: Path) -> None:
    wrong = []
    for number, case in enumerate(CASES):
        folder = tmp_path / str(number)
        folder.mkdir()
        clip = starter.watch(build(case, folder))
        answer = clip.grounded(clip.ask(case.question))
        assert answer.grounding is not None
        if answer.grounding.verdict != case.rests_on:
            wrong.append((case, answer.text, answer.grounding))
    assert len(wrong) <= len(CASES) // 10, wrong
