"""Clips at addresses: a store in memory gives the records that files on this machine give."""

import errno
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from test_folders import QUESTION, Ask, ask, clips, command, model, names, read  # noqa: F401
from web import Web, served

from vidqa.cli.app import run
from vidqa.cli.groups import WatchSetup
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.session import ModelSession
from vidqa.media.elsewhere.staging import PREFIX
from vidqa.media.viewing import Viewing
from vidqa.system.remote.files import RemoteFile
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings

SRT = "1\n00:00:00,000 --> 00:00:01,000\nHello from elsewhere, where the roses are red.\n"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidqa.system.remote.tries.PAUSES_S", ())


@pytest.fixture(autouse=True)
def _nothing_is_left(clean_environment: Path) -> Iterator[None]:
    yield
    assert list(clean_environment.glob(f"{PREFIX}*")) == []


@pytest.fixture
def bucket(clips: Path) -> str:  # noqa: F811
    """The clips, in a store."""
    address = f"memory://{uuid.uuid4().hex}"
    for file in clips.iterdir():
        put(f"{address}/{file.name}", file.read_bytes())
    return address


def put(address: str, content: bytes) -> None:
    with fsspec.open(address, "wb") as file:
        file.write(content)


def size(file: Path) -> int:
    """The bytes of a file, which may be deleted meanwhile."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch, clean_environment: Path) -> list[tuple[str, int]]:
    """What was copied, with the bytes that all copies then took."""
    made = list[tuple[str, int]]()
    copy = RemoteFile.copy

    def noted(self: RemoteFile, target: Path, on_bytes: Callable[[int], None]) -> None:
        copy(self, target, on_bytes)
        files = list(clean_environment.glob(f"{PREFIX}*/*/*"))
        made.append((target.name, sum(map(size, files))))

    monkeypatch.setattr(RemoteFile, "copy", noted)
    return made


def without_names(record: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps({**record, "video": Path(record["video"]).name})
    found: dict[str, Any] = json.loads(text)
    if "error" in found:
        found["error"]["message"] = found["error"]["message"].rpartition("/")[2]
    return found


def test_records_are_those_of_files_here(
    ask: Ask, clips: Path, bucket: str, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    assert ask(clips, QUESTION, "-o", here)[0] == ask(bucket, QUESTION, "-o", there)[0] == 40
    assert [without_names(one) for one in read(there)] == [without_names(one) for one in read(here)]
    assert read(there)[1]["video"] == f"{bucket}/0001.mp4"
    assert str(tmp_path) not in there.read_text()


def test_the_same_command_copies_nothing_again(
    ask: Ask, bucket: str, tmp_path: Path, copies: list[tuple[str, int]]  # noqa: F811
) -> None:  # fmt: skip
    out = tmp_path / "out.jsonl"
    ask(bucket, QUESTION, "-o", out)
    assert len(copies) == 6
    before = out.read_bytes()
    _, _, err = ask(bucket, QUESTION, "-o", out)
    assert len(copies) == 6
    assert "6 of them before" in err
    assert out.read_bytes() == before
    put(f"{bucket}/0001.mp4", fsspec.open(f"{bucket}/0002.mp4").open().read())
    ask(bucket, QUESTION, "-o", out)
    assert [name for name, _ in copies[6:]] == ["0001.mp4"]


@pytest.mark.parametrize("more", ["", "--unordered", "--batch 3", "--batch 2 --unordered"])
def test_copies_keep_to_their_bound(
    ask: Ask,  # noqa: F811
    bucket: str,
    clips: Path,  # noqa: F811
    tmp_path: Path,
    copies: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    more: str,
) -> None:
    largest = max(file.stat().st_size for file in clips.iterdir())
    monkeypatch.setenv("VIDQA_COPIES", f"{largest}B")
    out = tmp_path / "out.jsonl"
    status, _, err = ask(bucket, QUESTION, "-o", out, *more.split())
    assert (status, "4 answered, 2 failed" in err) == (40, True), err
    assert [one["error"]["kind"] for one in read(out) if "error" in one] == ["not_a_video"] * 2
    assert sorted(name for name, _ in copies) == sorted(names(read(out)))
    assert max(size for _, size in copies) <= largest


def test_a_clip_that_is_too_large_is_said_and_tried_again(
    ask: Ask, bucket: str, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    sizes = {file.name: file.stat().st_size for file in clips.iterdir()}
    largest = max(sizes, key=sizes.__getitem__)
    monkeypatch.setenv("VIDQA_COPIES", f"{sizes[largest] - 1}B")
    out = tmp_path / "out.jsonl"
    ask(bucket, QUESTION, "-o", out)
    (failed,) = [one for one in read(out) if one.get("error", {}).get("code") == 14]
    assert Path(failed["video"]).name == largest
    assert "copies may take" in failed["error"]["message"]
    monkeypatch.delenv("VIDQA_COPIES")
    _, _, err = ask(bucket, QUESTION, "-o", out)
    assert "5 of them before" in err
    assert not [one for one in read(out) if one.get("error", {}).get("code") == 14]


def test_a_clip_that_is_larger_than_the_disk_stops_no_other(
    ask: Ask, bucket: str, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    sizes = sorted(file.stat().st_size for file in clips.iterdir())
    usage = shutil.disk_usage(tmp_path)._replace(free=sizes[-1] - 1)
    monkeypatch.setattr("vidqa.media.elsewhere.staging.SPARE_BYTES", 0)
    monkeypatch.setattr("vidqa.media.elsewhere.staging.shutil.disk_usage", lambda _: usage)
    out = tmp_path / "out.jsonl"
    status, _, err = ask(bucket, QUESTION, "-o", out)
    assert (status, len(read(out))) == (40, 6)
    assert out.read_text().count("clip_unreachable") == 1
    assert "MB are free for it" in err


@pytest.mark.parametrize("full_for", ["0000.mp4", "0001.mp4"])
def test_a_disk_that_is_full_for_a_moment_stops_nothing(
    ask: Ask, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_for: str  # noqa: F811
) -> None:  # fmt: skip
    copy, seen = RemoteFile.copy, list[str]()

    def once_full(self: RemoteFile, target: Path, on_bytes: Callable[[int], None]) -> None:
        seen.append(target.name)
        if target.name == full_for and seen.count(full_for) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        copy(self, target, on_bytes)

    monkeypatch.setattr(RemoteFile, "copy", once_full)
    out = tmp_path / "out.jsonl"
    ask(bucket, QUESTION, "-o", out)
    assert len(read(out)) == 6
    ask(bucket, QUESTION, "-o", out)
    assert "clip_unreachable" not in out.read_text()
    assert len(read(out)) == 6


def test_clips_that_no_record_names_are_not_read_to_be_known(
    ask: Ask, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    out = tmp_path / "out.jsonl"
    ask(f"{bucket}/0001.mp4", QUESTION, "-o", out)
    parts, asked = RemoteFile.parts, list[str]()

    def noted(self: RemoteFile, places: Any) -> Any:
        asked.append(self.address)
        return parts(self, places)

    monkeypatch.setattr(RemoteFile, "parts", noted)
    ask(bucket, QUESTION, "-o", out)
    assert asked == [f"{bucket}/0001.mp4"]
    assert len(read(out)) == 6


def test_the_trace_of_an_error_tells_no_secret(
    ask: Ask, clips: Path  # noqa: F811
) -> None:  # fmt: skip
    with served(Web({"/a.mp4": b""}, statuses=[403] * 9)) as web:
        address = f"http://me:secret@{web.url[7:]}/a.mp4?key=secret"
        status, _, err = ask(address, QUESTION, "--verbose")
    assert status == ExitCode.CLIP_UNREACHABLE
    assert "ClientResponseError" in err
    assert "secret" not in err
    status, _, err = ask("memory://nobody/no.mp4", QUESTION, "--verbose")
    assert (status, "FileNotFoundError" in err) == (ExitCode.NO_SUCH_FILE, True)


def test_a_folder_of_answers_is_like_the_folder_of_clips(
    ask: Ask, bucket: str, clips: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    put(f"{bucket}/in/deep.mp4", (clips / "0001.mp4").read_bytes())
    ask(bucket, "-r", QUESTION, "-o", f"{tmp_path / 'out'}/")
    made = {str(one.relative_to(tmp_path / "out")) for one in (tmp_path / "out").rglob("*.json")}
    assert made == {f"{number:04}.mp4.json" for number in range(6)} | {"in/deep.mp4.json"}


def test_a_clip_that_cannot_be_had_is_a_record(
    ask: Ask, bucket: str, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    out = tmp_path / "out.jsonl"
    status, _, err = ask(f"{bucket}/no.mp4", f"{bucket}/0001.mp4", QUESTION, "-o", out)
    assert status == 40
    assert [one.get("error", {}).get("kind") for one in read(out)] == ["no_such_file", None]
    assert f"error: {bucket}/no.mp4: there is no file" in err


def test_what_a_server_refuses_is_asked_for_again(
    ask: Ask, clips: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    content = (clips / "0001.mp4").read_bytes()
    with served(Web({"/a.mp4": content, "/b.mp4": content}, statuses=[403] * 4)) as web:
        words = (f"http://me:secret@{web.url[7:]}/a.mp4?key=secret", f"{web.url}/b.mp4", QUESTION)
        out = tmp_path / "out.jsonl"
        assert ask(*words, "-o", out)[0] == 40
        assert "clip_unreachable" in out.read_text()
        assert ask(*words, "-o", out)[0] == 0
    assert "clip_unreachable" not in out.read_text()
    assert "secret" not in out.read_text()
    assert len(read(out)) == 2


def test_nothing_is_copied_where_the_model_is_missing(
    bucket: str, copies: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", f"{bucket}/0001.mp4", QUESTION]) == ExitCode.MODEL_MISSING
    assert copies == []


def test_one_clip_is_copied_before_a_model_is_loaded(
    bucket: str, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("vidqa.engine.load", refuse)
    put(f"{bucket}/notes.mp4", b"notes\n" * 100)
    for name, status, said in (
        ("no.mp4", ExitCode.NO_SUCH_FILE, f"there is no file '{bucket}/no.mp4'"),
        ("notes.mp4", ExitCode.NOT_A_VIDEO, f"'{bucket}/notes.mp4' is not a readable video"),
    ):
        assert run(["ask", *command(model, f"{bucket}/{name}", QUESTION)]) == status
        assert said in capsys.readouterr().err


def test_one_clip_is_asked(
    ask: Ask, clips: Path, bucket: str  # noqa: F811
) -> None:  # fmt: skip
    _, (there,), _ = ask(f"{bucket}/0001.mp4", QUESTION, "--json")
    _, (here,), _ = ask(clips / "0001.mp4", QUESTION, "--json")
    assert without_names(there) == without_names(here)


def test_the_network_is_not_touched_offline(
    ask: Ask, bucket: str, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was looked up")

    monkeypatch.setattr("vidqa.system.remote.files._system", refuse)
    status, _, err = ask(bucket, QUESTION, "--offline")
    assert (status, f"--offline, but {bucket} lies elsewhere" in err) == (2, True)
    assert run(["transcribe", bucket, "--offline"]) == 2
    assert run(["summarize", bucket, "--offline"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.mp4", "s3://bucket/b.mp4"], "'s3://bucket/b.mp4', is an address and no question"),
        (["file:///a.mp4", QUESTION], "names a file of this machine"),
        (["zip://a::https://me:secret@h/b", QUESTION], "inside another"),
    ],
)
def test_what_makes_no_sense_is_refused(
    ask: Ask, words: list[str], said: str  # noqa: F811
) -> None:  # fmt: skip
    status, _, err = ask(*words)
    assert (status, said in err) == (2, True)
    assert "secret" not in err


@pytest.mark.parametrize("command", ["ask", "transcribe", "summarize"])
@pytest.mark.parametrize("output", ["s3://bucket/out/", "s3://bucket/out.jsonl"])
def test_answers_are_written_on_this_machine(
    command: str, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    question = [QUESTION] if command == "ask" else []
    assert run([command, "a.mp4", *question, "-o", output]) == 2
    assert f"-o writes on this machine, not to {output}" in capsys.readouterr().err
    assert not Path("s3:").exists()


def test_evidence_is_cut_from_files_here_only(
    ask: Ask, bucket: str, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    status, _, err = ask(bucket, QUESTION, "--save-evidence", tmp_path / "cut")
    assert (status, "cuts clips of this machine" in err) == (2, True)


@pytest.mark.parametrize("command", ["info", "frames", "index"])
def test_other_commands_read_files(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert run([command, "https://me:secret@example.org/a.mp4"]) == 2
    err = capsys.readouterr().err
    assert "https://example.org/a.mp4 is an address" in err
    assert "secret" not in err


def test_lists_may_name_stores_and_not_the_web(
    ask: Ask, bucket: str, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    (tmp_path / "list").write_text(f"{bucket}/0001.mp4\n{bucket}/0002.mp4\n")
    _, records, _ = ask("--files-from", tmp_path / "list", QUESTION, "--json")
    assert names(records) == ["0001.mp4", "0002.mp4"]
    (tmp_path / "list").write_text("https://example.org/a.mp4\n")
    status, _, err = ask("--files-from", tmp_path / "list", QUESTION)
    assert (status, "a list may name" in err) == (2, True)


def test_subtitles_elsewhere_are_shown_and_change_the_clip(
    bucket: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]  # noqa: F811
) -> None:  # fmt: skip
    out = tmp_path / "out.jsonl"
    words = [one if one != "off" else "auto" for one in command(model, bucket, QUESTION)]
    ask_all = ["ask", *words, "-o", str(out)]
    run(ask_all)
    put(f"{bucket}/0001.srt", SRT.encode())
    run(ask_all)
    assert "5 of them before" in capsys.readouterr().err
    last = [one for one in read(out) if one["video"].endswith("0001.mp4")][-1]
    assert last["words_source"] == "sidecar"
    assert last["subtitles_fingerprint"].startswith("v1:")
    run(ask_all)
    assert "6 of them before" in capsys.readouterr().err


def test_clips_elsewhere_are_transcribed(
    bucket: str,
    tmp_path: Path,
    copies: list[tuple[str, int]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vidqa.tasks.transcribe.transcriber.load_speech", lambda *_, **__: None)
    put(f"{bucket}/0001.srt", SRT.encode())
    words = ["transcribe", f"{bucket}/0001.mp4", "--subtitles", "auto", "-f", "json"]
    assert run(words) == 0
    cue, end = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert cue["video"] == end["video"] == f"{bucket}/0001.mp4"
    assert "roses are red" in cue["text"]
    assert end["words_from"] == f"{bucket}/0001.srt"
    folder = ["transcribe", f"{bucket}/*1.mp4", "--subtitles", "auto", "-o", f"{tmp_path / 'o'}/"]
    assert run(folder) == 0
    assert "roses are red" in (tmp_path / "o" / "0001.mp4.txt").read_text()
    copied = len(copies)
    assert copied == 4, "the clip and its subtitles, once for each command"
    run(folder)
    assert len(copies) == copied
    assert "1 done before" in capsys.readouterr().err
    put(f"{bucket}/notes.mp4", b"notes\n" * 100)
    words[1] = f"{bucket}/notes.mp4"
    assert run(words) == ExitCode.NOT_A_VIDEO
    assert f"'{bucket}/notes.mp4' is not" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["hf://a/b/c.mp4", "s3://a/b.mp4"])
def test_the_hub_is_reached_for_its_clips_only(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = list[bool]()
    monkeypatch.setattr(
        "vidqa.cli.session.keep_libraries_off_the_network", lambda: calls.append(True)
    )
    setup = WatchSetup(model=None, load=LoadSettings(), viewing=Viewing())
    session = ModelSession(setup, StatusReporter(), addresses={"clip": address})
    session._keep_libraries_off_the_network()
    assert calls == ([] if address.startswith("hf") else [True])
