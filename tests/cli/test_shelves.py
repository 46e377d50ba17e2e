"""`vidqa transcribe`, `frames` and `info` over folders: a file a clip, safe to stop and start."""

import contextlib
import errno
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apart import Command
from clips import make_clip
from vidqa.cli.app import run
from vidqa.tasks.folders.shelf import Shelf

Do = Callable[..., tuple[int, str, str]]
SRT = "1\n00:00:00,100 --> 00:00:00,400\nhello\n"


@pytest.fixture
def do(capsys: pytest.CaptureFixture[str]) -> Do:
    def call(*words: object) -> tuple[int, str, str]:
        status = run(list(map(str, words)))
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Clips of one name in two folders, and what is none."""
    clips = tmp_path / "clips"
    for number, place in enumerate(("a/001.mp4", "b/001.mp4", "b/001.mkv")):
        (clips / place).parent.mkdir(parents=True, exist_ok=True)
        make_clip(clips / place, range(0, 800 + 40 * number, 40), sound_s=1)
    (clips / "b" / "broken.mp4").write_text("no video")
    (clips / "b" / "notes.txt").write_text("notes")
    (tmp_path / "words.srt").write_text(SRT)
    return clips


def transcribe(folder: Path, *words: object) -> list[object]:
    """A command that reads a subtitle file for every clip, and listens to none."""
    subtitles = folder.parent / "words.srt"
    return ["transcribe", folder, "-r", "--subtitles", subtitles, "-f", "srt", *words]


def frames(folder: Path, *words: object) -> list[object]:
    return ["frames", folder, "-r", "--frames", "2", "--subtitles", "off", *words]


def files(folder: Path) -> dict[str, bytes]:
    found = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in found
        if not file.name.startswith(".")
    }


TREE = ["a/001.mp4", "b/001.mkv", "b/001.mp4"]


@pytest.fixture(params=["transcribe", "sheet", "save"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Make = Callable[..., tuple[int, str, str]]


@pytest.fixture
def make(kind: str, do: Do, folder: Path, tmp_path: Path) -> Make:
    """The command of a kind, over the folder into `out`."""
    out = f"{tmp_path / 'out'}/"

    def call(*words: object) -> tuple[int, str, str]:
        if kind == "transcribe":
            return do(*transcribe(folder, "-o", out, *words))
        return do(*frames(folder, "-o" if kind == "sheet" else "--save", out, *words))

    return call


def of(out: Path, clip: str, kind: str) -> Path:
    return out / f"{clip}{ {'transcribe': '.srt', 'sheet': '.png', 'save': ''}[kind] }"


def test_the_tree_of_the_clips_is_kept(make: Make, kind: str, tmp_path: Path) -> None:
    status, _, err = make()
    assert status == 40
    assert "passed over 1 file" in err
    assert "4 clips: 3 done, 1 failed\n" in err
    out = tmp_path / "out"
    assert all(of(out, clip, kind).exists() for clip in TREE)
    assert len(files(out)) == (6 if kind == "save" else 3)


def test_what_is_there_is_left_alone_and_counted(
    make: Make, kind: str, folder: Path, tmp_path: Path
) -> None:
    make()
    out = tmp_path / "out"
    before = files(out)
    changed = min(before)
    (out / changed).write_bytes(b"my own correction")
    status, _, err = make()
    assert status == 40
    assert "4 clips: 0 done, 1 failed, 3 done before" in err
    assert files(out) == {**before, changed: b"my own correction"}
    # a renamed clip is done, an edited one is not
    (folder / "b" / "001.mkv").rename(folder / "b" / "002.mkv")
    make_clip(folder / "b" / "001.mp4", range(0, 1600, 40), sound_s=1)
    _, _, err = make()
    assert "4 clips: 1 done, 1 failed, 2 done before" in err
    assert of(out, "b/002.mkv", kind).exists()
    if kind != "transcribe":
        assert of(out, "b/001.mp4", kind).exists()
        assert {
            name: data for name, data in files(out).items() if name.startswith("b/001.mp4")
        } != {name: data for name, data in before.items() if name.startswith("b/001.mp4")}
        assert len(files(out)) == (8 if kind == "save" else 4)


def test_what_was_made_otherwise_is_refused_by_name(make: Make, kind: str, tmp_path: Path) -> None:
    make()
    out = tmp_path / "out"
    of(out, "b/001.mkv", kind).rename(tmp_path / "elsewhere")
    before = files(out)
    status, _, err = make("--end", "0.5")
    assert status == 40
    assert err.count("was made with other settings") == 2
    assert f"{of(out, 'a/001.mp4', kind)} was made with other settings" in err
    assert "hint: --force replaces it" in err
    assert "4 clips: 1 done, 3 failed" in err
    after = files(out)
    assert {name: after[name] for name in before} == before
    assert of(out, "b/001.mkv", kind).exists()
    assert make("--end", "0.5", "--force")[0] == 40
    assert "4 clips: 0 done, 1 failed, 3 done before" in make("--end", "0.5")[2]


def test_what_vidqa_did_not_write_is_refused(make: Make, kind: str, tmp_path: Path) -> None:
    mine = of(tmp_path / "out", "a/001.mp4", kind)
    mine.parent.mkdir(parents=True)
    if kind == "save":
        mine.mkdir()
        (mine / "mine.png").write_text("mine")
    else:
        mine.write_text("mine")
    status, _, err = make()
    assert status == 40
    assert f"{mine} is there already" in err
    assert "4 clips: 2 done, 2 failed" in err
    assert b"mine" in files(tmp_path / "out").values()


def test_a_run_that_is_killed_while_it_writes_goes_on(
    make: Make, kind: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    whole, out = files(tmp_path / "out"), tmp_path / "out"
    out.rename(tmp_path / "whole")

    class KilledError(BaseException):
        pass

    noted = list[str]()

    def note(self: Shelf, clip: str, record: Any) -> None:
        noted.append(clip)
        if len(noted) == 4:  # begun, done, begun, and now the second one would be done
            raise KilledError
        original(self, clip, record)

    original = Shelf.note
    with monkeypatch.context() as killed, contextlib.suppress(KilledError):
        killed.setattr(Shelf, "note", note)
        make()
    assert len(noted) == 4
    _, _, err = make()
    assert "4 clips: 2 done, 1 failed, 1 done before" in err
    assert files(out) == whole


def test_two_at_once_are_refused(make: Make, folder: Path, tmp_path: Path) -> None:
    from vidqa.tasks.folders.clip_list import find_clips

    shelf = Shelf(tmp_path / "out", find_clips([str(folder)], recursive=True), ".srt", by="test")
    status, _, err = make()
    assert status == 2
    assert "another vidqa is writing" in err
    shelf.close()
    assert make()[0] == 40


def test_files_of_another_command_stay(do: Do, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert do(*frames(folder, "-o", f"{out}/"))[0] == 40
    assert do(*frames(folder, "--save", out))[0] == 40
    assert do(*transcribe(folder, "-o", f"{out}/"))[0] == 40
    whole = files(out)
    assert len(whole) == 3 + 6 + 3
    assert "0 done" in do(*frames(folder, "-o", f"{out}/"))[2]
    assert "0 done" in do(*frames(folder, "--save", out))[2]
    assert files(out) == whole


def test_two_clips_of_one_content_have_their_own_names(
    do: Do, folder: Path, tmp_path: Path
) -> None:
    (folder / "a" / "002.mp4").write_bytes((folder / "a" / "001.mp4").read_bytes())
    words = transcribe(folder, "-o", f"{tmp_path}/out/")
    words[words.index("srt")] = "json"
    do(*words)
    told = (tmp_path / "out" / "a" / "002.mp4.json").read_text().splitlines()[-1]
    assert json.loads(told)["video"] == str(folder / "a" / "002.mp4")


def test_frames_of_another_clip_stay(do: Do, folder: Path, tmp_path: Path) -> None:
    one, other = folder / "a" / "001.mp4", folder / "b" / "001.mp4"
    saved, sheets = tmp_path / "saved", tmp_path / "sheets"
    assert do("frames", one, "--subtitles", "off", "--save", saved)[0] == 0
    before = files(saved)
    status, _, err = do("frames", other, "--subtitles", "off", "--save", saved, "-o", f"{sheets}/")
    assert status == 2
    assert "holds frames already" in err
    assert files(saved) == before


def test_a_full_disk_stops_it(
    make: Make, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as small:
        small.setattr("vidqa.tasks.folders.journal._write", full)
        status, _, err = make()
    assert status == 24
    assert "the disk is full" in err
    assert files(tmp_path / "out") == {}
    assert "4 clips: 3 done, 1 failed" in make()[2]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    make_clip(folder / "000.mp4", range(0, 400, 40), sound_s=1)
    for number in range(1, 300):
        (folder / f"{number:03}.mp4").write_bytes(
            (folder / "000.mp4").read_bytes() + bytes([number % 256, number // 256])
        )
    (tmp_path / "words.srt").write_text(SRT)
    return folder


def test_ctrl_c_ends_it_after_the_clip_in_flight(do: Do, many: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = list(map(str, transcribe(many, "-o", f"{out}/")))
    process = Command(words, tmp_path / "told", VIDQA_CACHE_DIR=str(tmp_path / "cache"))
    while len(files(out)) < 3 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 130
    done = len(files(out))
    assert f"300 clips: {done} done, 0 failed, {300 - done} left" in process.said()
    assert "give the same command again" in process.said()
    assert f"300 clips: {300 - done} done, 0 failed, {done} done before" in do(*words)[2]


def test_info_takes_folders_too(do: Do, folder: Path) -> None:
    status, out, err = do("info", folder, "-r", "--json")
    assert status == 40
    records = [json.loads(line) for line in out.splitlines()]
    assert [os.path.relpath(one["video"], folder) for one in records] == [*TREE, "b/broken.mp4"]
    assert "passed over 1 file" in err
    assert "4 clips: 3 done, 1 failed" in err
    listed = folder.parent / "list"
    listed.write_text(f"{folder}/a/001.mp4\n")
    assert do("info", "--files-from", listed, "--json")[1] == out.splitlines(keepends=True)[0]


def test_sound_is_taken_from_folders_where_words_are_all_that_is_wanted(
    do: Do, folder: Path, tmp_path: Path
) -> None:
    (folder / "a" / "song.mp3").write_text("no sound")
    _, _, err = do(*transcribe(folder, "-o", f"{tmp_path}/out/"))
    assert "song.mp3" in err
    assert "song.mp3" not in do(*frames(folder, "-o", f"{tmp_path}/out2/"))[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frames", "a.mp4", "b.mp4", "-o", "x.png"], "several clips do not go onto one sheet"),
        (["frames", "a.mp4", "-o", "-"], "a picture does not go to stdout"),
        (["info"], "no clip given"),
        (["info", ""], "the name of a clip is empty"),
        (["transcribe", "a.mp4", "-o", ""], "the name of -o is empty"),
        (["frames", "a.mp4", "b.mp4", "-o", "x/", "--save", "x"], "name the same folder"),
        (["transcribe", "--shard", "9/3", "a.mp4"], "there is no shard 9 of 3"),
    ],
)
def test_senseless_commands(do: Do, words: list[str], said: str) -> None:
    status, _, err = do(*words)
    assert status == 2
    assert said in err
