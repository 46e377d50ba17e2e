"""What file systems of cameras and networks (exFAT, SMB) lack, and what is done instead."""

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
"""What a system says when nothing more can be written."""
OF_PROGRAMS = frozenset({None, errno.EBADF, errno.EFAULT})
"""What a system says of a program that is at fault, whatever path it names."""

LIBRARIES = ("stdlib", "platstdlib", "purelib", "platlib")
"""In the words of sysconfig."""

DRAFT_SUFFIX = ".part"
DRAFTS = count()
"""So that no two threads write one draft."""

UNSUPPORTED = frozenset(
    {errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
)
"""What a system says where a file system does not know an operation."""


def said_plainly(error: OSError) -> VidqaError | None:
    """What the system said, for the person at the keyboard; None for a fault of the program.

    A file of Python's own that is missing is such a fault, and so is whatever no path is named in.
    """
    if error.errno in FULL:
        where = f"; {error.filename!r} was not written" if error.filename else ""
        return NoSpaceError(f"the disk is full{where}")
    path = error.filename
    if not isinstance(path, str) or error.errno in OF_PROGRAMS or _is_pythons(Path(path)):
        return None
    return UsageError(f"{path!r}: {error.strerror}")


def _is_pythons(path: Path) -> bool:
    """Whether it is a file of Python, of a library or of vidqa."""
    libraries = [str(sysconfig.get_path(name)) for name in LIBRARIES]
    return any(path.is_relative_to(place) for place in [*libraries, str(PACKAGE)])


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


@contextmanager
def drafted(target: Path, *, replace: bool = True, durable: bool = False) -> Iterator[Path]:
    """A path beside a file; what the body writes there becomes the file, whole or not at all.

    Args:
        target: the file; its folder is made if need be.
        replace: as for `put_in_place`.
        durable: it is on the disk, power cut or not, before it gets its name.

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
    """Give a finished file its name.

    Args:
        draft: the file, beside its place.
        target: its name.
        replace: take the place of what is there, even if that came only now.

    Raises:
        OSError: it cannot be done; a FileExistsError if something is there that is to stay.

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
        if not replace:  # what stands there now is only the place that was held
            target.unlink(missing_ok=True)
        raise


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
