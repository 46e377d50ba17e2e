"""Work with files elsewhere, tried again where that may help, and errors that are said plainly.

Whatever a file system raises becomes an error that names the address without its secrets.
"""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from vidqa.errors import ClipNotFoundError, ClipUnreachableError, UsageError, VidqaError
from vidqa.system.file_systems import FULL
from vidqa.system.remote.addresses import scheme_of, shown, without_secrets

Result = TypeVar("Result")

PAUSES_S = (1.0, 4.0)
"""Seconds between the tries of a request that failed for reasons that pass."""
PASSING = frozenset({408, 425, 429, *range(500, 600)})
"""HTTP statuses that another try may not have."""
LONGEST_REASON = 200

EXTRAS = {
    "s3": "'vidqa[s3]'",
    "s3a": "'vidqa[s3]'",
    "gs": "'vidqa[gs]'",
    "gcs": "'vidqa[gs]'",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
}
"""What to install for a scheme."""


def tried(address: str, work: Callable[[], Result]) -> Result:
    """Return what some work with an address returns, tried again where that may help.

    Raises:
        VidqaError: as `look_up`.
        OSError: the disk is full.

    """
    for pause_s in (*PAUSES_S, None):
        try:
            with _errors(address):
                return work()
        except _PassingError as error:
            if pause_s is None:
                raise ClipUnreachableError(error.message) from error.__cause__
            time.sleep(pause_s)
    raise AssertionError("the last try returns or raises")


class _PassingError(ClipUnreachableError):
    """A failure that another try may not have."""


@contextmanager
def _errors(address: str) -> Iterator[None]:
    """Say plainly what file systems raise: everything from KeyError to their own errors."""
    try:
        yield
    except VidqaError:
        raise
    except ImportError as error:
        scheme = scheme_of(address)
        package = EXTRAS.get(scheme) or error.name
        raise UsageError(
            f"{scheme}:// takes a package that is not installed",
            hint=f"pip install {package}" if package else str(error),
        ) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        raise _plain(error, address) from _safe(error, address)


def _safe(error: Exception, address: str) -> Exception:
    """Return an error to be shown with its trace: its text may hold an address with a key."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    said = without_secrets(f"{type(error).__name__}: {error}", address)
    return RuntimeError(said).with_traceback(error.__traceback__)


def _plain(error: Exception, address: str) -> VidqaError:
    name = repr(shown(address))
    if isinstance(error, ValueError) and "rotocol not known" in str(error):
        return UsageError(f"{scheme_of(address)}:// is not read here")
    cause = error.__cause__
    if isinstance(error, FileNotFoundError):
        is_missing = isinstance(cause, FileNotFoundError) or getattr(cause, "status", None) == 404
        if isinstance(cause, Exception) and not is_missing:  # as HTTP has it in fsspec
            return _plain(cause, address)
        return ClipNotFoundError(f"there is no file {name}")
    status = getattr(error, "status", None)
    if isinstance(status, int) and status:  # aiohttp has 0 where there was none
        why = f"the server says {status} {getattr(error, 'message', '')}".rstrip()
        kind = _PassingError if status in PASSING else ClipUnreachableError
    else:
        why = without_secrets(" ".join(str(error).split()), address)[:LONGEST_REASON]
        why = why or type(error).__name__
        kind = _PassingError if _passes(error) else ClipUnreachableError
    return kind(f"{name} cannot be read: {why}")


def _passes(error: Exception) -> bool:
    """Return whether an error of the network may be gone at the next try."""
    is_known = isinstance(error, PermissionError | FileNotFoundError | IsADirectoryError)
    if is_known or isinstance(error, TimeoutError):  # that was waiting enough
        return False
    if isinstance(error, OSError):
        return error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM)
    kinds = (one.__name__ for one in type(error).__mro__)
    return any(word in kind for kind in kinds for word in ("Connect", "Timeout", "Payload"))
