"""Text files as people save them: UTF-8 with a mark at the beginning or without, and UTF-16."""

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
"""What a file that says its encoding begins with, the longer ones first."""


def marked_encoding(content: bytes) -> str | None:
    """The encoding that a file's first bytes name; None when they name none."""
    return next((MARKS[mark] for mark in MARKS if content.startswith(mark)), None)


def decoded(content: bytes) -> str:
    """The text of a file, every end of a line a newline. Raises UnicodeDecodeError."""
    text = content.decode(marked_encoding(content) or "utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(file: Path) -> str:
    """What is in a text file; `-` is stdin.

    Raises:
        UsageError: it cannot be read, or is no text.

    """
    try:
        return decoded(sys.stdin.buffer.read() if str(file) == STDIN else file.read_bytes())
    except UnicodeDecodeError as error:
        raise UsageError(f"{str(file)!r} is no UTF-8 text", hint="write it in UTF-8") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(f"{str(file)!r} cannot be read: {reason}") from error


def from_json(
    content: str | bytes, *, object_hook: Callable[[dict[str, Any]], Any] | None = None
) -> Any:
    """What a JSON text says. Raises ValueError: it is none, or nested too deep."""
    try:
        return json.loads(content, object_hook=object_hook)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def read_lines(file: Path) -> list[str]:
    """The lines of a text file; other marks that may end a line are part of it. See `read_text`."""
    return read_text(file).split("\n")
