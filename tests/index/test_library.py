"""The file of an index: what is kept, what is forgotten, what is refused."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from shelves import HEARD, files, read, row, said, shelve

from vidqa.engine.finding.cut import cut
from vidqa.errors import UsageError
from vidqa.tasks.index import lookup, schema
from vidqa.tasks.index.entries import Entry
from vidqa.tasks.index.library import Library
from vidqa.tasks.index.search import Hit
from vidqa.tasks.index.search import search as search_files

TEXTS = said("One sentence.", "Another one.")


def names(library: Library) -> list[str]:
    return [place.path.name for place in library.places()]


def search(library: Library, query: str, **how: Any) -> list[Hit]:
    return search_files(library, query, files(library), **how)


def test_what_was_put_in_is_there_again(tmp_path: Path) -> None:
    file = tmp_path / "new" / "index.sqlite"
    with Library(file, writes=True) as library:
        shelve(library, tmp_path / "a.mp4", (*TEXTS, read(3, "A sign")), compared="x",
               vectors=[{"said": row(1, 2, 3)}])  # fmt: skip
    with Library(file) as library:
        (known,) = library.every()
        assert [one.path for one in library.places()] == [tmp_path / "a.mp4"]
        assert (known.source, known.compared) == ("speech", "x")
        assert library.counts() == {known.id: (1, 6)}
        assert known.seen is None
        cues = library.cues(known.id)
        assert [(cue.text, cue.on_screen) for cue in cues][-1] == ("A sign", True)
        (owner,), kinds, vectors = lookup.meanings(library, "x", 3)
        assert kinds == ["said"]
        assert vectors == pytest.approx(row(1, 2, 3), abs=1e-3)
        assert lookup.windows(library, [owner])[owner].end_s == pytest.approx(19)
        library.check()


def test_captions_replace_captions(tmp_path: Path) -> None:
    with Library(tmp_path / "i", writes=True) as library:
        shelve(library, tmp_path / "a.mp4", TEXTS, captions={0: "The video shows a dog."})
        (known,) = library.every()
        windows = list(lookup.windows(library, range(100)).values())
        assert [one.caption for one in windows] == ["The video shows a dog."]
        assert library.replace(
            known.id, Entry(cut(19, TEXTS), ["A cat."], [{}], None), seen="later"
        )
        assert search(library, "dog") == []
        assert search(library, "cat")[0].kind == "seen"
        assert search(library, "sentence")[0].kind == "said"
        assert library.every()[0].seen == "later"


def test_the_same_content_is_kept_once(tmp_path: Path) -> None:
    with Library(tmp_path / "i", writes=True) as library:
        shelve(library, tmp_path / "a.mp4", TEXTS)
        shelve(library, tmp_path / "a.mp4", TEXTS)  # another process was quicker
        assert library.find("v1:'a.mp4'", None, HEARD) == library.every()[0].id
        assert library.find("v1:'a.mp4'", "others", HEARD) is None
        assert library.find("v1:'a.mp4'", None, "otherwise") is None
        assert len(library.every()) == 1
        assert len(search(library, "sentence")) == 1


def test_a_folder_moves_with_its_index(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with Library(tmp_path / "here" / "i", writes=True) as library:
        shelve(library, tmp_path / "here" / "deep" / "a.mp4", TEXTS)
        shelve(library, tmp_path / "elsewhere.mp4", TEXTS)
    shutil.move(tmp_path / "here", tmp_path / "there")
    with Library(tmp_path / "there" / "i") as library:
        paths = {place.path: place.is_same for place in library.places()}
    assert paths == {tmp_path / "there/deep/a.mp4": True, tmp_path / "elsewhere.mp4": True}


def test_clips_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    with Library(tmp_path / "i", writes=True) as library:
        shelve(library, tmp_path / "a.mp4", TEXTS)
        shelve(library, tmp_path / "b.mp4", said("A third sentence."))
        (tmp_path / "a.mp4").unlink()
        assert [place.is_same for place in library.places()] == [False, True]
        assert library.prune() == (1, 0)
        assert names(library) == ["b.mp4"]
        assert [hit.path.name for hit in search(library, "sentence")] == ["b.mp4"]
        assert lookup.count(library) == 1
        library.check()
        assert library.prune() == (0, 0)


def test_clips_of_a_disk_that_is_not_there_stay(tmp_path: Path) -> None:
    with Library(tmp_path / "i", writes=True) as library:
        shelve(library, tmp_path / "disk" / "a.mp4", TEXTS)
        shutil.rmtree(tmp_path / "disk")
        assert library.prune() == (0, 1)
        assert names(library) == ["a.mp4"]
        assert library.prune(unreachable=True) == (1, 0)
        assert library.every() == []


def test_what_no_file_has_any_more_is_forgotten(tmp_path: Path) -> None:
    with Library(tmp_path / "i", writes=True) as library:
        shelve(library, tmp_path / "a.mp4", TEXTS)
        shelve(library, tmp_path / "b.mp4", said("Another text."))
        (first, second) = (one.id for one in library.every())
        assert library.place(tmp_path / "a.mp4", (1, 1), second)
        assert [one.id for one in library.every()] == [second]
        assert not library.place(tmp_path / "c.mp4", (1, 1), first), "it was forgotten"
        assert not library.replace(first, Entry((), (), (), None), seen=None)
        shelve(library, tmp_path / "c.mp4", TEXTS)
        assert library.every()[-1].id > second, "no number is given out again"


def test_a_reader_sees_one_state(tmp_path: Path) -> None:
    file = tmp_path / "i"
    with Library(file, writes=True) as writer, Library(file) as reader:
        shelve(writer, tmp_path / "a.mp4", TEXTS)
        with reader.reading():
            before = lookup.windows(reader, range(99))
            (known,) = writer.every()
            writer.replace(known.id, Entry(cut(19, TEXTS), ["A cat."], [{}], None), seen="x")
            assert lookup.windows(reader, range(99)) == before
        assert lookup.windows(reader, range(99)) != before


def test_a_name_that_is_no_text_is_kept(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9\nnew.mp4")
    with Library(tmp_path / "i", writes=True) as library:
        shelve(library, odd, TEXTS)
        assert [place.path for place in library.places()] == [odd]
        assert library.places()[0].is_same


def test_an_index_above_is_one_with_its_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    with Library(Path("../i"), writes=True) as library:
        shelve(library, Path("../a.mp4"), TEXTS)
        assert [place.path for place in library.places()] == [tmp_path / "a.mp4"]
        assert library.rows("SELECT path FROM places") == [(b"a.mp4",)]


def test_an_index_is_read_where_nothing_can_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with Library(folder / "i", writes=True) as library:
        shelve(library, folder / "a.mp4", TEXTS)
    begun = schema._begun

    def read_only(name: str, *, writes: bool) -> sqlite3.Connection:
        if not name.startswith("file:"):  # what SQLite says there; root may write anywhere
            error = sqlite3.OperationalError("unable to open database file")
            error.sqlite_errorname = "SQLITE_CANTOPEN"
            raise error
        return begun(name, writes=writes)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(schema, "_begun", read_only)
        with Library(folder / "i") as library:
            library.check()
            assert len(search(library, "sentence")) == 1
        with pytest.raises(UsageError, match="cannot be used"):
            Library(folder / "i", writes=True)


def test_an_index_that_is_deleted_meanwhile_is_said(tmp_path: Path) -> None:
    with Library(tmp_path / "i", writes=True) as library:
        (tmp_path / "i").unlink()
        with pytest.raises(UsageError, match="was deleted or replaced meanwhile"):
            shelve(library, tmp_path / "a.mp4", TEXTS)


def test_a_changed_file_is_known_to_be(tmp_path: Path) -> None:
    with Library(tmp_path / "i", writes=True) as library:
        shelve(library, tmp_path / "a.mp4", TEXTS)
        (tmp_path / "a.mp4").write_text("something else")
        assert [place.is_same for place in library.places()] == [False]


def test_what_is_no_index_stays_as_it_is(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("my notes, which nobody may lose " * 100)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (text)")
    newer = tmp_path / "newer.sqlite"
    Library(newer, writes=True).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = [file.read_bytes() for file in (text, newer)]
    for file, why in (
        (text, "is not an index of vidqa"),
        (other, "is not an index of vidqa"),
        (newer, "is of version 99"),
        (tmp_path, "cannot be used"),
    ):
        for writes in (False, True):
            with pytest.raises(UsageError, match=why):
                Library(file, writes=writes)
    assert [file.read_bytes() for file in (text, newer)] == before
    with sqlite3.connect(other) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


def test_an_index_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no index") as caught:
        Library(tmp_path / "i")
    assert caught.value.hint == "vidqa index FOLDER"
    assert not (tmp_path / "i").exists()


def test_a_damaged_index_is_said(tmp_path: Path) -> None:
    file = tmp_path / "i"
    with Library(file, writes=True) as library:
        for number in range(50):
            shelve(library, tmp_path / f"{number}.mp4", TEXTS)
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + bytes(len(whole) - 8192))
    with pytest.raises(UsageError, match="is damaged"), Library(file) as library:
        library.check()


ADD_MANY = """
import sys
from pathlib import Path
from shelves import said, shelve
from vidqa.tasks.index.library import Library
file, folder, first, count = Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:])
with Library(file, writes=True) as library:
    for number in range(first, first + count):
        shelve(library, folder / f"{number}.mp4", said(f"Sentence number {number}."))
"""
"""Of a process that writes."""


def add_many(file: Path, folder: Path, first: int, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", ADD_MANY, str(file), str(folder), str(first), str(count)]
    beside = str(Path(__file__).parent)
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": beside})


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "i"  # which none of them finds
    processes = [add_many(file, tmp_path, first, 30) for first in (0, 20, 40)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    with Library(file) as library:
        library.check()
        assert len(names(library)) == 70
        assert len(search(library, "sentence", most=1000)) == 70


def test_a_writer_that_is_killed_leaves_a_whole_index(tmp_path: Path) -> None:
    file = tmp_path / "i"
    for kill in range(3):
        process = add_many(file, tmp_path, 1000 * kill, 1000)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and _clips(file) < 20 * (kill + 1):
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
        process.wait()
        with Library(file, writes=True) as library:
            library.check()
            assert set(library.counts().values()) == {(1, 3)}
            found = len(search(library, "sentence", most=10_000))
            assert found == len(names(library)) >= 20 * (kill + 1)


def _clips(file: Path) -> int:
    try:
        with Library(file) as library:
            return len(library.every())
    except UsageError:  # it is being made
        return 0
