"""Results kept on disk: whole or a miss, bounded, safe under many processes."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vidqa.cli.app import run
from vidqa.errors import UsageError
from vidqa.system import paths
from vidqa.system.cache import DRAFT, DRAFT_LIFE_S, FOLDER, Cache, read_size

KEY = {"fingerprint": "v1:abc", "window": (0.0, None), "count": 8}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path, limit_bytes=10_000)


def files(cache: Cache) -> list[Path]:
    return [entry.file for entry in cache.entries()]


def test_what_was_put_is_got(cache: Cache) -> None:
    assert cache.get("heard", KEY) is None
    cache.put("heard", KEY, b"a\nb", about="clip.mp4")
    assert cache.get("heard", KEY) == b"a\nb"
    assert cache.get("looked", KEY) is None
    assert cache.get("heard", {**KEY, "count": 9}) is None
    (entry,) = cache.entries()
    assert (entry.kind, entry.about) == ("heard", "clip.mp4")
    assert entry.size_bytes == cache.size_bytes() > 3


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_a_damaged_entry_is_a_miss_and_is_mended(cache: Cache, cut: int) -> None:
    cache.put("heard", KEY, b"content", about="clip.mp4")
    (file,) = files(cache)
    file.write_bytes(file.read_bytes()[:cut])
    assert cache.get("heard", KEY) is None
    cache.put("heard", KEY, b"content", about="clip.mp4")
    assert cache.get("heard", KEY) == b"content"


def test_every_changed_byte_is_noticed(cache: Cache) -> None:
    cache.put("heard", KEY, b"content", about="clip.mp4")
    (file,) = files(cache)
    whole = file.read_bytes()
    content_at = whole.index(b"\n") + 1
    for place in range(content_at, len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert cache.get("heard", KEY) is None


def test_an_entry_of_another_key_is_a_miss(cache: Cache) -> None:
    cache.put("heard", KEY, b"content", about="")
    (file,) = files(cache)
    file.rename(cache._file("heard", {**KEY, "count": 9}))
    assert cache.get("heard", {**KEY, "count": 9}) is None


def test_the_least_recently_used_go_first(cache: Cache) -> None:
    for number in range(4):
        cache.put("looked", {"number": number}, bytes(2_000), about=str(number))
        os.utime(cache._file("looked", {"number": number}), (number + 1, number + 1))
    assert cache.get("looked", {"number": 0}) is not None  # now it was used last
    cache.put("looked", {"number": 4}, bytes(4_000), about="4")
    assert [entry.about for entry in cache.entries()] == ["4", "0", "3"]
    assert cache.size_bytes() <= 10_000


def test_what_is_larger_than_all_may_be_is_not_kept(cache: Cache) -> None:
    cache.put("looked", KEY, bytes(10_001), about="")
    assert cache.entries() == []
    Cache(cache._folder.parent, limit_bytes=0).put("looked", KEY, b"x", about="")
    assert cache.entries() == []


def test_drafts_of_killed_processes_do_not_stay(cache: Cache) -> None:
    cache.put("heard", KEY, b"content", about="")
    old, new = (cache._folder / "heard" / f"{DRAFT}{name}" for name in ("old", "new"))
    for draft in (old, new):
        draft.write_bytes(b"half")
    long_ago = time.time() - DRAFT_LIFE_S - 1
    os.utime(old, (long_ago, long_ago))
    assert len(cache.entries()) == 1
    cache.put("heard", {**KEY, "count": 9}, b"content", about="")
    assert new.exists()
    assert not old.exists()


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    cache = Cache(tmp_path)
    cache.put("heard", KEY, b"content", about="")
    assert cache.get("heard", KEY) is None


WRITER = """
import sys
from pathlib import Path
from vidqa.system.cache import Cache
cache = Cache(Path(sys.argv[1]), limit_bytes=200_000)
for turn in range(60):
    content = bytes([turn % 7]) * 5_000
    cache.put("looked", {"turn": turn % 7}, content, about="")
    found = cache.get("looked", {"turn": turn % 7})
    assert found in (None, content), "torn"
"""


def test_many_processes_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(8)]
    assert [process.wait(120) for process in processes] == [0] * 8
    cache = Cache(tmp_path)
    assert len(cache.entries()) == 7
    assert not list(tmp_path.rglob(f"{DRAFT}*"))


@pytest.mark.parametrize(
    ("text", "size"),
    [("5GB", 5 * 10**9), ("1.5 mb", 1_500_000), ("0", 0), ("12", 12), ("7B", 7), ("2kb", 2_000)],
)
def test_sizes(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "five", "-1", "1XB", "nan", "1e400"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="is not a size"):
        read_size(text)


def test_the_size_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "size", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"size_bytes": 0}


def test_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    cache = Cache()
    cache.put("heard", KEY, bytes(1_000), about="my\x1b[31m clip.mp4")
    cache.put("looked", KEY, bytes(3_000_000), about="clip.mp4")
    assert run(["cache", "list"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["kind", "size", "used", "clip"]
    assert {(row[0], row[1], row[3]) for row in rows[1:]} == {
        ("heard", "0.0 MB", "my\\x1b[31m clip.mp4"),
        ("looked", "3.0 MB", "clip.mp4"),
    }
    assert run(["cache", "list", "--json"]) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["kind"] for one in objects} == {"heard", "looked"}
    assert run(["cache", "size"]) == 0
    assert int(capsys.readouterr().out) == cache.size_bytes() > 3_001_000
    assert run(["cache", "prune", "--max-size", "1MB"]) == 0
    assert [entry.kind for entry in cache.entries()] in (["heard"], [])
    assert run(["cache", "prune", "--max-size", "much"]) == 2
    beside = paths.cache_dir() / "fingerprints"
    beside.mkdir()
    for file in (paths.cache_dir() / "chat-history", beside / "note", beside / ".draft-a"):
        file.touch()
    (paths.cache_dir() / FOLDER / "heard" / ".draft-b").touch()
    assert run(["cache", "clear"]) == 2
    assert run(["cache", "clear", "--yes"]) == 0
    assert cache.entries() == []
    assert list(paths.cache_dir().iterdir()) == []


ENDLESS = """
import sys
from pathlib import Path
from vidqa.system.cache import Cache
cache, turn = Cache(Path(sys.argv[1]), limit_bytes=3_000_000), 0
print("begun", flush=True)
while True:
    cache.put("looked", {"turn": turn % 5}, bytes([turn % 5]) * 700_000, about="")
    turn += 1
"""


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_a_writer_that_is_killed_tears_nothing(
    tmp_path: Path, kills: int, rounds: Callable[[int, int], int]
) -> None:
    dice = random.Random(kills)
    for _ in range(rounds(kills, 10)):
        command = [sys.executable, "-c", ENDLESS, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(dice.uniform(0, 0.05))
            process.kill()
    cache = Cache(tmp_path, limit_bytes=3_000_000)
    found = [cache.get("looked", {"turn": turn}) for turn in range(5)]
    assert all(one in (None, bytes([turn]) * 700_000) for turn, one in enumerate(found))
    assert any(found)
    long_ago = time.time() - DRAFT_LIFE_S - 1
    for draft in tmp_path.rglob(f"{DRAFT}*"):
        os.utime(draft, (long_ago, long_ago))
    cache.put("looked", {"turn": 9}, b"x", about="")
    assert not list(tmp_path.rglob(f"{DRAFT}*"))
