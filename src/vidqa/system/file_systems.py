"""Workarounds for what file systems of cameras and networks (exFAT, SMB) lack."""

import errno
import hashlib
import os
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from vidqa.errors import NoSpaceError, UsageError, VidqaError
from vidqa.system.paths import PACKAGE

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Error numbers of a full disk or quota."""
OF_PROGRAMS = frozenset({None, errno.EBADF, errno.EFAULT})
"""Error numbers of a faulty program, whatever path they name."""

LIBRARIES = ("stdlib", "platstdlib", "purelib", "platlib")
"""Names of Python's library folders in sysconfig."""

DRAFT_SUFFIX = ".part"
DRAFTS = count()
"""Numbers of drafts, so that no two threads write the same one."""

UNSUPPORTED = frozenset(
    {errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
)
"""Error numbers of operations that a file system does not support."""


def said_plainly(error: OSError) -> VidqaError | None:
    """Turn a system error into one for the user; None for a bug in the program.

    A missing file of Python's own is such a bug, and so is an error without a path.
    """
    if error.errno in FULL:
        where = f"; {error.filename!r} was not written" if error.filename else ""
        return NoSpaceError(f"the disk is full{where}")
    path = error.filename
    if not isinstance(path, str) or error.errno in OF_PROGRAMS or _is_pythons(Path(path)):
        return None
    return UsageError(f"{path!r}: {error.strerror}")


def _is_pythons(path: Path) -> bool:
    """Return True for a file of Python, of a library or of vidqa."""
    libraries = [str(sysconfig.get_path(name)) for name in LIBRARIES]
    return any(path.is_relative_to(place) for place in [*libraries, str(PACKAGE)])


def is_unsupported(error: BaseException) -> bool:
    """Return True if the only fault is that the file system does not support the operation."""
    if isinstance(error, NotImplementedError):  # raised by filelock
        return True
    return isinstance(error, OSError) and error.errno in UNSUPPORTED


def is_there(path: Path) -> bool:
    """Return True if a file or folder exists and can be reached, for any name."""
    try:
        return path.exists()
    except (OSError, ValueError):  # the name is too long, or in a folder of another user
        return False


def is_folder(path: Path) -> bool:
    """Return True if a folder exists and can be reached, for any name."""
    return is_there(path) and path.is_dir()


def is_regular(path: Path) -> bool:
    """Return True if a regular file exists and can be reached, for any name."""
    return is_there(path) and path.is_file()


def link_or_copy(source: Path, target: Path) -> None:
    """Make a symbolic link to a file, else a hard link, else a copy. Raises OSError."""
    for link in (target.symlink_to, target.hardlink_to):
        try:
            link(source)
        except OSError as error:
            if not is_unsupported(error) and error.errno != errno.EXDEV:
                raise
        else:
            return
    shutil.copyfile(source, target)


@contextmanager
def drafted(target: Path, *, replace: bool = True, durable: bool = False) -> Iterator[Path]:
    """Yield a draft's path beside a file; what the body writes there becomes the file atomically.

    Args:
        target: the file; its folder is made if needed.
        replace: as for `put_in_place`.
        durable: flush it to disk before it is renamed, so that it survives a power cut.

    Raises:
        OSError: it cannot be written, or as `put_in_place` does.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name[:50]}.{os.getpid()}-{next(DRAFTS)}{DRAFT_SUFFIX}")
    try:
        yield draft
        if durable:
            with draft.open("rb") as stream:
                os.fsync(stream.fileno())
        put_in_place(draft, target, replace=replace)
    finally:
        with suppress(OSError):  # it was renamed, or never made
            draft.unlink()


def put_in_place(draft: Path, target: Path, *, replace: bool) -> None:
    """Rename a finished draft to its target.

    Args:
        draft: the finished file, beside its target.
        target: its final path.
        replace: replace an existing file, even one made only now.

    Raises:
        OSError: it cannot be done; a FileExistsError if the target exists and must stay.

    """
    if not replace:
        try:
            target.hardlink_to(draft)
        except OSError as error:
            if not is_unsupported(error):
                raise
            target.touch(exist_ok=False)
        else:
            draft.unlink()
            return
    try:
        draft.replace(target)
    except OSError:
        if not replace:  # the target is only a placeholder
            target.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Flush a folder's names to disk, as `fsync` does for a file's content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if not is_unsupported(error):
            raise
    finally:
        os.close(handle)


def stand_in(file: Path) -> Path:
    """Return a file to lock in place of one whose file system has no locks.

    It is in the machine's folder for temporary files, so it only excludes processes of the same
    user on this machine.
    """
    folder = Path(tempfile.gettempdir()) / f"vidqa-locks-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / hashlib.sha256(os.fsencode(file.absolute())).hexdigest()[:32]
