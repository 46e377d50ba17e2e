import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vidqa.errors import ClipNotFoundError, UsageError
from vidqa.media import fingerprint_cache as memo
from vidqa.media.fingerprint import fingerprint
from vidqa.media.fingerprint_cache import FOLDER, known_fingerprint


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"clip")
    settle(path)
    return path


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were really read."""
    read: list[Path] = []

    def reading(path: Path) -> str:
        read.append(path)
        return fingerprint(path)

    monkeypatch.setattr(memo, "fingerprint", reading)
    return read


def settle(path: Path, *, seconds: float = 10) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def notes(cache: Path) -> list[Path]:
    return sorted((cache / FOLDER).iterdir()) if (cache / FOLDER).exists() else []


def test_a_known_file_is_not_read_again(
    clip: Path, readings: list[Path], clean_environment: Path
) -> None:
    assert known_fingerprint(clip) == known_fingerprint(clip) == fingerprint(clip)
    assert readings == [clip]
    clip.rename(clip.with_name("other.mp4"))
    assert known_fingerprint(clip.with_name("other.mp4")) == fingerprint(
        clip.with_name("other.mp4")
    )
    assert readings == [clip]
    assert len(notes(clean_environment)) == 1


@pytest.mark.parametrize("content", [b"clop", b"longer clip"])
def test_a_changed_file_is_read_again(clip: Path, readings: list[Path], content: bytes) -> None:
    before = known_fingerprint(clip)
    clip.write_bytes(content)
    settle(clip, seconds=5)
    assert known_fingerprint(clip) == fingerprint(clip) != before
    assert len(readings) == 2


def test_a_file_put_in_its_place_is_read(clip: Path, readings: list[Path]) -> None:
    before, times = known_fingerprint(clip), clip.stat()
    other = clip.with_name("other")
    other.write_bytes(b"clop")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(clip)  # same size, same time, another inode
    assert known_fingerprint(clip) == fingerprint(clip) != before


@pytest.mark.parametrize("seconds", [0, 1, -100])
def test_a_file_fresh_or_from_the_future_is_not_remembered(
    clip: Path, readings: list[Path], clean_environment: Path, seconds: float
) -> None:
    settle(clip, seconds=seconds)
    known_fingerprint(clip)
    known_fingerprint(clip)
    assert len(readings) == 2
    assert not notes(clean_environment)


def test_a_file_that_changes_while_it_is_read_is_not_remembered(
    clip: Path, monkeypatch: pytest.MonkeyPatch, clean_environment: Path
) -> None:
    def slow(path: Path) -> str:
        mark = fingerprint(path)
        path.write_bytes(b"changed meanwhile")
        settle(path, seconds=5)
        return mark

    monkeypatch.setattr(memo, "fingerprint", slow)
    known_fingerprint(clip)
    assert not notes(clean_environment)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:40],
        lambda content: content[:-1],
        lambda content: content.replace(b"v1:", b"v1:0", 1),
        lambda content: content[::-1],
        lambda content: b"\xff\xfe" + content,
        lambda content: content + content,
        lambda content: b"v1 0 0 0 0 v1:00 0000000000000000\n",
    ],
)
def test_a_damaged_note_is_none(
    clip: Path, readings: list[Path], clean_environment: Path, damage
) -> None:
    known_fingerprint(clip)
    (note,) = notes(clean_environment)
    whole = note.read_bytes()
    note.write_bytes(damage(whole))
    assert known_fingerprint(clip) == fingerprint(clip)
    assert len(readings) == 2
    assert note.read_bytes() == whole, "it is mended"


def test_every_flipped_byte_of_a_note_is_seen(
    clip: Path, readings: list[Path], clean_environment: Path
) -> None:
    right = known_fingerprint(clip)
    (note,) = notes(clean_environment)
    whole = note.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        note.write_bytes(flipped)
        assert known_fingerprint(clip) == right


def test_a_cache_that_cannot_be_written_is_done_without(
    clip: Path, clean_environment: Path
) -> None:
    clean_environment.write_text("a file where the folder should be")
    assert known_fingerprint(clip) == fingerprint(clip)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ClipNotFoundError):
        known_fingerprint(tmp_path / "none")


def test_many_writers_leave_one_whole_note(clip: Path, clean_environment: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from vidqa.media.fingerprint_cache import known_fingerprint\n"
        "for _ in range(50): print(known_fingerprint(Path(sys.argv[1])))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, clip], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for _ in range(20):
        for note in notes(clean_environment):
            note.unlink(missing_ok=True)  # and somebody who clears the cache meanwhile
        time.sleep(0.01)
    said = {line for one in running for line in one.communicate()[0].splitlines()}
    assert [one.returncode for one in running] == [0] * 4
    assert said == {fingerprint(clip)}
    assert len(notes(clean_environment)) <= 1


def test_without_a_home_nothing_is_noted(clip: Path, monkeypatch: pytest.MonkeyPatch):
    def nowhere() -> Path:
        raise UsageError("there is no home directory")

    monkeypatch.setattr("vidqa.media.fingerprint_cache.cache_dir", nowhere)
    assert known_fingerprint(clip) == fingerprint(clip)
