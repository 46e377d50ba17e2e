"""`vidqa transcribe` as a person sees it, and as a person stops it. Nothing of it is fake."""

import re
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
    said = re.compile(r".*00:00:0\d  The day starts with a cup of coffee at the espresso bar\.")
    assert any(map(said.fullmatch, lines))
    assert any("44 words in 4 cues" in line for line in lines)


def test_what_turns_text_around_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,500 --> 00:00:01,500\nabc \u202efed\n", encoding="utf-8")
    ran = run("transcribe", str(DEMO), "--subtitles", str(words))
    assert "00:00:00  abc \\u202efed" in ran.screen
    assert "\u202e" not in ran.screen
    piped = run("transcribe", str(DEMO), "--subtitles", str(words), screens=("stderr",))
    assert piped.piped == "abc \u202efed\n"


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
