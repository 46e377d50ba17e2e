"""What a system says of files, for the person at the keyboard."""

import errno
import os
from pathlib import Path

import pytest

from vidqa.errors import NoSpaceError, UsageError, VidqaError
from vidqa.system.file_systems import drafted, put_in_place, said_plainly
from vidqa.system.paths import PACKAGE


@pytest.mark.parametrize(
    ("number", "path", "kind"),
    [
        (errno.ENOENT, "clip.mp4", UsageError),
        (errno.EACCES, "clip.mp4", UsageError),
        (errno.ENAMETOOLONG, "x" * 300, UsageError),
        (errno.ENOTCONN, "/mnt/share/clip.mp4", UsageError),
        (errno.EEXIST, "cache", UsageError),
        (errno.ENOSPC, None, NoSpaceError),
        (errno.EDQUOT, "answers.jsonl", NoSpaceError),
    ],
)
def test_what_the_user_can_mend(number: int, path: str | None, kind: type[VidqaError]) -> None:
    error = said_plainly(OSError(number, os.strerror(number), path))
    assert type(error) is kind
    assert (path or "full") in error.message


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (errno.ENOENT, str(Path(os.__file__).with_name("missing.json"))),
        (errno.ENOENT, str(Path(pytest.__file__).with_name("missing.json"))),
        (errno.ENOENT, f"{PACKAGE}/data/demo.mp4"),
        (errno.EFAULT, "clip.mp4"),
        (errno.EBADF, 5),
        (errno.ENOENT, None),
        (None, "clip.mp4"),
    ],
)
def test_what_is_a_fault_of_the_program(number: int | None, path: object) -> None:
    error = OSError("odd") if number is None else OSError(number, os.strerror(number), path)
    assert said_plainly(error) is None


@pytest.mark.parametrize("has_links", [True, False])
def test_what_came_in_the_meantime_is_not_replaced_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    draft, target = tmp_path / ".part", tmp_path / "talk.srt"
    draft.write_text("new")
    target.write_text("another's")
    with pytest.raises(FileExistsError):
        put_in_place(draft, target, replace=False)
    assert target.read_text() == "another's"
    target.unlink()
    put_in_place(draft, target, replace=False)
    assert target.read_text() == "new"
    assert not draft.exists()
    draft.write_text("newer")
    put_in_place(draft, target, replace=True)
    assert target.read_text() == "newer"


def test_no_empty_file_holds_the_place_of_one_that_never_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "not here")

    draft, target = tmp_path / ".part", tmp_path / "talk.srt"
    draft.write_text("new")
    for name in ("hardlink_to", "replace"):
        monkeypatch.setattr(Path, name, refuse)
    with pytest.raises(OSError, match="not here"):
        put_in_place(draft, target, replace=False)
    assert not target.exists()


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, durable: bool) -> None:
    target = tmp_path / "new folder" / "file.txt"

    def fail_halfway() -> None:
        with drafted(target, durable=durable) as draft:
            draft.write_text("half of it")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert list(target.parent.iterdir()) == []
    with drafted(target, durable=durable) as one, drafted(target, durable=durable) as other:
        one.write_text("first")
        other.write_text("second")
    assert target.read_text() == "first"
    assert list(target.parent.iterdir()) == [target]
