"""What file systems of cameras and networks (exFAT, SMB) lack, and what is done instead."""

import errno
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

UNSUPPORTED = frozenset(
    {errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
)
"""What a system says where a file system does not know an operation."""


def is_unsupported(error: BaseException) -> bool:
    """Whether a file system does not know what was asked of it, and all else is well."""
    if isinstance(error, NotImplementedError):  # filelock's word for it
        return True
    return isinstance(error, OSError) and error.errno in UNSUPPORTED


def is_there(path: Path) -> bool:
    """Whether a file or folder exists and can be reached, whatever its name is."""
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a name, or in a folder of somebody else's
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder exists and can be reached, whatever its name is."""
    return is_there(path) and path.is_dir()


def is_regular(path: Path) -> bool:
    """Whether a file of the usual kind exists and can be reached, whatever its name is."""
    return is_there(path) and path.is_file()


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name: a symbolic link, else a hard one, else a copy. Raises OSError."""
    for link in (target.symlink_to, target.hardlink_to):
        try:
            link(source)
        except OSError as error:
            if not is_unsupported(error) and error.errno != errno.EXDEV:
                raise
        else:
            return
    shutil.copyfile(source, target)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, as `fsync` does for a file's content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if not is_unsupported(error):
            raise
    finally:
        os.close(handle)


def stand_in(file: Path) -> Path:
    """A file to lock in place of one whose file system knows no locks.

    It is in the machine's folder for temporary files, so it holds against this machine's processes
    of the same user only.
    """
    folder = Path(tempfile.gettempdir()) / f"vidqa-locks-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / hashlib.sha256(os.fsencode(file.absolute())).hexdigest()[:32]
