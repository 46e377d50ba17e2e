"""What is in the cache is what was verified, or an error says so."""

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path
from threading import Thread

import pytest
from filelock import FileLock, Timeout

from vidqa.errors import ModelDamagedError, ModelMissingError, NoSpaceError
from vidqa.models.store.manifest import MARKER
from vidqa.models.store.store import Store

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


def test_a_full_disk_is_no_traceback(store: Store) -> None:
    def fill() -> None:
        with store.publish("wheels/big-1.0"):
            raise OSError(28, "No space left on device")

    with pytest.raises(NoSpaceError, match="is full"):
        fill()
    assert not store.has("wheels/big-1.0")


def test_a_second_writer_of_an_entry_waits(store: Store) -> None:
    said: list[str] = []
    with store.lock(KEY):

        def other() -> None:
            with Store(store.root).lock(KEY, lambda: said.append("waiting")):
                said.append("in")

        thread = Thread(target=other)
        thread.start()
        while not said:
            thread.join(0.01)
        assert said == ["waiting"]
    thread.join(10)
    assert said == ["waiting", "in"]


def test_writers_of_two_entries_do_not_wait(store: Store) -> None:
    with store.lock(KEY), Store(store.root).lock("wheels/other-1.0"):
        pass


def test_sweeping_spares_what_is_being_built(store: Store) -> None:
    drafts = store.root / "tmp"
    for name in ("wheels--example-1.0.dead", "wheels--other-1.0.dead", "wheels--busy-1.0.alive"):
        (drafts / name).mkdir()
        (drafts / name / "half.bin").write_bytes(b"half")
    with Store(store.root).lock("wheels/busy-1.0"):
        store.sweep()
    assert [one.name for one in drafts.iterdir()] == ["wheels--busy-1.0.alive"]


def test_what_systems_leave_in_every_folder_is_no_damage(store: Store) -> None:
    folder = store.path(KEY)
    (folder / "@eaDir").mkdir()
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "@eaDir/thumb.jpg"):
        (folder / name).touch()
    assert store.folder(KEY) == folder


@pytest.mark.parametrize("error", [OSError(errno.ENOLCK, "no locks"), NotImplementedError()])
def test_a_file_system_without_locks(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    acquire = FileLock.acquire

    def refused(lock: FileLock, *how: float, **options: float) -> object:
        if Path(lock.lock_file).is_relative_to(store.root):
            raise error
        return acquire(lock, *how, **options)

    monkeypatch.setattr(FileLock, "acquire", refused)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with store.lock("a"):
        other = FileLock(next((tmp_path / f"vidqa-locks-{os.getuid()}").iterdir()))
        with pytest.raises(Timeout):
            other.acquire(timeout=0)


@pytest.mark.parametrize("name", ["model.safetensors.index.json", "deep/extra.bin"])
def test_a_file_that_nobody_verified_is_caught(store: Store, name: str) -> None:
    (store.path(KEY) / name).parent.mkdir(exist_ok=True)
    (store.path(KEY) / name).write_text("{}")
    with pytest.raises(ModelDamagedError, match=f"{name} was not there"):
        store.folder(KEY)


def test_the_marker_says_what_was_verified(store: Store) -> None:
    with store.publish("wheels/named-1.0", "named==1.0") as draft:
        (draft / "x").write_bytes(b"x")
    marker = json.loads((store.folder("wheels/named-1.0") / MARKER).read_text())
    status = (store.path("wheels/named-1.0") / "x").stat()
    assert marker == {
        "schema": 1,
        "source": "named==1.0",
        "files": [
            {
                "path": "x",
                "size": 1,
                "sha256": hashlib.sha256(b"x").hexdigest(),
                "mtime_ns": status.st_mtime_ns,
                "ctime_ns": status.st_ctime_ns,
                "inode": status.st_ino,
            }
        ],
    }
