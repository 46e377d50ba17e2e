"""`vidqa summarize` on three hours of video: memory of three minutes, killed twice, same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import chain, repeat
from pathlib import Path

import av
import numpy as np
import pytest

from clips import picture_stream
from media.films import landscape
from tiny import talkative, vidqa_folder
from vidqa.models.resolve import write_settings

pytestmark = pytest.mark.slow

SHOT_S, CUE_S = 90, 20
MOST_MORE_BYTES = 200e6
KILLED_AT = (20, 60)
"""Windows that are known by then."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = talkative(vidqa_folder(tmp_path_factory.mktemp("tiny")))
    write_settings(folder, "starter")
    return folder


def clip_of(folder: Path, minutes: int) -> Path:
    """A picture a second, a shot of some seconds, and words all the time."""
    path, seconds = folder / f"{minutes}.mp4", 60 * minutes
    pictures = chain.from_iterable(repeat(landscape(seed), SHOT_S) for seed in range(seconds))
    with av.open(str(path), "w") as out:
        stream = picture_stream(out, rate=1, options={"preset": "ultrafast"})
        for number, one in zip(range(seconds), pictures, strict=False):
            large = np.kron(one, np.ones((6, 5, 1))).astype(np.uint8)[:96, :160]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(large), "rgb24")
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(number / frame.time_base)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    cues = (
        f"{number}\n{time_of(at)} --> {time_of(at + CUE_S - 2)}\nThe dog speaks first and last.\n"
        for number, at in enumerate(range(0, seconds, CUE_S), 1)
    )
    path.with_suffix(".srt").write_text("\n".join(cues))
    return path


def time_of(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},000"


class Summing:
    """The command at work in a group of processes of its own."""

    def __init__(self, model: Path, clip: Path, out: Path, cache: Path) -> None:
        command = [sys.executable, "-m", "vidqa", "summarize", str(clip), "-m", str(model)]
        options = ["--length", "long", "--chapters", "--format", "json", "--quiet"]
        environment: Mapping[str, str] = {**os.environ, "VIDQA_CACHE_DIR": str(cache)}
        self._told = cache
        with out.open("wb") as stdout:
            self._process = subprocess.Popen(
                [*command, *options], stdout=stdout, env=environment, start_new_session=True
            )

    def kill_at(self, windows: int) -> None:
        """Kill it as soon as so many windows are kept."""
        while self._process.poll() is None and len(list(self._told.glob("**/told/*"))) < windows:
            time.sleep(0.05)
        assert self._process.poll() is None, "it was over before"
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def peak_bytes(self) -> int:
        """What it took, once it has ended well."""
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        assert self._process.returncode == 0
        return used.ru_maxrss * 1024


def test_three_hours_are_summed_up(model: Path, tmp_path: Path) -> None:
    short, long = clip_of(tmp_path, 3), clip_of(tmp_path, 180)
    small = Summing(model, short, tmp_path / "small", tmp_path / "a").peak_bytes()
    large = Summing(model, long, tmp_path / "whole", tmp_path / "b").peak_bytes()
    assert large - small < MOST_MORE_BYTES
    for windows in KILLED_AT:
        Summing(model, long, tmp_path / "killed", tmp_path / "c").kill_at(windows)
    Summing(model, long, tmp_path / "killed", tmp_path / "c").peak_bytes()
    whole = (tmp_path / "whole").read_bytes()
    assert (tmp_path / "killed").read_bytes() == whole
    record = json.loads(whole)
    assert len(record["windows"]) > KILLED_AT[-1]
    assert record["windows"][-1]["end_s"] == record["duration_s"] == 180 * 60
    assert 6 <= len(record["chapters"]) <= 30
