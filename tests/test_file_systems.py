"""What a system says of files, for the person at the keyboard."""

import errno
import os
import sys

import pytest

from vidqa.errors import NoSpaceError, UsageError, VidqaError
from vidqa.file_systems import said_plainly


@pytest.mark.parametrize(
    ("number", "path", "kind"),
    [
        (errno.ENOENT, "clip.mp4", UsageError),
        (errno.EACCES, "clip.mp4", UsageError),
        (errno.ENAMETOOLONG, "x" * 300, UsageError),
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
        (errno.ENOENT, f"{sys.prefix}/lib/missing.json"),
        (errno.EBADF, 5),
        (errno.EINVAL, "clip.mp4"),
        (errno.ENOENT, None),
        (None, "clip.mp4"),
    ],
)
def test_what_is_a_fault_of_the_program(number: int | None, path: object) -> None:
    error = OSError("odd") if number is None else OSError(number, os.strerror(number), path)
    assert said_plainly(error) is None
