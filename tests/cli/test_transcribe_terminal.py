"""`vidqa transcribe` as a person sees it, and as a person stops it. Nothing of it is fake."""

from pathlib import Path

import pytest
from test_terminal import SHOW_CURSOR, STYLES, run

import vidqa

DEMO = Path(vidqa.__file__).parent / "data" / "demo.mp4"


@pytest.mark.network
def test_words_stand_on_lines_of_their_own_beside_the_wheel(own_cache: Path) -> None:
    env = {"VIDQA_CACHE_DIR": str(own_cache)}
    ran = run("transcribe", str(DEMO), env=env)
    assert ran.status == 0
    assert "listening: 0:00:00 of 0:00:23" in ran.screen
    assert SHOW_CURSOR in ran.screen
    lines = STYLES.sub("", ran.screen).replace("\r", "\n").splitlines()
    assert any(
        line.endswith("The day starts with a cup of coffee at the espresso bar.") for line in lines
    )
    assert any("44 words in 4 cues" in line for line in lines)


@pytest.mark.network
def test_a_pipe_gets_the_words_and_the_screen_the_progress(own_cache: Path) -> None:
    env = {"VIDQA_CACHE_DIR": str(own_cache)}
    ran = run("transcribe", str(DEMO), screens=("stderr",), env=env)
    assert ran.piped.startswith("The day starts")
    assert "listening" not in ran.piped
    assert "coffee" not in ran.screen


@pytest.mark.network
def test_ctrl_c_leaves_no_half_file(own_cache: Path, tmp_path: Path) -> None:
    target = tmp_path / "demo.srt"
    ran = run(
        "transcribe", str(DEMO), "-o", str(target),
        env={"VIDQA_CACHE_DIR": str(own_cache)}, interrupt_at="listening: 0:00:00",
    )  # fmt: skip
    assert ran.status == 130
    assert ran.screen.count(SHOW_CURSOR) >= 1
    assert "Traceback" not in ran.screen
    assert [path for path in tmp_path.iterdir() if path.name not in ("home", "cache", "own")] == []
