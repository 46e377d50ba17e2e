"""Records on disk: whole, once, and in order."""

import errno
import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vidqa.errors import NoSpaceError, UsageError
from vidqa.tasks.folders.book import Book
from vidqa.tasks.folders.journal import Journal
from vidqa.types import Marks

HOW = {"model": "m", "revision": "1", "device": "cpu", "dtype": "float32", "settings": {"seed": 0}}


def record(video: str, question: str = "q?", **changes: Any) -> dict[str, Any]:
    told = {"schema_version": 1, "answer": f"{video} {question}", "question": question}
    return {**told, "video": video, "fingerprint": f"mark of {video}", **HOW, **changes}


def failed(video: str, **changes: Any) -> dict[str, Any]:
    return {**record(video), "error": {"code": 11, "kind": "not_a_video"}, **changes}


def mark(video: str) -> Marks:
    return Marks(f"mark of {video}", None)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def book(journal: Journal, clips: list[str], **changes: Any) -> Book:
    how = {"journal": journal, "how": HOW, "mark": mark, **changes}
    return Book(clips, ["q?"], **how)


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.jsonl"
    journal = Journal(path)
    journal.append(record("a"))
    assert lines(path) == [record("a")]  # before it is closed
    journal.close()
    again = Journal(path)
    assert (again.records, again.torn_bytes) == ([record("a")], 0)
    again.close()


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_torn_line_is_cut(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "out.jsonl"
    whole = (json.dumps(record("a")) + "\n").encode()
    path.write_bytes(whole + whole[:cut])
    journal = Journal(path)
    assert (journal.records, journal.torn_bytes) == ([record("a")], cut)
    journal.append(record("b"))
    journal.close()
    assert lines(path) == [record("a"), record("b")]


@pytest.mark.parametrize("content", ["notes\n", "[1]\n", '{"a": 1}\n', "no newline", "\n"])
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(content)
    with pytest.raises(UsageError, match="is not a record of vidqa; nothing was written"):
        Journal(path)
    assert path.read_text() == content


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    journal = Journal(path)
    journal.append(record("b"))
    for _ in range(2):  # also after the file was replaced
        with pytest.raises(UsageError, match="another vidqa is writing"):
            Journal(path)
        journal.arrange([record("a"), record("b")])
    journal.append(record("c"))
    journal.close()
    assert [one["video"] for one in lines(path)] == ["a", "b", "c"]
    Journal(path).close()


def test_a_link_stays_a_link_and_modes_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "in" / "out.jsonl", tmp_path / "in" / "link"
    path.parent.mkdir()
    link.symlink_to(path)
    journal = Journal(link)
    path.chmod(0o640)
    journal.append(record("b"))
    journal.arrange([record("a"), record("b")])
    journal.close()
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(path.parent.iterdir()) == [link, path]


def test_a_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        Journal(tmp_path)


FILL = """
import resource, signal, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
import errno, os
from vidqa.errors import NoSpaceError
from vidqa.tasks.folders import journal as it
from test_journal import record

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write = os.write
def full(file, content):  # what a file system does that is full
    try:
        return write(file, content)
    except OSError as error:
        raise OSError(errno.ENOSPC, "No space left on device") from error
it.os.write = full
journal = it.Journal(Path(sys.argv[1]))
try:
    for number in range(100):
        journal.append(record(f"clip {number}"))
except NoSpaceError as error:
    print(number, error.message)
"""


def test_a_full_disk_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path), str(Path(__file__).parent), *sys.path],
        capture_output=True,
        text=True,
        check=True,
    )
    number, _, said = done.stdout.strip().partition(" ")
    assert said.startswith("the disk is full; ")
    assert lines(path) == [record(f"clip {index}") for index in range(int(number))]
    assert 1 < int(number) < 10


def test_only_what_is_missing_is_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "out.jsonl")
    for one in (record("a"), failed("c"), record("d", settings={"seed": 1})):
        journal.append(one)
    it = book(journal, ["a", "b", "c", "d"])
    assert list(it.left()) == ["b", "d"]
    assert (it.tally().done, it.tally().left, it.tally().failed, it.tally().before) == (2, 2, 1, 2)
    assert list(book(journal, ["a", "c"], retry_failed=True).left()) == ["c"]
    assert list(book(journal, ["a"], how={**HOW, "revision": "2"}).left()) == ["a"]
    journal.close()


def test_content_counts_not_names(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "out.jsonl")
    journal.append(record("old"))

    def left(clips: list[str], content: str = "mark of old") -> list[str]:
        return list(book(journal, clips, mark=lambda _: Marks(content, None)).left())

    assert not left(["new"])
    assert left(["new", "old"]) == ["new"]
    assert left(["copy", "new"]) == ["new"]
    assert left(["old"], "edited") == ["old"]
    journal.close()


def test_other_subtitles_are_another_clip(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "out.jsonl")
    journal.append(record("a", subtitles_fingerprint="old"))
    journal.append(record("b"))
    for subtitles, left in (("old", ["b"]), ("new", ["a", "b"]), (None, ["a"])):

        def marks(video: str, beside: str | None = subtitles) -> Marks:
            return Marks(f"mark of {video}", beside)

        assert list(book(journal, ["a", "b"], mark=marks).left()) == left
    journal.close()


@pytest.mark.parametrize("kind", ["model_missing", "not_enough_memory", "no_space"])
def test_what_no_clip_has_to_do_with_is_tried_again(tmp_path: Path, kind: str) -> None:
    journal = Journal(tmp_path / "out.jsonl")
    journal.append(failed("a"))
    journal.append(failed("b", error={"code": 20, "kind": kind}))
    again = book(journal, ["a", "b"])
    assert list(again.left()) == ["b"]
    again.write("b", "q?", record("b"))
    again.arrange()
    assert journal.records == [failed("a"), record("b")]
    journal.close()


def test_without_order_failures_that_were_tried_again_go_all_the_same(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "out.jsonl")
    for one in (failed("b"), record("c"), failed("a")):
        journal.append(one)
    again = book(journal, ["a", "b", "c"], retry_failed=True)
    again.write("a", "q?", record("a"))
    again.write("b", "q?", failed("b", fingerprint="other"))
    again.clean()
    kept = [record("c"), record("a"), failed("b", fingerprint="other")]
    assert lines(journal.path) == kept
    journal.close()


def test_what_a_killed_process_left_is_thrown_away(tmp_path: Path) -> None:
    left = tmp_path / ".out.jsonl.abc_1.draft"
    others = [tmp_path / ".out.jsonl.bak.abc_1.draft", tmp_path / ".out.jsonl.swp"]
    for file in (left, *others):
        file.touch()
    Journal(tmp_path / "out.jsonl").close()
    assert not left.exists()
    assert all(file.exists() for file in others)


def test_records_are_put_in_order_and_old_failures_go(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    journal = Journal(path)
    other = record("z", settings={"seed": 9})
    for one in (record("c"), failed("b"), other, failed("a", fingerprint=None)):
        journal.append(one)
    it = book(journal, ["a", "b", "c"], retry_failed=True)
    for video in it.left():
        it.write(video, "q?", record(video))
    it.arrange()
    journal.close()
    assert lines(path) == [other, record("a"), record("b"), record("c")]
    assert it.tally().failed == 0


def test_a_full_disk_while_arranging_keeps_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "in" / "out.jsonl")
    journal.append(record("b"))

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vidqa.tasks.folders.journal._write", full)
    with pytest.raises(NoSpaceError):
        journal.arrange([])
    journal.close()
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["out.jsonl"]
    assert lines(tmp_path / "in" / "out.jsonl") == [record("b")]


def test_a_file_system_without_locks_has_one_writer_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, path = fcntl.flock, tmp_path / "disk" / "out.jsonl"

    def refused(descriptor: int, how: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_relative_to(path.parent):
            raise OSError(errno.ENOLCK, "no locks")
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", refused)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    journal = Journal(path)
    journal.append(record("a"))
    journal.arrange([record("b")])
    with pytest.raises(UsageError, match="another vidqa is writing"):
        Journal(path)
    journal.close()
    assert Journal(path).records == [record("b")]
