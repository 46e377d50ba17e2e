"""Addresses of files on other machines, as text: what may be read, and how they are shown.

An address may hold a password, or a key behind its `?`. Neither is ever shown or recorded.
"""

import hashlib
import re
from pathlib import PurePosixPath
from urllib.parse import unquote

from vidqa.errors import UsageError

ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
CHAIN = re.compile(r"::[A-Za-z][A-Za-z0-9+.-]*://")
"""One file system inside another, in fsspec's notation."""

WEB = frozenset({"http", "https"})
"""Schemes whose files are read only where their addresses are named by hand."""
STORES = frozenset(
    {"s3", "s3a", "gs", "gcs", "hf", "az", "abfs", "abfss", "adl", "oci", "oss", "memory"}
)
"""Schemes of object stores: a list may name their files, and they have folders."""
OF_OTHERS = frozenset(
    {
        *("zip", "tar", "libarchive", "dir", "reference", "git", "generic", "data"),
        *("cached", "filecache", "simplecache", "blockcache", "asynclocal"),
    }
)
"""Schemes of fsspec that stand on other file systems."""

DIGITS = 8
"""Hexadecimal digits that stand for what is behind a `?`."""
LONGEST_NAME_BYTES = 200
"""Of a copy's name; file systems take 255, and subtitles have longer names than their clips."""


def is_address(word: str) -> bool:
    """Return whether a word is written like an address, `scheme://...`."""
    return ADDRESS.match(word) is not None


def scheme_of(address: str) -> str:
    """Return the scheme of an address, in lower case."""
    return address.partition("://")[0].lower()


def require_readable(address: str, *, by_hand: bool) -> None:
    """Refuse an address that is not read.

    Args:
        address: any address.
        by_hand: whether a person named it; lists may come from elsewhere.

    Raises:
        UsageError: it names this machine's files, one file system inside another, or, in a list,
            what is no object store.

    """
    scheme = scheme_of(address)
    if scheme in ("file", "local"):
        raise UsageError(
            f"{scheme}:// names a file of this machine",
            hint="name the file itself, without the scheme",
        )
    if scheme in OF_OTHERS or CHAIN.search(address):
        raise UsageError(
            "an address inside another is not read", hint="copy the file, then name the copy"
        )
    if not by_hand and scheme not in STORES:
        raise UsageError(
            f"{shown(address)}: a list may name files and object stores, but not {scheme}://",
            hint="name the address itself on the command line",
        )


def shown(address: str) -> str:
    """Return an address without passwords and keys, as it stands in records and messages.

    What is behind a `?` is replaced by a digest, so that two addresses stay two.
    """
    scheme, rest = scheme_of(address), address.partition("://")[2]
    if scheme not in WEB:
        host, slash, path = rest.partition("/")
        user, at, host = host.rpartition("@")
        return f"{scheme}://{user.partition(':')[0]}{at}{host}{slash}{path}"
    rest, _, query = rest.partition("#")[0].partition("?")
    host, slash, path = rest.partition("/")
    mark = hashlib.sha256(query.encode(errors="surrogateescape")).hexdigest()[:DIGITS]
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" + f"?~{mark}" * bool(query)


def without_secrets(text: str, address: str) -> str:
    """Return a text without what `shown` leaves out of an address."""
    rest = address.partition("://")[2]
    secrets = [address, rest, rest.partition("/")[0].rpartition("@")[0]]
    secrets += secrets[-1].split(":")
    if scheme_of(address) in WEB:
        query = rest.partition("?")[2]
        secrets += [query, *(one.partition("=")[2] for one in query.split("&"))]
    for secret in sorted(filter(None, {*secrets, *map(unquote, secrets)}), key=len, reverse=True):
        text = text.replace(secret, "...")
    return text


def folder_of(address: str) -> str:
    """Return the address of the folder that a store's file is in, without a slash at its end."""
    return address.rpartition("/")[0]


def file_name(address: str) -> str:
    """Return the name that a copy has on this machine.

    Raises:
        UsageError: it is too long for a file.

    """
    if scheme_of(address) in WEB:
        address = unquote(address.partition("#")[0].partition("?")[0], errors="surrogateescape")
    name = address.rpartition("/")[2]
    name = "".join("_" if one < " " or one == "\x7f" else one for one in name)
    if len(name.encode(errors="surrogateescape")) > LONGEST_NAME_BYTES:
        raise UsageError(f"the name of {shown(address)[:100]}... is too long for a file")
    return name if name not in ("", ".", "..") else "clip"


def as_path(address: str) -> PurePosixPath:
    """Return a path that stands for a shown address, in one tree with those of this machine."""
    scheme, _, rest = address.partition("://")
    return PurePosixPath("/", scheme, rest.lstrip("/"))
