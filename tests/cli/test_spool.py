"""Clips and lists that come through pipes."""

import io
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vidqa.cli import spool
from vidqa.cli.parse import Selection, read_clips, read_request
from vidqa.cli.spool import spooled
from vidqa.errors import UsageError
from vidqa.system.texts import read_text


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    yield
    spool._written.cache_clear()


def stdin_of(monkeypatch: pytest.MonkeyPatch, content: bytes) -> io.TextIOWrapper:
    stdin = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    return stdin


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "/dev/fd/0"])
def test_stdin_becomes_a_file(monkeypatch: pytest.MonkeyPatch, name: str):
    stdin_of(monkeypatch, b"a film")
    assert Path(spooled(name)).read_bytes() == b"a film"
    assert spooled("-") == spooled(name), "it can be read once only"


def test_a_named_pipe_becomes_a_file(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"a film",))
    writer.start()
    assert Path(spooled(str(pipe))).read_bytes() == b"a film"
    writer.join()


def test_what_is_a_file_stays_what_it_is(tmp_path: Path):
    (tmp_path / "clip.mp4").touch()
    for name in (str(tmp_path / "clip.mp4"), str(tmp_path / "missing.mp4"), str(tmp_path)):
        assert spooled(name) == name


def test_a_file_behind_stdin_is_not_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "clip.mp4").write_bytes(b"a film")
    with (tmp_path / "clip.mp4").open("rb") as file:
        kept = os.dup(0)
        os.dup2(file.fileno(), 0)
        try:
            with os.fdopen(0, closefd=False) as stdin:
                monkeypatch.setattr(sys, "stdin", stdin)
                assert spooled("-") == str(tmp_path / "clip.mp4")
        finally:
            os.dup2(kept, 0)
            os.close(kept)


def test_what_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch):
    stdin_of(monkeypatch, b"")
    with pytest.raises(UsageError, match="nothing came from stdin"):
        spooled("-")
    monkeypatch.setattr(spool, "LIMIT_BYTES", 3)
    stdin_of(monkeypatch, b"a film")
    with pytest.raises(UsageError, match="came from stdin"):
        spooled("-")


def test_stdin_is_one_thing_at_a_time(monkeypatch: pytest.MonkeyPatch):
    stdin = stdin_of(monkeypatch, b"what?")
    with pytest.raises(UsageError, match="at once"):
        read_request(["-", "-"], Selection(), stdin)
    with pytest.raises(UsageError, match="at once"):
        read_request(["-"], Selection(questions=["-"]), stdin)
    with pytest.raises(UsageError, match="at once"):
        read_clips(["-"], Selection(files_from="-"), stdin)


def test_a_list_of_names_from_windows(tmp_path: Path):
    listed = tmp_path / "list.txt"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        listed.write_bytes("één.mp4\r\ntwo.mp4\r\n".encode(encoding))
        found = read_clips([], Selection(files_from=str(listed)), sys.stdin)
        assert found.clips == ("één.mp4", "two.mp4")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_texts_as_programs_save_them(tmp_path: Path, encoding: str):
    (tmp_path / "a.txt").write_bytes("é\r\nb".encode(encoding))
    assert read_text(tmp_path / "a.txt") == "é\nb"


def test_what_is_no_text_is_refused(tmp_path: Path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        read_text(tmp_path / "a.txt")


def test_a_dash_is_stdin_for_texts_too(monkeypatch: pytest.MonkeyPatch):
    stdin_of(monkeypatch, b"\xef\xbb\xbfhello")
    assert read_text(Path("-")) == "hello"
