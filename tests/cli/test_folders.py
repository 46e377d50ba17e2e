"""`vidqa ask` over folders, a tiny random model for all of it."""

import contextlib
import errno
import json
import os
import random
import signal
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apart import Command
from media.clips import make_clip
from tiny import talkative, vidqa_folder
from vidqa.cli.app import run
from vidqa.cli.runs.batches import in_batches
from vidqa.errors import NotAVideoError, NotEnoughMemoryError
from vidqa.models.resolve import write_settings

Ask = Callable[..., tuple[int, list[dict[str, Any]], str]]
QUESTION = "Is there a cat?"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = talkative(vidqa_folder(tmp_path_factory.mktemp("tiny")))
    write_settings(folder, "starter")
    return folder


def make_folder(folder: Path, count: int, broken: int) -> Path:
    """So many clips that all differ, `broken` of them in one way or another, evenly between."""
    folder.mkdir(parents=True)
    bad = {count * number // broken for number in range(broken)} if broken else set[int]()
    for number in range(count):
        path = folder / f"{number:04}.mp4"
        pictures, late = 2 + number % 30, number // 30
        make_clip(path, [40 * one + late * (one > 0) for one in range(pictures)])
        if number in bad:
            content = path.read_bytes()
            path.write_bytes([b"", b"notes", content[: len(content) // 2]][number % 3])
    return folder


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("clips") / "clips", 6, 2)


@pytest.fixture
def ask(model: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """In this process, without speech; returns the status, the records of stdout, and stderr."""

    def call(*words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
        status = run(["ask", *command(model, *words)])
        out, err = capsys.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err

    return call


def command(model: Path, *words: str | Path) -> list[str]:
    fixed = ["--model", str(model), "--subtitles", "off", "--device", "cpu", "--dtype", "float32"]
    return [*map(str, words), *fixed, "--frames", "2", "--max-new-tokens", "8"]


def names(records: list[dict[str, Any]]) -> list[str]:
    return [Path(record["video"]).name for record in records]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_a_folder_in_a_pipe_is_a_record_a_clip(ask: Ask, clips: Path) -> None:
    status, records, err = ask(clips, QUESTION)
    assert status == 40
    assert names(records) == [f"{number:04}.mp4" for number in range(6)]
    assert [one for one, record in enumerate(records) if "error" in record] == [0, 3]
    assert err.count("error: ") == 2
    assert "6 clips: 4 answered, 2 failed; " in err
    good, bad = records[1], records[0]
    assert good["settings"] == bad["settings"]
    assert good["settings"]["frames"] == 2
    for key in ("model", "revision", "device", "dtype", "vidqa", "fingerprint", "question"):
        assert good[key], key
        assert bad[key], key


@pytest.mark.numbers
def test_one_by_one_all_at_once_and_in_parts_are_the_same(
    ask: Ask, clips: Path, tmp_path: Path
) -> None:
    _, whole, _ = ask(clips, QUESTION)
    assert ask(str(clips / "*.mp4"), QUESTION)[1] == whole
    listed = tmp_path / "list"
    listed.write_bytes(b"\0".join(os.fsencode(clips / name) for name in names(whole)))
    assert ask("--files-from", listed, QUESTION)[1] == whole
    assert [ask(clips / name, QUESTION, "--json")[1] for name in ("0001.mp4", "0005.mp4")] == [
        [whole[1]],
        [whole[5]],
    ]
    parts = [ask(clips, QUESTION, "--shard", f"{part}/3")[1] for part in (1, 2, 3)]
    assert [len(part) for part in parts] == [1, 3, 2]
    assert sorted(chain(*parts), key=lambda record: record["video"]) == whole
    unordered = ask(clips, QUESTION, "--unordered")[1]
    assert sorted(unordered, key=lambda record: record["video"]) == whole


def test_many_questions_of_a_file(ask: Ask, clips: Path, tmp_path: Path) -> None:
    asked = tmp_path / "questions"
    asked.write_text("one?\n\ntwo?\none?\n")
    _, records, _ = ask(clips / "*[14].mp4", "--questions", asked, "-q", "zero?")
    told = [(Path(one["video"]).stem, one["question"]) for one in records]
    assert told == [(clip, q) for clip in ("0001", "0004") for q in ("zero?", "one?", "two?")]


@pytest.mark.numbers
def test_several_clips_in_one_forward(ask: Ask, clips: Path) -> None:
    _, alone, _ = ask(clips, "-q", QUESTION, "-q", "Who?")
    _, together, _ = ask(clips, "-q", QUESTION, "-q", "Who?", "--batch", "3")
    assert [one.get("answer") for one in together] == [one.get("answer") for one in alone]
    assert {one.get("batch") for one in together if "answer" in one} == {3, None}
    assert {one["settings"]["batch"] for one in together} == {3}


def test_the_same_command_again_does_only_what_is_missing(
    ask: Ask, clips: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    assert ask(clips, QUESTION, "-o", out)[:2] == (40, [])
    whole = out.read_bytes()
    status, _, err = ask(clips, QUESTION, "-o", out)
    assert (status, out.read_bytes()) == (40, whole)
    assert "6 clips: 4 answered, 2 failed, 6 of them before" in err
    lines = whole.splitlines(keepends=True)
    out.write_bytes(b"".join(lines[4:]) + lines[1] + lines[2][:99])
    status, _, err = ask(clips, QUESTION, "-o", out)
    assert (status, out.read_bytes()) == (40, whole)
    assert "the last line of" in err
    assert "its 99 bytes were cut" in err
    assert "3 of them before" in err
    # another setting is another answer
    ask(clips, QUESTION, "-o", out, "--seed", "7", "--temperature", "0.5")
    assert len(read(out)) == 12
    assert b"".join(out.read_bytes().splitlines(keepends=True)[:6]) == whole


def test_what_failed_is_tried_again_when_asked_to(
    ask: Ask, model: Path, tmp_path: Path, clips: Path
) -> None:
    folder, out = make_folder(tmp_path / "some", 3, 1), tmp_path / "out.jsonl"
    assert ask(folder, QUESTION, "-o", out)[0] == 40
    assert ask(folder, QUESTION, "-o", out, "--retry-failed")[0] == 40
    assert len(read(out)) == 3
    (folder / "0000.mp4").write_bytes((clips / "0005.mp4").read_bytes())
    assert ask(folder, QUESTION, "-o", out)[0] == 0  # the content is another one
    assert names(read(out)) == ["0000.mp4", "0001.mp4", "0002.mp4"]
    assert all("answer" in record for record in read(out))


def test_other_words_beside_a_clip_are_another_answer(
    model: Path, clips: Path, tmp_path: Path
) -> None:
    clip, out = tmp_path / "clip.mp4", tmp_path / "out.jsonl"
    clip.write_bytes((clips / "0001.mp4").read_bytes())
    words = command(model, clip, QUESTION, "-o", out)
    words[words.index("off")] = "auto"
    texts = ("nothing is said by the dog", "nothing is said by the cat")
    for number, text in enumerate((*texts, *texts), 1):
        clip.with_suffix(".srt").write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n")
        assert run(["ask", *words]) == 0
        assert len(read(out)) == min(number, 2)
    assert len({record["subtitles_fingerprint"] for record in read(out)}) == 2


def test_a_pipe_and_what_is_gone_hold_nobody_up(ask: Ask, clips: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "some", tmp_path / "out.jsonl"
    folder.mkdir()
    os.mkfifo(folder / "a.mp4")
    (folder / "b.mp4").symlink_to(tmp_path / "gone.mp4")
    (folder / "c.mp4").write_bytes((clips / "0001.mp4").read_bytes())
    for before in ("", ", 3 of them before"):
        status, _, err = ask(folder, QUESTION, "-o", out)
        assert status == 40
        assert f"3 clips: 1 answered, 2 failed{before}" in err
    kinds = [one["error"]["kind"] if "error" in one else "answered" for one in read(out)]
    assert kinds == ["not_a_video", "no_such_file", "answered"]


def test_a_clip_that_goes_while_it_is_read_is_a_record(
    ask: Ask, clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vidqa.media import fingerprint_cache

    def gone(path: Path) -> str:
        if path.name == "0001.mp4":
            path = path.with_name("gone.mp4")
        return fingerprint_cache.known_fingerprint(path)

    monkeypatch.setattr("vidqa.engine.watcher.known_fingerprint", gone)
    status, records, _ = ask(clips, QUESTION)
    assert status == 40
    assert [one for one, record in enumerate(records) if "error" in record] == [0, 1, 3]


def test_a_full_disk_ends_the_run_and_the_same_command_goes_on(
    ask: Ask, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    ask(clips, QUESTION, "-o", whole)
    lines_before = list[int]()

    def full(file: int, content: bytes) -> None:
        lines_before.append(lines(out))
        if len(lines_before) > 3:
            os.write(file, content[:20])
            raise OSError(errno.ENOSPC, "No space left on device")
        os.write(file, content)

    with monkeypatch.context() as small:
        small.setattr("vidqa.tasks.folders.journal._write", full)
        status, _, err = ask(clips, QUESTION, "-o", out)
    assert status == 24
    assert "the disk is full" in err
    assert out.read_bytes() == b"".join(whole.read_bytes().splitlines(keepends=True)[:3])
    assert ask(clips, QUESTION, "-o", out)[0] == 40
    assert out.read_bytes() == whole.read_bytes()


def two_folders(folder: Path, clips: Path) -> Path:
    """Clips of one name in two folders, beside what is none."""
    for place, source in (("a/001.mp4", 1), ("b/001.mp4", 2), ("b/001.mkv", 4)):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes((clips / f"{source:04}.mp4").read_bytes())
    (folder / "b" / "broken.mp4").write_text("no video")
    (folder / "b" / "notes.txt").write_text("notes")
    return folder


FILES = ["a/001.mp4.json", "b/001.mkv.json", "b/001.mp4.json", "b/broken.mp4.json"]


def files(folder: Path) -> list[str]:
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return sorted(str(file) for file in found if not file.name.startswith("."))


def test_a_folder_gets_a_file_a_clip_in_the_same_tree(
    ask: Ask, clips: Path, tmp_path: Path
) -> None:
    folder, out = two_folders(tmp_path / "some", clips), tmp_path / "out"
    status, printed, err = ask(folder, "-r", QUESTION, "-o", f"{out}/")
    assert (status, printed) == (40, [])
    assert "passed over 1 file" in err
    assert "did not look into" not in err
    assert files(out) == FILES
    _, whole, _ = ask(folder, "-r", QUESTION)
    contents = [read(out / name) for name in FILES]
    assert contents == [[record] for record in whole]
    times = [(out / name).stat().st_mtime_ns for name in FILES]
    # what is there is left alone, what is missing is written again, a renamed clip is done
    (out / FILES[0]).unlink()
    (folder / "b" / "001.mkv").rename(folder / "b" / "002.mkv")
    status, _, err = ask(folder / "a", folder / "b", QUESTION, "-o", out)
    assert status == 40
    assert "4 clips: 3 answered, 1 failed, 4 of them before" in err
    assert read(out / FILES[0]) == contents[0]
    assert read(out / "b" / "002.mkv.json")[0]["video"] == str(folder / "b" / "002.mkv")
    assert [(out / name).stat().st_mtime_ns for name in FILES[1:]] == times[1:]
    # another question is another line
    assert ask(folder, "-r", "Who?", "-o", out)[0] == 40
    assert [record["question"] for record in read(out / FILES[0])] == [QUESTION, "Who?"]


def test_what_is_in_the_way_is_refused_and_the_others_go_on(
    ask: Ask, clips: Path, tmp_path: Path
) -> None:
    folder, out = two_folders(tmp_path / "some", clips), tmp_path / "out"
    mine = out / "a" / "001.mp4.json"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    for _ in range(2):
        status, _, err = ask(folder, "-r", QUESTION, "-o", out)
        assert status == 40
        assert f"{mine} is there already" in err
        assert "hint: --force replaces it" in err
        assert "4 clips: 2 answered, 2 failed" in err
        assert mine.read_text() == "mine"
        assert files(out) == FILES
    assert ask(folder, "-r", QUESTION, "-o", out, "--force")[0] == 40
    assert "answer" in read(mine)[0]


def test_a_file_that_is_there_gets_the_answer_that_a_killed_run_did_not_write(
    ask: Ask, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vidqa.tasks.folders.journal import Journal

    class KilledError(BaseException):
        pass

    folder, out = two_folders(tmp_path / "some", clips), tmp_path / "out"
    ask(folder / "a", QUESTION, "-o", f"{out}/")

    def killed(self: Journal, record: dict[str, Any]) -> None:
        raise KilledError

    with monkeypatch.context() as dying, contextlib.suppress(KilledError):
        dying.setattr(Journal, "append", killed)
        ask(folder / "a", "Who?", "-o", f"{out}/")
    assert ask(folder / "a", "Who?", "-o", f"{out}/")[0] == 0
    assert [one["question"] for one in read(out / "001.mp4.json")] == [QUESTION, "Who?"]
    # a renamed clip keeps its answers beside new ones
    (folder / "a" / "001.mp4").rename(folder / "a" / "002.mp4")
    for question in ("Where?", "When?"):
        ask(folder / "a", "-q", QUESTION, "-q", question, "-o", f"{out}/")
    assert [one["question"] for one in read(out / "002.mp4.json")] == [
        *(QUESTION, "Where?", "When?"),
    ]


def test_one_file_that_cannot_be_written_does_not_stop_the_others(
    ask: Ask, clips: Path, tmp_path: Path
) -> None:
    folder, out = two_folders(tmp_path / "some", clips), tmp_path / "out"
    out.mkdir()
    (out / "a").write_text("a file where a folder would be")
    (out / "b" / "001.mp4.json").mkdir(parents=True)
    for _ in range(2):
        status, _, err = ask(folder, "-r", QUESTION, "-o", f"{out}/", "--force")
        assert status == 40
        assert "is a file, not a folder" in err
        assert "4 clips: 1 answered, 3 failed" in err
        assert len(read(out / "b" / "001.mkv.json")) == 1


def test_force_does_all_of_it_anew(ask: Ask, clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    ask(clips, QUESTION, "-o", out)
    whole = out.read_bytes()
    out.write_bytes(whole.replace(b'"vidqa": "', b'"vidqa": "old '))
    status, _, err = ask(clips, QUESTION, "-o", out, "--force")
    assert status == 40
    assert "of them before" not in err
    assert out.read_bytes() == whole


def test_a_name_as_long_as_can_be_has_a_file(ask: Ask, clips: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "some", tmp_path / "out"
    folder.mkdir()
    for name in ("é" * 125 + ".mp4", "é" * 124 + "e.mp4", os.fsdecode(b"\xff" * 240 + b".mp4")):
        (folder / name).write_bytes((clips / "0001.mp4").read_bytes())
    for before in ("", ", 3 of them before"):
        status, _, err = ask(folder, QUESTION, "-o", f"{out}/")
        assert status == 0, err
        assert f"3 clips: 3 answered, 0 failed{before}" in err
    assert len(files(out)) == 3


def test_a_dash_is_stdout(ask: Ask, clips: Path, tmp_path: Path) -> None:
    assert ask(clips, QUESTION, "-o", "-")[1] == ask(clips, QUESTION)[1]
    assert len(ask(clips / "0001.mp4", QUESTION, "-o", "-")[1]) == 1


def test_names_in_a_list_are_no_patterns(ask: Ask, clips: Path, tmp_path: Path) -> None:
    (tmp_path / "why1.mp4").write_bytes((clips / "0001.mp4").read_bytes())
    listed = tmp_path / "list"
    listed.write_bytes(b"\xef\xbb\xbf" + os.fsencode(f"{tmp_path}/why?.mp4\r\n{clips}/0002.mp4\n"))
    status, records, _ = ask("--files-from", listed, QUESTION)
    assert status == 40
    assert [record.get("error", {}).get("kind") for record in records] == ["no_such_file", None]


def test_what_memory_does_not_hold_beside_others_is_watched_alone() -> None:
    error, other = NotEnoughMemoryError("full"), NotAVideoError("no")
    again = list[str]()

    def alone(video: str) -> Any:
        again.append(video)
        return f"{video} again"

    watched: list[Any] = [("a", "A"), ("b", error), ("c", "C"), ("d", other), ("e", error)]
    groups = [list(group) for group in in_batches(watched, 3, alone)]
    assert groups == [
        [("a", "A")],
        [("b", "b again"), ("c", "C"), ("d", other)],
        [("e", "e again")],
    ]
    assert again == ["b", "e"]


def test_choices_of_a_run_that_was_done_before(ask: Ask, clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    good = str(clips / "000[1245].mp4*")
    how = (good, QUESTION, "--choices", "cat,dog", "-o", str(out))
    status = ask(*how)[0]
    firsts = [record["answer"] == "cat" for record in read(out)]
    assert status == (0 if all(firsts) else 1)
    assert ask(*how)[0] == status


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shard", "0/3", "what?"], "there is no shard 0 of 3"),
        (["--shard", "three", "what?"], "--shard 'three' is not a part"),
        (["what?", "--files-from", "none.txt"], "'none.txt' cannot be read"),
        (["--questions", "none.txt"], "'none.txt' cannot be read"),
        (["--questions", "latin.txt"], "'latin.txt' is not UTF-8 text"),
        (["what?", "--batch", "2", "--choices", "a,b"], "--batch"),
        (["what?", "--retry-failed"], "--retry-failed is for -o"),
        (["what?", "--force", "-o", "-"], "--force is for -o"),
    ],
)
def test_senseless_runs(
    ask: Ask, clips: Path, words: list[str], said: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("latin.txt").write_bytes("Grüße?".encode("latin-1"))
    status, _, err = ask(clips, *words)
    assert status == 2
    assert said in err


def start(words: list[str], cache: Path) -> Command:
    return Command(["ask", *words], cache.with_suffix(".told"), VIDQA_CACHE_DIR=str(cache))


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def killed_and_resumed(
    model: Path, folder: Path, tmp_path: Path, kills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compare a run that is killed again and again with one that is not."""
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    count, chance = len(list(folder.iterdir())), random.Random(8)
    assert run(["ask", *command(model, folder, QUESTION, "-o", whole)]) == 40
    words = command(model, folder, QUESTION, "-o", out)
    for kill in range(1, kills + 1):
        process = start(words, tmp_path / "other")
        while process.poll() is None and lines(out) < count * kill // (kills + 1):
            time.sleep(0.005)
        time.sleep(chance.random() * 0.1)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        written = out.read_bytes().splitlines(keepends=True)
        assert len({line for line in written if line.endswith(b"\n")}) == len(written) - (
            not written[-1].endswith(b"\n")
        )
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(tmp_path / "other"))
    assert run(["ask", *words]) == 40
    assert out.read_bytes() == whole.read_bytes()
    assert lines(out) == count


def test_a_run_that_is_killed_thrice_ends_as_one_that_is_not(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(tmp_path / "clips", 12, 3)
    killed_and_resumed(model, folder, tmp_path, 3, monkeypatch)


QUESTIONS = 100
"""About each clip, so that a run can be stopped in the middle of one."""


@pytest.mark.parametrize("how", ["once", "twice", "terminated"])
def test_a_run_that_is_stopped_leaves_nobody_behind(
    model: Path, clips: Path, tmp_path: Path, how: str
) -> None:
    out = tmp_path / "out.jsonl"
    asked = [word for number in range(QUESTIONS) for word in ("-q", f"Who {number}?")]
    process = start(command(model, clips, *asked, "-o", out), tmp_path / "cache")
    while lines(out) < QUESTIONS + 3 and process.poll() is None:  # the first clip is none
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM if how == "terminated" else signal.SIGINT)
    if how == "twice":
        process.send_signal(signal.SIGINT)
        while process.poll() is None:  # the first may not have been seen yet
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
    assert process.wait(timeout=120) == (-signal.SIGTERM if how == "terminated" else 130)
    deadline = time.monotonic() + 120
    while (left := members(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left
    assert all(record["question"].startswith("Who") for record in read(out))
    if how == "twice":
        assert lines(out) < 2 * QUESTIONS, "the clip in flight was left"
    if how == "once":
        assert lines(out) == 2 * QUESTIONS, "the clip in flight was finished"
        assert "stopped, 4 left; give the same command again" in process.said()


def members(session: int) -> list[int]:
    """The processes of a session."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(status.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.numbers
def test_a_run_that_is_killed_twenty_times_ends_as_one_that_is_not(
    model: Path,
    tmp_path: Path,
    rounds: Callable[[int, int], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, broken = rounds(200, 30), rounds(10, 3)
    folder = make_folder(tmp_path / "clips", count, broken)
    killed_and_resumed(model, folder, tmp_path, rounds(20, 2), monkeypatch)
    records = read(tmp_path / "out.jsonl")
    assert sum("error" in record for record in records) == broken
    assert sum("answer" in record for record in records) == count - broken


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_clips(
    model: Path, tmp_path: Path, rounds: Callable[[int, int], int]
) -> None:
    few, all_of_them = rounds(100, 50), rounds(1000, 150)
    folder, out = make_folder(tmp_path / "clips", all_of_them, 0), tmp_path / "out.jsonl"
    process = start(command(model, folder, QUESTION, "-o", out), tmp_path / "cache")
    peaks = {}
    for count in (few, all_of_them):
        while lines(out) < count and process.poll() is None:
            time.sleep(0.002)
        with contextlib.suppress(OSError):  # it may have ended
            told = Path(f"/proc/{process.pid}/status").read_text()
            peaks[count] = int(told.split("VmHWM:")[1].split()[0]) / 1000
        if count == few:
            assert process.poll() is None
    assert process.wait() == 0
    assert np.diff(list(peaks.values()))[0] < 100, peaks
