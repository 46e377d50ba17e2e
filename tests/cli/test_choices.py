"""Choices work like grep: the status says whether the first one won, and is never an error's."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_ask import ask, engine  # noqa: F401  (fixtures)

from vidqa.cli.render.stdout import ReaderGone

Ask = Callable[..., tuple[int, str, str]]
YES_NO = ("is there a dog?", "--choices", "yes,no")


@pytest.mark.parametrize(
    ("clip", "more", "status", "first_line"),
    [
        ("first.mp4", (), 0, "yes"),
        ("second.mp4", (), 1, "no"),
        ("first.mp4", ("--threshold", "0.75"), 0, "yes"),
        ("first.mp4", ("--threshold", "0.8"), 3, "unsure"),
        ("second.mp4", ("--threshold", "0.8"), 3, "unsure"),
        ("missing.mp4", (), 10, None),
    ],
)
def test_the_status_is_the_verdict(
    ask: Ask,  # noqa: F811
    clip: str,
    more: tuple[str, ...],
    status: int,
    first_line: str | None,
) -> None:
    code, out, err = ask(clip, *YES_NO, *more)
    assert code == status
    assert (out.splitlines() or [None])[0] == first_line
    assert first_line is None or "2 choices ranked by their likelihood per token" in err


def test_every_choice_is_told_with_its_probability(ask: Ask) -> None:  # noqa: F811
    _, out, _ = ask("second.mp4", *YES_NO)
    assert out == "no\nno\t0.750\nyes\t0.250\n"
    _, out, _ = ask("first.mp4", "second.mp4", *YES_NO)
    assert out.splitlines() == [
        "first.mp4\tyes\tyes 0.750\tno 0.250",
        "second.mp4\tno\tno 0.750\tyes 0.250",
    ]


def test_a_record_has_them_too(ask: Ask) -> None:  # noqa: F811
    record = json.loads(ask("first.mp4", *YES_NO, "--json", "--threshold", "0.9")[1])
    assert (record["answer"], record["is_sure"], record["stopped_by"]) == (
        "unsure",
        False,
        "chosen",
    )
    assert record["choices"] == [
        {"text": "yes", "probability": 0.75, "nll": 1.0, "tokens": 2},
        {"text": "no", "probability": 0.25, "nll": 1.0, "tokens": 2},
    ]


@pytest.mark.parametrize(
    ("clips", "status"),
    [
        (["first.mp4", "first.mp4"], 0),
        (["first.mp4", "second.mp4"], 1),
        (["second.mp4", "first.mp4"], 1),
        (["first.mp4", "text.mp4"], 40),
        (["second.mp4", "text.mp4"], 40),
    ],
)
def test_of_several_all_must_be_the_first(
    ask: Ask,  # noqa: F811
    clips: list[str],
    status: int,
) -> None:
    assert ask(*clips, *YES_NO)[0] == status


def test_a_no_outweighs_a_doubt(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    assert ask("first.mp4", "second.mp4", *YES_NO, "--threshold", "0.8")[0] == 3
    assert ask("second.mp4", "-q", "a?", "-q", "b?", "--choices", "yes,no")[0] == 1


@pytest.mark.parametrize(
    "more",
    [
        ("--choices", "yes"),
        ("--choices", "yes,"),
        ("--choices", "yes,yes"),
        ("--choices", ""),
        ("--threshold", "0.5"),
        ("--choices", "yes,no", "--threshold", "1.5"),
    ],
)
def test_senseless_choices(ask: Ask, more: tuple[str, ...]) -> None:  # noqa: F811
    assert ask("first.mp4", "what?", *more)[:2] == (2, "")


def test_what_an_answer_rests_on(ask: Ask) -> None:  # noqa: F811
    _, out, err = ask("clip.mp4", "what?", "--grounding")
    assert out == "The video shows **a cat**, then a mug.\n"
    assert "seen: log-likelihood lost, in nats: 9.5 without the pictures" in err
    record = json.loads(ask("clip.mp4", "what?", "--grounding", "--json")[1])
    assert record["grounding"] == {
        "verdict": "seen",
        "without_pictures": 9.5,
        "without_words": -0.25,
        "without_both": 9.75,
    }
    assert "warning: a guess" in ask("guess.mp4", *YES_NO, "--grounding")[2]


def test_a_reader_that_is_gone_is_no_yes(
    ask: Ask,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(text: str) -> None:
        raise ReaderGone

    monkeypatch.setattr("vidqa.cli.render.answers.put", gone)
    assert ask("second.mp4", *YES_NO)[0] == 141
    assert ask("second.mp4", "what?")[0] == 0


def test_a_broken_installation_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ImportError('broken')")
    done = subprocess.run(
        [sys.executable, "-m", "vidqa", "ask", "clip.mp4", *YES_NO],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 70
    assert "ImportError: broken" in done.stderr
