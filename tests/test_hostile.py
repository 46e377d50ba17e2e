"""Whatever is in options, lists, settings, subtitles, caches and models: an error at worst."""

import io
import json
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from clips import make_clip
from families import MAKERS
from vidqa.cli.app import run
from vidqa.cli.render.stdout import escape_the_unencodable
from vidqa.errors import VidqaError
from vidqa.training.data.examples import read_examples
from vidqa.types.exit_codes import ExitCode

SUBTITLES = {
    "a.srt": "1\n00:00:00,500 --> 00:00:01,500\none <i>two</i> &amp; three\n\n2\n00:00:01,600 --> "
    "00:00:01,900\n42\n",
    "a.vtt": "WEBVTT\n\nNOTE x\n\na\n00:00.500 --> 00:01.500 align:left\n<v Ann>one <00:01.0>two\n",
    "a.ass": "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Style, "
    "Text\nDialogue: 0,0:00:00.50,0:00:01.50,Default,{\\i1}one, two\\Nthree\n",
    "a.ttml": '<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml"><body><div>'
    '<p begin="00:00:00.5" end="1.5s">one<br/>two &#33;</p></div></body></tt>',
}
LINES = [
    {"video": "a.mp4", "question": "what?", "answer": ["A", 1, 2.5], "skill": "x"},
    {"video": "b.mp4", "question": "is it?", "answer": "yes", "rule": "yes_no", "wrong": ["no"]},
    {"video": "c.mp4", "question": "q", "answer": "a", "subtitles": "c.srt", "start": 0, "end": 9},
]
SETTINGS = 'model = "starter"\nspeech = "whisper-base"\ndevice = "auto"\nkeep = "5GB"\n'
NASTY = [
    *("", " ", "-", "--", "0", "-1", "1e999", "nan", "9" * 400, "a" * 5000, "\0", "\n", "..", "/"),
    *("\ud800", "\u202e", "\ue000question\ue000", "<|im_end|>", "&#" + "9" * 5000 + ";", "%s{}{0}"),
    *("[" * 3000, '{"a":' * 3000, "null", "true", "[]", "{}", '"', "'", "\\", "\xff\xfe", "\ufeff"),
    *("99:99:99,999 --> 00:00:00,000", "-->", "1:2:3", "1h30", "fps:1e9", "fps:0", "3/0", "0/0"),
    *("../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/x", "a.mp4", "*", "[a-", "~"),
]
OPTIONS = [
    *(
        "--frames",
        "--recipe",
        "--sample",
        "--start",
        "--end",
        "--subtitles",
        "--language",
        "--task",
    ),
    *("--text-track", "--audio-track", "--speech", "--decoder", "--device", "--dtype"),
    *(
        "--batch",
        "--max-new-tokens",
        "--temperature",
        "--top-p",
        "--seed",
        "--choices",
        "--threshold",
        "-q",
    ),
    *("--files-from", "--shard", "--questions", "-m", "--model"),
]

VALUES = [
    *(0, -1, 1, 2, 3, 7, 10**9, 2**63, 1e308, -0.5, float("nan"), True, False, None),
    *("", "x", "auto", "../x", [], {}, [1, 2], [[]], {"a": 1}, "<image>", "bfloat16"),
]
"""In place of what settings say."""

Attack = Callable[[random.Random, Path], None]


def marred(chance: random.Random, text: str) -> bytes:
    """A text with some of it cut, doubled, or replaced by what is nasty."""
    content = text.encode()
    for _ in range(chance.randint(1, 4)):
        place, other = (chance.randint(0, len(content)) for _ in range(2))
        begin, end = sorted((place, other))
        nasty = chance.choice(NASTY).encode("utf-8", "surrogatepass")
        content = {
            "cut": content[:begin] + content[end:],
            "double": content[:end] + content[begin:],
            "insert": content[:begin] + nasty + content[begin:],
            "flip": content[:begin] + bytes([chance.randint(0, 255)]) + content[begin + 1 :],
        }[chance.choice(["cut", "double", "insert", "flip"])]
    return content


def changed(chance: random.Random, text: str) -> bytes:
    """JSON with one value replaced, or left out."""
    told = one = json.loads(text)
    while True:
        key = chance.choice([*one] if isinstance(one, dict) else range(len(one)))
        if not one[key] or not isinstance(one[key], dict | list) or chance.random() < 0.1:
            break
        one = one[key]
    if chance.random() < 0.2:
        del one[key]
    else:
        one[key] = chance.choice(VALUES)
    return json.dumps(told).encode()


def subtitles(chance: random.Random, folder: Path) -> None:
    name, text = chance.choice([*SUBTITLES.items()])
    (folder / name).write_bytes(marred(chance, text))
    form = chance.choice(["txt", "srt", "vtt", "json"])
    ends(["transcribe", str(folder / "clip.mp4"), "--subtitles", str(folder / name), "-f", form])


def lists(chance: random.Random, folder: Path) -> None:
    text = "\n".join(json.dumps(line) for line in LINES)
    (folder / "lines.jsonl").write_bytes(marred(chance, text))
    ends(["eval", str(folder / "lines.jsonl")])
    ends(["eval", str(folder / "lines.jsonl"), "--against", str(folder / "lines.jsonl")])
    with suppress(VidqaError):
        read_examples(folder / "lines.jsonl")


def settings(chance: random.Random, folder: Path) -> None:
    file = folder / "settings" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(marred(chance, SETTINGS))
    name = chance.choice(["model", "speech", "device", "dtype", "keep", chance.choice(NASTY)])
    for words in (["config"], ["config", "get", name], ["config", "set", name, nasty(chance)]):
        ends(words)
    file.unlink(missing_ok=True)


def caches(chance: random.Random, folder: Path) -> None:
    told = {"kind": "heard", "about": "clip.mp4", "key": {"a": 1}, "hash": "0" * 64}
    place = folder / "cache" / "results" / "heard"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{chance.randint(0, 9)}").write_bytes(marred(chance, json.dumps(told) + "\nwords"))
    for words in (["cache", "list"], ["cache", "list", "--json"], ["cache", "size"]):
        ends(words)


def options(chance: random.Random, folder: Path) -> None:
    words = [chance.choice(["ask", "info", "transcribe", "summarize", "chat", "cache", "models"])]
    for _ in range(chance.randint(0, 3)):
        words += [chance.choice(OPTIONS), nasty(chance)]
    words += chance.sample([str(folder / "clip.mp4"), nasty(chance), "what?"], 2)
    ends([word for word in words if word not in ("--files-from", "-r")])


def models(chance: random.Random, folder: Path) -> None:
    model = folder / "model"
    file = chance.choice([one for one in sorted(model.iterdir()) if one.suffix != ".safetensors"])
    kept = file.read_bytes()
    is_gentle = file.suffix == ".json" and chance.random() < 0.8
    file.write_bytes((changed if is_gentle else marred)(chance, kept.decode()))
    try:
        words = ["ask", str(folder / "clip.mp4"), "what?", "-m", str(model), "--subtitles", "off"]
        ends([*words, "--max-new-tokens", "1"])
    finally:
        file.write_bytes(kept)


ATTACKS: dict[str, Attack] = {
    one.__name__: one for one in (subtitles, lists, settings, caches, options, models)
}
SHARES = {"models": 20}
"""Loading what is left of a model takes so many times as long as the rest."""


def nasty(chance: random.Random) -> str:
    text = chance.choice(NASTY)
    return text if chance.random() < 0.7 else text + chance.choice(NASTY)


def ends(words: list[str]) -> None:
    """Run a command, which may fail, but not by surprise; no process has a NUL in its words."""
    escape_the_unencodable()  # as `main` does
    status = run([word.replace("\0", "") for word in words])
    assert status != ExitCode.UNEXPECTED, words


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40), sound_s=2)
    monkeypatch.setattr(sys, "stdin", io.StringIO("What?"))
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("VIDQA_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def attack(name: str, folder: Path, begin: int, count: int) -> None:
    for number in range(begin, begin + count // SHARES.get(name, 1)):
        ATTACKS[name](random.Random(f"{name} {number}"), folder)


@pytest.mark.parametrize("name", list(ATTACKS))
def test_it_ends_without_a_traceback(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "models":
        MAKERS["qwen3_vl"](folder / "model")
    attack(name, folder, 0, 40)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", list(ATTACKS))
def test_it_ends_without_a_traceback_however_often(
    name: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    rounds: Callable[[int, int], int],
) -> None:
    if name == "models":
        MAKERS["qwen3_vl"](folder / "model")
    attack(name, folder, 40, rounds(4000, 40))
    assert "Traceback" not in capsys.readouterr().err
