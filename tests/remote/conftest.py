"""Clips with words beside them, and servers that wait for nobody."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from media.clips import make_clip
from vidqa.cli.app import run

Ask = Callable[..., tuple[int, list[dict[str, Any]], str]]
SUBTITLES = "1\n00:00:00,200 --> 00:00:00,900\nThe roses are red.\n"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a request that failed be made again at once."""
    monkeypatch.setattr("vidqa.engine.remote.server.PAUSE_S", 0.001)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Three clips, with words beside one."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for number, name in enumerate(("one", "two", "three")):
        make_clip(folder / f"{name}.mp4", [100 * count for count in range(20 + number)])
    (folder / "one.srt").write_text(SUBTITLES)
    return folder


@pytest.fixture
def long_clip(tmp_path: Path) -> Path:
    """Four minutes; somebody says something every ten seconds."""
    clip = tmp_path / "long.mp4"
    make_clip(clip, [1000 * number for number in range(240)])
    said = ["We talk about gardens.", "Roses want water.", "The train leaves at nine."]
    lines = [
        f"{number}\n{_time(10 * number)} --> {_time(10 * number + 4)}\n{said[number % 3]}\n"
        for number in range(24)
    ]
    clip.with_suffix(".srt").write_text("\n".join(lines))
    return clip


def _time(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02},000"


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command in this process; returns the status, the records of stdout, and stderr."""

    def call(*words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
        status = run([str(word) for word in words])
        out, err = capsys.readouterr()
        return status, [json.loads(line) for line in out.splitlines() if line[:1] == "{"], err

    return call
