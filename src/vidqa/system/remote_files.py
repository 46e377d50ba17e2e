"""Files on other machines: looked up, listed and copied with fsspec, which knows the credentials.

Whatever a file system raises becomes an error that names the address without its secrets.
"""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from vidqa.errors import (
    ClipNotFoundError,
    ClipUnreachableError,
    NotAVideoError,
    UsageError,
    VidqaError,
)
from vidqa.system.addresses import WEB, scheme_of, shown, without_secrets
from vidqa.system.file_systems import FULL

Result = TypeVar("Result")

PAUSES_S = (1.0, 4.0)
"""Seconds between the tries of a request that failed for reasons that pass."""
CONNECT_S = 30.0
SILENCE_S = 60.0
"""Seconds without a byte after which a web server is given up."""
PASSING = frozenset({408, 425, 429, *range(500, 600)})
"""HTTP statuses that another try may not have."""
LONGEST_REASON = 200

STAMPS = ("ETag", "etag", "md5Hash", "generation", "blob_id", "Content-MD5", "content_md5")
"""Names that file systems have for what changes with a file's content."""

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


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on another machine, as it was when it was looked up."""

    address: str
    size_bytes: int | None
    """None where the server does not tell."""
    stamp: str | None
    """Changes with the content; None where the server tells nothing of that kind."""
    system: Any
    """Of fsspec."""
    path: str
    """Its name there."""

    def copy(self, target: Path, on_bytes: Callable[[int], None]) -> None:
        """Copy it to this machine, block by block.

        Args:
            target: a new file in a folder that exists.
            on_bytes: is told how many bytes are there; a VidqaError of it ends the copy.

        Raises:
            ClipUnreachableError: it broke off, or as `look_up`.
            OSError: the disk is full.

        """
        from fsspec.callbacks import Callback

        class Counter(Callback):  # type: ignore[misc]  # has no types
            def relative_update(self, inc: int = 1) -> None:
                self.value += inc
                on_bytes(self.value)

        def once() -> None:
            self.system.get_file(self.path, str(target), callback=Counter())
            copied = target.stat().st_size
            if self.size_bytes is not None and copied != self.size_bytes:
                raise ConnectionError(f"{copied} of {self.size_bytes} bytes came")

        tried(self.address, once)

    def block(self, begin: int, end: int) -> bytes | None:
        """Return the bytes between two places; None if they are not told apart from the others.

        Raises:
            ClipUnreachableError: as `look_up`.

        """
        if scheme_of(self.address) in WEB:  # one that ignores ranges would send all of it
            return None
        content = tried(self.address, lambda: self.system.cat_file(self.path, start=begin, end=end))
        return content if isinstance(content, bytes) and len(content) == end - begin else None


@dataclass(frozen=True, slots=True)
class Listed:
    """A file or folder in a folder of a store."""

    address: str
    name: str
    """Its path below the folder."""
    size_bytes: int
    is_folder: bool


def look_up(address: str) -> RemoteFile:
    """Look a file up.

    Raises:
        ClipNotFoundError: it is not there.
        NotAVideoError: it is a folder.
        ClipUnreachableError: nobody answers, or lets this user in.
        UsageError: nothing here reads such addresses.

    """
    system, path = _system(address)
    info = tried(address, lambda: system.info(path))
    if info.get("type") == "directory":
        raise NotAVideoError(f"{shown(address)!r} is a folder")
    size = info.get("size")
    return RemoteFile(address, size if isinstance(size, int) else None, _stamp(info), system, path)


def is_folder(address: str) -> bool:
    """Return whether an address is that of a store's folder. Raises as `look_up`."""
    if scheme_of(address) in WEB:
        return False
    system, path = _system(address)
    try:
        return bool(tried(address, lambda: system.info(path)).get("type") == "directory")
    except ClipNotFoundError:
        return False


def listed(address: str, *, recursive: bool = False) -> list[Listed]:
    """List a folder of a store; with `recursive`, all files below it. Raises as `look_up`."""
    system, path = _system(address)
    if recursive:
        found = tried(address, lambda: list(system.find(path, detail=True).values()))
    else:
        found = tried(address, lambda: system.ls(path, detail=True))
    base = path.rstrip("/")
    return [one for one in _below(address.rstrip("/"), base, found) if one.name]


def matching(pattern: str) -> list[Listed]:
    """List a store's files whose names match a pattern with `*`. Raises as `look_up`."""
    system, path = _system(pattern)
    found = tried(pattern, lambda: list(system.glob(path, detail=True).values()))
    plain = path[: path.index("*")].rpartition("/")[0]
    return list(_below(before_pattern(pattern), plain, found))


def before_pattern(pattern: str) -> str:
    """Return the address of the folder in which a pattern begins."""
    return pattern[: pattern.index("*")].rpartition("/")[0]


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


def _system(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the file's name there."""
    scheme = scheme_of(address)
    with _errors(address):
        import fsspec

        kind = fsspec.get_filesystem_class(scheme)
        address = scheme + address[len(scheme) :]
        options = dict(kind._get_kwargs_from_urls(address))
        if scheme in WEB:
            options["client_kwargs"] = _web_options(scheme)
        return fsspec.filesystem(scheme, **options), str(kind._strip_protocol(address))


def _web_options(scheme: str) -> dict[str, Any]:
    """Return how web servers are asked: no limit to the whole, but to silence."""
    import aiohttp
    from fsspec.config import conf

    usual = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=SILENCE_S)
    own = conf.get(scheme, {}).get("client_kwargs", {})
    return {"timeout": usual, "trust_env": True, **own}


def _below(address: str, path: str, found: list[dict[str, Any]]) -> Iterator[Listed]:
    """Yield what a file system listed below a folder, of which it was given the name there."""
    for info in found:
        whole = info["name"].rstrip("/")
        name = whole.removeprefix(path).lstrip("/")
        if whole.startswith(path):
            is_folder = info.get("type") == "directory"
            yield Listed(f"{address}/{name}", name, info.get("size") or 0, is_folder)


def _stamp(info: dict[str, Any]) -> str | None:
    for name in STAMPS:
        value = info.get(name)
        if value and not str(value).startswith("W/"):  # such an ETag stands for several contents
            return f"{name}:{value}"
    return None


@contextmanager
def _errors(address: str) -> Iterator[None]:
    """Say plainly what file systems raise: everything from KeyError to their own errors."""
    try:
        yield
    except VidqaError:
        raise
    except ImportError as error:
        scheme = scheme_of(address)
        package = EXTRAS.get(scheme, error.name or "the package of its file system")
        raise UsageError(
            f"{scheme}:// takes a package that is not installed", hint=f"pip install {package}"
        ) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        raise _plain(error, address) from error


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
    if isinstance(status, int):
        why = f"the server says {status} {getattr(error, 'message', '')}".rstrip()
        kind = _PassingError if status in PASSING else ClipUnreachableError
    else:
        why = without_secrets(" ".join(str(error).split()), address)[:LONGEST_REASON]
        why = why or type(error).__name__
        kind = _PassingError if _passes(error) else ClipUnreachableError
    return kind(f"{name} cannot be read: {why}")


def _passes(error: Exception) -> bool:
    """Return whether an error of the network may be gone at the next try."""
    if isinstance(error, PermissionError | FileNotFoundError | IsADirectoryError):
        return False
    if isinstance(error, OSError):
        return error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM)
    kinds = (one.__name__ for one in type(error).__mro__)
    return any(word in kind for kind in kinds for word in ("Connect", "Timeout", "Payload"))
