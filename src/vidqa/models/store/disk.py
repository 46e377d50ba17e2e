"""Disk space: checked before a download, and a clear error if it runs out during one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vidqa.errors import NoSpaceError
from vidqa.system.file_systems import FULL

SPARE_BYTES = 64 << 20
"""Bytes left free on the disk beyond what a download needs."""

MAKE_ROOM = "free some space, or set VIDQA_CACHE_DIR to a folder on a larger disk"


def require_space(folder: Path, needed_bytes: int, *, hint: str = MAKE_ROOM) -> None:
    """Check the disk of a folder, which need not exist yet, before a download.

    Raises:
        NoSpaceError: gives the space needed, the space free, and the folder.

    """
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free < needed_bytes + SPARE_BYTES:
        raise NoSpaceError(
            f"{needed_bytes / 1e6:.0f} MB are needed in {folder}, {free / 1e6:.0f} MB are free",
            hint=hint,
        )


@contextmanager
def full_disk_errors(folder: Path) -> Iterator[None]:
    """Raise a clear error if the disk of a folder is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise NoSpaceError(f"the disk of {folder} is full", hint=MAKE_ROOM) from error
