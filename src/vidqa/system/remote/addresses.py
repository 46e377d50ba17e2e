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
NAMED_FREELY = frozenset({"s3", "s3a", "gs", "gcs", "hf", "memory"})
"""Schemes in which `?` and `#` are parts of names."""
LIKE_A_KEY = re.compile(r"[\w.~-]+=")
"""What begins with this behind a `?` is no part of a name: `X-Amz-Signature=...`."""
OF_OTHERS = frozenset(
    {
        *("zip", "tar", "libarchive", "dir", "reference", "git", "generic", "data"),
        *("cached", "filecache", "simplecache", "blockcache", "asynclocal"),
    }
)
"""Schemes of fsspec that stand on other file systems."""

SHORTEST = 4
"""Characters of a secret that is looked for in a text: a shorter one is part of many a word."""
OTHER_SECRETS = re.compile(r"(https?://[^\s'\"?]*\?)[^\s'\"~][^\s'\"]*")
"""What is behind the `?` of an address in a text, such as that of a redirection."""

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
    bucket = address.partition("://")[2].partition("/")[0]
    if scheme in ("file", "local"):
        raise UsageError(
            f"{scheme}:// names a file of this machine",
            hint="name the file itself, without the scheme",
        )
    if scheme in OF_OTHERS or CHAIN.search(address):
        raise UsageError(
            "an address inside another is not read", hint="copy the file, then name the copy"
        )
    if not bucket.rpartition("@")[2] and scheme != "hf":
        raise UsageError(f"{scheme}:// names nothing", hint=f"{scheme}://.../clip.mp4")
    if scheme in STORES and "*" in bucket:
        raise UsageError(f"the * in {shown(address)} stands for buckets", hint="name a bucket")
    if not by_hand and scheme not in STORES:
        raise UsageError(
            f"{shown(address)}: a list may name files and object stores, but not {scheme}://",
            hint="name the address itself on the command line",
        )


def shown(address: str) -> str:
    """Return an address without passwords and keys, as it stands in records and messages.

    What is behind a `?`, unless that is part of a name, is replaced by a digest, so that two
    addresses stay two.
    """
    scheme, rest, query = _parts(address)
    host, slash, path = rest.partition("/")
    user, at, host = host.rpartition("@")
    if scheme in WEB:
        user = at = ""
    mark = hashlib.sha256(query.encode(errors="surrogateescape")).hexdigest()[:DIGITS]
    whole = f"{scheme}://{user.partition(':')[0]}{at}{host}{slash}{path}"
    return f"{whole}?~{mark}" if query else whole


def _parts(address: str) -> tuple[str, str, str]:
    """Split an address into its scheme, what follows, and what is behind a `?`."""
    scheme, rest = scheme_of(address), address.partition("://")[2]
    if scheme not in NAMED_FREELY:
        rest, _, query = rest.partition("#")[0].partition("?")
        return scheme, rest, query
    name, _, query = rest.rpartition("?")
    return (scheme, name, query) if name and LIKE_A_KEY.match(query) else (scheme, rest, "")


def without_secrets(text: str, address: str) -> str:
    """Return a text without what `shown` leaves out of an address, and of others in it."""
    text = text.replace(address, shown(address))
    _, rest, query = _parts(address)
    user = rest.partition("/")[0].rpartition("@")[0]
    pieces = [user, *user.split(":"), query, *(one.partition("=")[2] for one in query.split("&"))]
    known = {one for piece in pieces for one in (piece, unquote(piece)) if len(one) >= SHORTEST}
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, "...")
    return OTHER_SECRETS.sub(r"\1...", text)


def folder_of(address: str) -> str:
    """Return the address of the folder that a store's file is in, without a slash at its end."""
    return address.rpartition("/")[0]


def file_name(address: str) -> str:
    """Return the name that a copy has on this machine.

    Raises:
        UsageError: it is too long for a file.

    """
    scheme, rest, _ = _parts(address)
    rest = unquote(rest, errors="surrogateescape") if scheme in WEB else rest
    name = rest.rpartition("/")[2]
    name = "".join("_" if one < " " or one == "\x7f" else one for one in name)
    if len(name.encode(errors="surrogateescape")) > LONGEST_NAME_BYTES:
        raise UsageError(f"the name of {shown(address)[:100]}... is too long for a file")
    return name if name not in ("", ".", "..") else "clip"


def as_path(address: str) -> PurePosixPath:
    """Return a path that stands for a shown address, in one tree with those of this machine."""
    scheme, _, rest = address.partition("://")
    return PurePosixPath("/", scheme, rest.lstrip("/"))
