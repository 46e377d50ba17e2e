"""The disk that copies of clips take: its bound, its order, and that nothing waits for ever."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from vidqa.errors import ClipUnreachableError, NoSpaceError, UsageError
from vidqa.media.elsewhere.staging import (
    PREFIX,
    Stage,
    StageClosedError,
    StageFullError,
    Ticket,
)

LONG_S = 20.0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(100, parent=lambda: tmp_path / "cache")
    yield stage
    stage.close()


class Taking(threading.Thread):
    """Somebody who waits for room."""

    def __init__(self, ticket: Ticket, size_bytes: int | None) -> None:
        super().__init__(daemon=True)
        self.ticket, self.size_bytes = ticket, size_bytes
        self.outcome: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.outcome = self.ticket.take(self.size_bytes)
        except Exception as error:
            self.outcome = error

    def waits(self) -> bool:
        self.join(0.2)
        return self.is_alive()

    def result(self) -> Any:
        self.join(LONG_S)
        assert not self.is_alive()
        return self.outcome


@contextmanager
def free_bytes(monkeypatch: pytest.MonkeyPatch, free: Callable[[], int]) -> Iterator[None]:
    usage = shutil.disk_usage("/")
    with monkeypatch.context() as patched:
        patched.setattr("vidqa.media.elsewhere.staging.SPARE_BYTES", 0)
        patched.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free()))
        yield


def test_copies_wait_for_room_in_their_order(stage: Stage) -> None:
    first, second, third = (stage.ticket() for _ in range(3))
    folder = first.take(60)
    assert folder.is_dir()
    small = Taking(third, 10)  # it would fit, but the second was here before
    large = Taking(second, 50)
    assert small.waits()
    assert large.waits()
    first.drop()
    assert not folder.exists()
    assert large.result() != small.result()


def test_what_was_not_needed_is_given_back(stage: Stage) -> None:
    first, second = stage.ticket(), stage.ticket()
    first.take(None)  # of unknown size
    other = Taking(second, 50)
    assert other.waits()
    first.shrink(50)
    assert other.result().is_dir()


def test_a_ticket_that_leaves_the_queue_lets_others_pass(stage: Stage) -> None:
    first, second = stage.ticket(), stage.ticket()
    other = Taking(second, 50)
    assert other.waits()
    first.drop()
    assert other.result().is_dir()


def test_more_than_all_room_is_refused(stage: Stage) -> None:
    with pytest.raises(ClipUnreachableError, match="copies may take") as caught:
        stage.ticket().take(101)
    assert "config set copies" in str(caught.value.hint)


def test_whoever_is_needed_fails_rather_than_wait(stage: Stage) -> None:
    first, second = stage.ticket(), stage.ticket()
    first.take(60)
    waiting = Taking(second, 60)
    assert waiting.waits()
    second.need()
    assert isinstance(waiting.result(), StageFullError)
    third = Taking(stage.ticket(), 1)
    assert third.waits(), "the second keeps its place in the queue"
    first.drop()
    assert second.take(60).is_dir()
    assert third.result().is_dir()


def test_a_full_disk_waits_for_the_other_copies(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [50]
    with free_bytes(monkeypatch, lambda: free[0]):
        first, second = stage.ticket(), stage.ticket()
        (first.take(30) / "copy").write_bytes(b"x" * 30)
        first.shrink(30)
        free[0] = 20
        waiting = Taking(second, 30)
        assert waiting.waits()
        free[0] = 50
        first.drop()
        assert waiting.result().is_dir()


def test_copies_under_way_count_with_all_that_they_will_take(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with free_bytes(monkeypatch, lambda: 50):
        first, second = stage.ticket(), stage.ticket()
        first.take(30)
        assert Taking(second, 30).waits()


def test_a_full_disk_without_copies_is_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        free_bytes(monkeypatch, lambda: 10),
        pytest.raises(ClipUnreachableError, match="MB are free") as caught,
    ):
        stage.ticket().take(50)
    assert "VIDQA_CACHE_DIR" in str(caught.value.hint)


def test_a_disk_that_gets_full_is_tried_once_more_alone(stage: Stage) -> None:
    first, second = stage.ticket(), stage.ticket()
    first.take(10)
    folder = second.take(10)
    second.retreat()
    assert not folder.exists()
    waiting = Taking(second, 10)
    assert waiting.waits()
    first.drop()
    assert waiting.result().is_dir()
    with pytest.raises(ClipUnreachableError, match="there is no room"):
        second.retreat()


def test_two_copies_that_fill_the_disk_together_are_both_tried_again(stage: Stage) -> None:
    first, second = stage.ticket(), stage.ticket()
    first.take(10)
    second.take(10)
    first.retreat()
    second.retreat()
    assert first.take(10).is_dir()
    waiting = Taking(second, 10)
    assert waiting.waits()
    first.drop()
    assert waiting.result().is_dir()


def test_an_unknown_size_takes_all_of_the_bound_and_not_of_the_disk(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with free_bytes(monkeypatch, lambda: 10):
        first, second = stage.ticket(), stage.ticket()
        assert first.take(None).is_dir()
        assert Taking(second, 1).waits()


def test_nobody_waits_once_it_is_over(stage: Stage, tmp_path: Path) -> None:
    first, second = stage.ticket(), stage.ticket()
    first.take(60)
    first.shrink(60)
    waiting = Taking(second, 60)
    assert waiting.waits()
    stage.close()
    assert isinstance(waiting.result(), StageClosedError)
    assert list((tmp_path / "cache").iterdir()) == []
    with pytest.raises(StageClosedError):
        first.check(1)


def test_a_copy_that_grows_is_refused(stage: Stage) -> None:
    ticket = stage.ticket()
    ticket.take(60)
    ticket.check(60)
    with pytest.raises(ClipUnreachableError, match="more than"):
        ticket.check(61)


def test_copies_of_killed_processes_are_deleted_and_others_are_not(tmp_path: Path) -> None:
    home = tmp_path / "cache"
    left = home / f"{PREFIX}left"
    left.mkdir(parents=True)
    (left / "copy").write_bytes(b"x")
    one, other = (Stage(100, parent=lambda: home) for _ in range(2))
    kept = one.ticket().take(10)
    assert not left.exists()
    other.ticket().take(10)
    assert kept.exists()
    one.close()
    other.close()
    assert list(home.iterdir()) == []


def test_without_a_home_copies_go_where_temporary_files_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> Path:
        raise UsageError("there is no home directory")

    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    stage = Stage(100, parent=nowhere)
    assert stage.ticket().take(10).is_relative_to(tmp_path)
    stage.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NoSpaceError, match="no copy can be written"):
        Stage(100, parent=lambda: tmp_path / "file").ticket().take(10)
