"""Where `-o` writes: whole files, through links, and into what is not a file."""

import os
import threading
from pathlib import Path

import pytest

from vidqa.cli.render.output_file import growing, opened
from vidqa.errors import NoSpaceError, UsageError


def test_a_file_is_replaced_only_when_all_is_written(tmp_path: Path) -> None:
    target = tmp_path / "there" / "words.txt"
    target.parent.mkdir()
    target.write_text("before")

    def fail_halfway() -> None:
        with opened(target) as write:
            write("half of it")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert target.read_text() == "before"
    with opened(target) as write:
        write("all of it\n")
    assert target.read_text() == "all of it\n"
    assert list(target.parent.iterdir()) == [target]


def test_what_another_wrote_in_the_meantime_stays(tmp_path: Path) -> None:
    target = tmp_path / "there" / "words.txt"

    def write_while_another_does() -> None:
        with opened(target, replace=False) as write:
            target.write_text("another's")
            write("ours")

    with pytest.raises(UsageError, match="there already"):
        write_while_another_does()
    assert target.read_text() == "another's"
    assert list(target.parent.iterdir()) == [target]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "there" / "real.txt", tmp_path / "link.txt"
    real.parent.mkdir()
    link.symlink_to(real)
    for text in ("first", "second"):
        with opened(link) as write:
            write(text)
        assert link.is_symlink()
        assert real.read_text() == text


def test_a_link_to_what_is_not_there_yet_is_written_through(tmp_path: Path) -> None:
    real, link = tmp_path / "there" / "real.jsonl", tmp_path / "link.jsonl"
    real.parent.mkdir()
    link.symlink_to(real)
    with growing(link, force=False) as write:
        write("first")
    assert link.is_symlink()
    assert real.read_text() == "first"


def test_a_named_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    with opened(pipe) as write:
        write("down the pipe")
    reader.join(timeout=120)
    assert read == ["down the pipe"]
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="Linux only")
def test_a_device_stays_a_device() -> None:
    with opened(Path(os.devnull)) as write:
        write("nothing comes back")
    with pytest.raises(NoSpaceError), opened(Path("/dev/full")) as write:
        write("nothing fits")
    assert Path(os.devnull).is_char_device()
    assert Path("/dev/full").is_char_device()


def test_a_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"), opened(tmp_path) as write:
        write("text")
