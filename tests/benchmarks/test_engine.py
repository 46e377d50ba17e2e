"""Benchmarks that a server is asked."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evaluations import Evaluate

from remote.loopback import JSON, Behaviour, loopback, text_of
from vidqa.cli.app import run
from vidqa.types.exit_codes import ExitCode

Layout = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidqa.engine.remote.server.PAUSE_S", 0.001)


def test_a_server_is_asked(evaluate: Evaluate) -> None:
    with loopback(Behaviour(text="A")) as server:
        result = evaluate("video-mme", "--engine", server.url)
        asked = len(server.asked)
        assert asked > 0
        assert result["model"] == "the-model"
        assert "A." in text_of(server.asked[0])
        assert evaluate("video-mme", "--engine", server.url) == result
        assert len(server.asked) == asked, "nothing is asked twice"


def letters(asked: JSON) -> list[Any]:
    """Find B the likeliest beginning of every answer."""
    said = [one["content"] for one in asked["messages"][1:]]
    return [None, {"1": {"logprob": -1}}, *({one: {"logprob": -1 - (one != "B")}} for one in said)]


def test_letters_are_ranked_by_a_server_that_tells(
    evaluate: Evaluate, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("remote.loopback.token_logprobs", letters)
    with loopback(Behaviour(scores=True)) as server:
        evaluate("video-mme", "--engine", server.url, "--answer-by", "letter")
    records = [json.loads(line) for line in (tmp_path / "result.jsonl").open()]
    replies = [reply for one in records for reply in one["replies"]]
    assert {reply["letter"] for reply in replies} == {"B"}
    mass = math.exp(-1) + 3 * math.exp(-2)
    assert all(reply["option_mass"] == pytest.approx(mass, abs=1e-5) for reply in replies)
    with loopback() as server:
        words = ["eval", "--benchmark", "video-mme", "--data", str(layout("video-mme"))]
        assert run([*words, "--engine", server.url, "--answer-by", "letter"]) == 2
        assert len(server.asked) == 1, "only whether it tells"


def test_a_server_that_is_gone_ends_it(layout: Layout, tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    words = ["eval", "--benchmark", "video-mme", "--data", str(layout("video-mme")), "-o", str(out)]
    with loopback(Behaviour(text="A", statuses=[(401, {})])) as server:
        assert run([*words, "--engine", server.url]) == ExitCode.ENGINE_FAILED
        assert len(server.asked) == 1
        assert run([*words, "--engine", server.url]) in (0, ExitCode.SOME_CLIPS_FAILED)
    assert all("replies" in json.loads(line) for line in out.with_suffix(".jsonl").open())


def test_own_questions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from media.clips import make_clip

    make_clip(tmp_path / "a.mp4", [0, 100])
    line = {"video": "a.mp4", "question": "What?", "answer": "A ball."}
    (tmp_path / "questions.jsonl").write_text(json.dumps(line))
    words = ["eval", str(tmp_path / "questions.jsonl"), "--engine"]
    with loopback(Behaviour(text="A ball.")) as server:
        assert run([*words, server.url]) == 0
        server.behaviour.statuses = [(401, {})]
        assert run([*words, server.url]) == ExitCode.ENGINE_FAILED
    assert "100" in capsys.readouterr().out
