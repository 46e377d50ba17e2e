"""`vidqa ask` with the starter about a clip that is too long for its frames."""

import io
import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from films import film

from vidqa.cli.app import run

pytestmark = [pytest.mark.network, pytest.mark.numbers]

LASTS_S, RATE = 150, 2
SUBTITLES = """1
00:00:12,000 --> 00:00:15,000
My uncle fixed the roof.

2
00:01:31,000 --> 00:01:34,000
The red boat belongs to Peter.

3
00:02:10,000 --> 00:02:13,000
The weather is fine today.
"""


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "talk.mp4"
    grey = np.full((18, 32, 3), 120, np.float32)
    film(path, (grey for _ in range(LASTS_S * RATE)), rate=RATE)
    path.with_suffix(".srt").write_text(SUBTITLES)
    return path


@pytest.fixture
def ask(
    pulled: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Callable[..., tuple[int, str, str]]:
    def refuse(*_: object) -> None:
        raise AssertionError("something wanted the network")

    monkeypatch.setenv("VIDQA_CACHE_DIR", str(pulled))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        status = run(["ask", *words])
        out, err = capsys.readouterr()
        return status, out, err

    return call


Ask = Callable[..., tuple[int, str, str]]


def test_the_answer_says_where_it_is_from(ask: Ask, talk: Path, tmp_path: Path) -> None:
    question = "Who does the red boat belong to?"
    status, out, err = ask(str(talk), question, "--save-evidence", "proof", "--strict")
    assert status == 0, err
    assert "Peter" in out
    assert "[1:31-1:34]" in out
    assert "in 1 window (1:23-1:42; by its words) of 150.0 s" in err
    assert "cut out -> proof" in err
    names = sorted(file.name for file in (tmp_path / "proof").iterdir())
    assert names[0] == "001 talk 1.31-1.34.mp4"
    assert names[-1] == "sheet.png"
    status, _, err = ask(str(talk), question, "--save-evidence", "proof")
    assert status == 2, err
    assert "'proof' is not empty" in err
    assert ask(str(talk), question, "--save-evidence", "proof", "--force")[0] == 0


def test_what_nothing_supports_has_a_status_of_its_own(ask: Ask, talk: Path) -> None:
    question = "What is said about the submarine?"
    status, out, err = ask(str(talk), question, "--json")
    assert status == 4, err
    record = json.loads(out)
    assert record["answer"] == "not enough evidence"
    assert (record["chosen_by"], record["looked_at"], record["claims"]) == ("words", [], [])
    status, _, err = ask(str(talk), question, "--save-evidence", "proof")
    assert status == 4
    assert "there is no evidence to be saved" in err
    assert ask(str(talk), question, "--windows", "off")[0] == 0


def test_a_resumed_run_has_the_same_status(ask: Ask, talk: Path) -> None:
    words = (str(talk), "What is said about the submarine?", "-o", "answers.jsonl")
    assert ask(*words)[0] == 4
    status, _, err = ask(*words)
    assert status == 4
    assert "1 of them before" in err


@pytest.fixture
def chat(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    def call(lines: list[str], *words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        status = run(["chat", *words])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_chat_about_a_long_clip(chat: Ask, talk: Path) -> None:
    lines = ["Who does the red boat belong to?", "What did my uncle fix?"]
    status, out, err = chat(lines, str(talk))
    assert status == 0, err
    assert "did not fit" not in err
    boat, uncle = out.splitlines()
    assert "[1:31-1:34]" in boat
    assert "[0:12-0:15]" in uncle


def test_chat_about_the_clips_of_an_index(chat: Ask, talk: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    shutil.copy(talk, other)
    other.with_suffix(".srt").write_text("1\n00:00:40,000 --> 00:00:43,000\nThe cake is in Rome.\n")
    assert run(["index", str(talk), str(other), "--words-only", "--index", "shelf/"]) == 0
    lines = [
        "Where is the submarine?",
        "Where is the cake?",
        "Who made it?",
        "Who does the red boat belong to?",
    ]
    status, out, err = chat(lines, "--index", "shelf/")
    assert status == 4, "the first has no answer"
    nothing, cake, _, boat = out.splitlines()
    assert nothing == "not enough evidence"
    assert "[0:40-0:43]" in cake
    assert "[1:31-1:34]" in boat
    assert "about other.mp4\n" in err
    assert err.count("what was said of another is forgotten") == 1, "who made it stays there"
    assert "talk.mp4; what was said of another is forgotten" in err
    status, _, err = chat(["/frames"], "--index", "shelf/")
    assert status == 2
    assert "no clip is looked at yet" in err


@pytest.mark.parametrize("words", [(), ("clip.mp4", "--index", "shelf/"), ("--index", "none/")])
def test_chat_needs_a_clip_or_an_index(chat: Ask, words: tuple[str, ...]) -> None:
    status, _, err = chat([], *words)
    assert status == 2
    assert "index" in err
