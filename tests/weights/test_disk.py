"""Too little room is said before a download, and a full disk is no traceback."""

import errno
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import wheels

from vidqa.errors import NoSpaceError
from vidqa.models.sources.fetch import fetch
from vidqa.models.store.disk import full_disk_errors, require_space
from vidqa.models.store.store import Store


def test_what_is_needed_what_is_free_and_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000_000))
    folder = tmp_path / "not" / "yet"
    with pytest.raises(NoSpaceError, match=r"500 MB are needed in .*yet, 10 MB are free") as caught:
        require_space(folder, 500_000_000)
    assert "VIDQA_CACHE_DIR" in (caught.value.hint or "")
    assert not folder.exists()


def test_nothing_is_downloaded_without_room(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = wheels.build(index, {"tiny_weights/model.bin": b"x"})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    said: list[str] = []
    with pytest.raises(NoSpaceError):
        fetch(
            source,
            Store(tmp_path / "store"),
            progress=lambda label, _done, _all: said.append(label),
        )
    assert said == []


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full on this system")
def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    def fill() -> None:
        with full_disk_errors(tmp_path):
            handle = os.open("/dev/full", os.O_WRONLY)
            try:
                os.write(handle, b"x")
            finally:
                os.close(handle)

    with pytest.raises(NoSpaceError, match="is full"):
        fill()


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    def fail() -> None:
        with full_disk_errors(tmp_path):
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        fail()
