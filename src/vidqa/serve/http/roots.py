"""Which files a client may name, and what it may send in their place."""

import base64
import binascii
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vidqa.errors import ClipNotFoundError, NoSpaceError, UsageError
from vidqa.media.words.request import WordRequest
from vidqa.media.words.written import written_beside
from vidqa.system.file_systems import FULL

UPLOADED = "upload"
"""What a clip is called that was sent."""
PATH = re.compile(r"""(?P<quote>['"])/(?P<quoted>.*?)(?P=quote)|(?<![\w.])/(?P<bare>[^\s'"]*)""")
"""A path in a message: all that is in quotes, else up to a blank."""
REST = re.compile(r"[^'\"\n]*")
"""What may belong to a path with blanks that is in no quotes."""
HIDDEN = "(a path of the server)"
SENT = "what was sent"


class ForbiddenError(Exception):
    """A file that clients may not name; the message is one for them."""


class TooLargeError(Exception):
    """More was sent than may be."""


@dataclass(frozen=True, slots=True)
class Roots:
    """The folders of which clients may name files; none may be named if there are none."""

    folders: tuple[Path, ...]
    """Without links in them."""
    most_bytes: int
    """Of a clip that is sent."""
    uploads: Path
    """A folder for them."""

    @classmethod
    def of(cls, folders: Sequence[Path], *, most_bytes: int, uploads: Path) -> "Roots":
        """Check the folders. Raises UsageError if one is none."""
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"{str(folder)!r} is no folder, so no clips can be named below it")
        resolved = tuple(folder.resolve(strict=True) for folder in folders)
        return cls(resolved, most_bytes, uploads)

    def require(self, named: str, words: WordRequest | None = None) -> Path:
        """Return the file that a client named, by its path or as a `file://` URL.

        Args:
            named: what the client wrote.
            words: which words of it are read; files beside it may be links, too.

        Raises:
            ForbiddenError: it is not below a root, or no regular file.
            ClipNotFoundError: there is nothing at a place below a root.

        """
        path = _path_of(named)
        if not path.is_absolute():
            raise ForbiddenError(f"{named!r:.300} is not a whole path, from / on")
        real = self._inside(path)
        if real is None and self._would_be_inside(path):
            raise ClipNotFoundError(f"there is no file {named!r:.300}")
        if real is None:
            raise ForbiddenError(f"{named!r:.300} is not a file that this server may open")
        for file in written_beside(real, words) if words is not None else ():
            if self._inside(file) is None:
                raise ForbiddenError("subtitles beside the clip lead out of the server's folders")
        return real

    def _inside(self, path: Path) -> Path | None:
        """Return a regular file below a root, links followed; None if it is none."""
        try:
            real = path.resolve(strict=True)
            mode = real.stat().st_mode
        except (OSError, ValueError, RuntimeError):
            return None
        is_below = any(real.is_relative_to(folder) for folder in self.folders)
        return real if is_below and stat.S_ISREG(mode) else None

    def _would_be_inside(self, path: Path) -> bool:
        """Return whether nothing is there, but what would be is below a root, links followed."""
        try:
            real = path.resolve()
            return not real.exists() and any(real.is_relative_to(one) for one in self.folders)
        except (OSError, ValueError, RuntimeError):
            return False

    @contextmanager
    def sent(self, url: str) -> Iterator[Path]:
        """Write what a data URL holds to a file, for the body.

        Raises:
            UsageError: it holds none.
            TooLargeError: it is too large.
            NoSpaceError: the disk is full.

        """
        head, comma, content = url.partition(",")
        if not comma or not head.endswith(";base64"):
            raise UsageError("a data URL must be data:TYPE;base64,...")
        if len(content) * 3 // 4 - content[-2:].count("=") > self.most_bytes:
            raise TooLargeError(f"a clip that is sent may have {self.most_bytes} bytes")
        try:
            sent = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UsageError("the data URL is not base64") from error
        with tempfile.NamedTemporaryFile(dir=self.uploads, prefix=f"{UPLOADED}-") as file:
            try:
                file.write(sent)
                file.flush()
            except OSError as error:
                if error.errno in FULL:
                    raise NoSpaceError("the disk is full") from error
                raise
            yield Path(file.name)

    def without_paths(self, message: str) -> str:
        """Return a message without paths outside the roots; rather too little of it than more."""
        told, at = list[str](), 0
        while (found := PATH.search(message, at)) is not None:
            told.append(message[at : found.start()])
            at, quote = found.end(), found["quote"] or ""
            path = f"/{found['quoted'] if quote else found['bare']}"
            if self._is_below(path):
                told.append(found.group())
                continue
            if Path(path).parent == self.uploads:
                told.append(SENT)
                continue
            told.append(f"{quote}{HIDDEN}{quote}")
            if not quote:
                rest = REST.match(message, at)
                at = at if rest is None else rest.end()
        return "".join([*told, message[at:]])

    def _is_below(self, path: str) -> bool:
        """Return whether a path is written as one below a root."""
        normal = Path(os.path.normpath(path.rstrip(".,:;)")))
        return any(normal.is_relative_to(folder) for folder in self.folders)


def _path_of(named: str) -> Path:
    """Return the path in a `file://` URL, or the path. Raises ForbiddenError."""
    if "://" not in named and not named.lower().startswith(("file:", "data:")):
        return Path(named)
    parts = urlsplit(named)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        raise ForbiddenError("only file:// URLs are opened, and data URLs")
    return Path(unquote(parts.path))
