"""What is in the cache is what was verified, or an error says so."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from vidqa.errors import ModelDamagedError, ModelMissingError, NoSpaceError
from vidqa.weights.marker import MARKER
from vidqa.weights.store import Store

KEY = "wheels/example-1.0"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    with store.publish(KEY) as draft:
        (draft / "weights.bin").write_bytes(bytes(range(256)) * 100)
        (draft / "config.json").write_text("{}")
    return store


def flip(file: Path, position: int) -> None:
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)


def test_a_published_folder_can_be_used(store: Store) -> None:
    folder = store.folder(KEY)
    assert sorted(f.name for f in folder.iterdir()) == ["config.json", MARKER, "weights.bin"]
    assert store.size_bytes(KEY) == 25_602
    assert store.keys("wheels") == [KEY]


def test_nothing_is_used_without_a_marker(store: Store) -> None:
    (store.path(KEY) / MARKER).unlink()
    with pytest.raises(ModelMissingError):
        store.folder(KEY)


@pytest.mark.parametrize("content", ["", "{", '{"schema": 99, "files": []}', "[]"])
def test_a_damaged_marker_is_no_marker(store: Store, content: str) -> None:
    (store.path(KEY) / MARKER).write_text(content)
    with pytest.raises(ModelMissingError):
        store.folder(KEY)


@pytest.mark.parametrize("position", [0, 12_345, 25_599])
@pytest.mark.parametrize("use", [Store.folder, Store.verify])
def test_one_flipped_byte_is_caught(store: Store, position: int, use: object) -> None:
    file = store.path(KEY) / "weights.bin"
    before = file.stat()
    flip(file, position)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # as if nobody had touched it
    with pytest.raises(ModelDamagedError, match=r"weights\.bin"):
        use(store, KEY)  # type: ignore[operator]


def test_a_lost_file_is_caught(store: Store) -> None:
    (store.path(KEY) / "weights.bin").unlink()
    with pytest.raises(ModelDamagedError, match=r"weights\.bin"):
        store.folder(KEY)


def test_a_copied_cache_is_hashed_once_more_and_used(store: Store, tmp_path: Path) -> None:
    shutil.copytree(store.root, tmp_path / "copy")
    copy = Store(tmp_path / "copy")
    before = (copy.path(KEY) / MARKER).read_bytes()
    copy.folder(KEY)
    after = (copy.path(KEY) / MARKER).read_bytes()
    assert before != after
    copy.folder(KEY)
    assert (copy.path(KEY) / MARKER).read_bytes() == after


def test_a_failed_build_changes_nothing(store: Store) -> None:
    def fail() -> None:
        with store.publish(KEY) as draft:
            (draft / "weights.bin").write_bytes(b"half")
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError):
        fail()
    assert store.size_bytes(KEY) == 25_602
    store.verify(KEY)
    assert not list((store.root / "tmp").iterdir())


def test_publishing_again_replaces(store: Store) -> None:
    with store.publish(KEY) as draft:
        (draft / "new.bin").write_bytes(b"new")
    assert sorted(f.name for f in store.folder(KEY).iterdir()) == ["new.bin", MARKER]


def test_removing(store: Store) -> None:
    assert store.remove(KEY)
    assert not store.remove(KEY)
    with pytest.raises(ModelMissingError):
        store.folder(KEY)


def test_too_little_space_is_said_before(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10 << 20))
    with pytest.raises(NoSpaceError, match="500 MB are needed"):
        store.require_space(500_000_000)


def test_a_full_disk_is_no_traceback(store: Store) -> None:
    def fill() -> None:
        with store.publish("wheels/big-1.0"):
            raise OSError(28, "No space left on device")

    with pytest.raises(NoSpaceError, match="is full"):
        fill()
    assert not store.has("wheels/big-1.0")


def test_a_second_writer_waits(store: Store) -> None:
    from threading import Thread

    said: list[str] = []
    with store.lock():

        def other() -> None:
            with Store(store.root).lock(lambda: said.append("waiting")):
                said.append("in")

        thread = Thread(target=other)
        thread.start()
        while not said:
            thread.join(0.01)
        assert said == ["waiting"]
    thread.join(10)
    assert said == ["waiting", "in"]
