"""Files on other machines, looked up, listed and copied by fsspec, which knows credentials."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from vidqa.errors import (
    ClipNotFoundError,
    NotAVideoError,
)
from vidqa.system.remote.addresses import WEB, scheme_of, shown
from vidqa.system.remote.tries import tried

Result = TypeVar("Result")

CONNECT_S = 30.0
SILENCE_S = 30.0
"""Seconds without a byte after which a web server is given up."""
STAMPS = ("ETag", "etag", "md5Hash", "generation", "blob_id", "Content-MD5", "content_md5")
"""Names that file systems have for what changes with a file's content."""


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
            on_bytes(0)
            self.system.get_file(self.path, str(target), callback=Counter())
            copied = target.stat().st_size
            if self.size_bytes is not None and copied != self.size_bytes:
                raise ConnectionError(f"{copied} of {self.size_bytes} bytes came")

        tried(self.address, once)

    def parts(self, places: Sequence[tuple[int, int]]) -> list[bytes] | None:
        """Return the bytes between pairs of places; None if only the whole is handed out.

        Raises:
            ClipUnreachableError: as `look_up`.

        """
        if scheme_of(self.address) in WEB:  # one that ignores ranges would send all of it
            return None
        begins, ends = [begin for begin, _ in places], [end for _, end in places]
        paths = [self.path] * len(places)
        found = tried(self.address, lambda: self.system.cat_ranges(paths, begins, ends))
        sizes = [len(one) if isinstance(one, bytes) else -1 for one in found]
        are_whole = sizes == [end - begin for begin, end in places]
        return list(found) if are_whole else None


@dataclass(frozen=True, slots=True)
class Listed:
    """A file or folder in a folder of a store."""

    address: str
    name: str
    """Its path below the folder."""
    size_bytes: int
    is_folder: bool


def look_up(address: str, *, anew: bool = False) -> RemoteFile:
    """Look a file up.

    Args:
        address: of the file.
        anew: ask the store, even where the list of a folder tells of it.

    Raises:
        ClipNotFoundError: it is not there.
        NotAVideoError: it is a folder.
        ClipUnreachableError: nobody answers, or lets this user in.
        UsageError: nothing here reads such addresses.

    """
    system, path = _system(address)
    if anew:
        system.invalidate_cache(path)
    info = tried(address, lambda: system.info(path))
    if info.get("type") == "directory":
        raise NotAVideoError(f"{shown(address)!r} is a folder")
    size = info.get("size")
    return RemoteFile(address, size if isinstance(size, int) else None, _stamp(info), system, path)


def kind_of(address: str) -> Literal["file", "folder"] | None:
    """Return what is at an address of a store; None if nothing is. Raises as `look_up`."""
    system, path = _system(address)
    try:
        info = tried(address, lambda: system.info(path))
    except ClipNotFoundError:
        return None
    return "folder" if info.get("type") == "directory" else "file"


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
    """List a store's files whose names match a pattern. Raises as `look_up`."""
    system, path = _system(pattern)
    found = tried(pattern, lambda: list(system.glob(path, detail=True).values()))
    plain = before_pattern(path)
    return list(_below(before_pattern(pattern), plain, found))


def before_pattern(pattern: str) -> str:
    """Return the folder in which a pattern begins."""
    return re.split(r"[*?\[]", pattern, maxsplit=1)[0].rpartition("/")[0]


def _system(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the file's name there."""
    scheme = scheme_of(address)
    plain = scheme + address[len(scheme) :]

    def opened() -> tuple[Any, str]:
        import fsspec

        kind = fsspec.get_filesystem_class(scheme)
        options = dict(kind._get_kwargs_from_urls(plain))
        if scheme in WEB:
            options["client_kwargs"] = _web_options(scheme)
        return fsspec.filesystem(scheme, **options), str(kind._strip_protocol(plain))

    return tried(address, opened)


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
