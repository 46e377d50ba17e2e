"""Read text files as people save them: UTF-8 with or without a byte order mark, and UTF-16."""

import codecs
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError

STDIN = "-"

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}
"""Byte order marks and their encodings, longer marks first."""


def marked_encoding(content: bytes) -> str | None:
    """Return the encoding of a file's byte order mark; None if it has none."""
    return next((MARKS[mark] for mark in MARKS if content.startswith(mark)), None)


def decoded(content: bytes) -> str:
    """Decode a file's text; every line end becomes a newline. Raises UnicodeDecodeError."""
    text = content.decode(marked_encoding(content) or "utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(file: Path) -> str:
    """Read a text file; `-` is stdin.

    Raises:
        UsageError: it cannot be read, or is not a text.

    """
    try:
        return decoded(sys.stdin.buffer.read() if str(file) == STDIN else file.read_bytes())
    except UnicodeDecodeError as error:
        raise UsageError(f"{str(file)!r} is not UTF-8 text", hint="write it in UTF-8") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(f"{str(file)!r} cannot be read: {reason}") from error


def from_json(
    content: str | bytes, *, object_hook: Callable[[dict[str, Any]], Any] | None = None
) -> Any:
    """Parse a JSON text. Raises ValueError: it is not JSON, or nested too deep."""
    try:
        return json.loads(content, object_hook=object_hook)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def read_lines(file: Path) -> list[str]:
    """Read the lines of a text file, split at newlines only. See `read_text`."""
    return read_text(file).split("\n")
