"""Detokenize token ids into readable text while they are still being generated."""

import re
from collections.abc import Container, Sequence
from typing import Any

UNFINISHED = "\ufffd"
"""The character that a tokenizer returns for bytes that are not yet a whole character."""
BYTE = re.compile("<0x([0-9A-F]{2})>")
"""SentencePiece's spelling of one byte of a character that has no piece."""
BLANK = "\u2581"
"""SentencePiece's spelling of a blank."""


def text_of(tokenizer: Any, ids: Sequence[int], *, left_out: Container[int] = ()) -> str:
    """Return the text of ids without special tokens, as SentencePiece assembles it.

    It differs from `tokenizer.decode` where bytes are not UTF-8: only the invalid bytes become
    replacement characters, not all those around them.

    Args:
        tokenizer: one whose vocabulary spells blanks and bytes like SentencePiece.
        ids: of an answer.
        left_out: more ids to skip; the authors' tokenizer also skipped `PAD_PIECE`.

    """
    text = bytearray()
    shown_ids = [one for one in ids if one not in left_out]
    tokens = tokenizer.convert_ids_to_tokens(shown_ids, skip_special_tokens=True)
    for index, token in enumerate(tokens):
        byte = BYTE.fullmatch(token)
        shown = token.removeprefix(BLANK) if index == 0 else token
        text += bytes.fromhex(byte[1]) if byte else shown.replace(BLANK, " ").encode()
    return _readable(bytes(text))


class TextStream:
    """A stream of text pieces from a growing list of ids; joined, they are exactly the whole text.

    Whole text means stripped: blanks at the start are never shown, blanks at the end are held
    back until something follows them.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        first_byte = tokenizer.convert_tokens_to_ids("<0x00>")
        self._spells_bytes = first_byte not in (None, tokenizer.unk_token_id)
        self._ids: list[int] = []
        self._shown = ""

    def push(self, token_id: int) -> str:
        """Take one id and return the text that can now be shown, possibly empty."""
        self._ids.append(token_id)
        text = self._decoded().rstrip()
        return "" if text.endswith(UNFINISHED) else self._advance(text)

    def finish(self) -> str:
        """Return the text still held back, including bytes that never became a character."""
        return self._advance(self._decoded().strip())

    @property
    def text(self) -> str:
        """The text returned so far."""
        return self._shown

    def _decoded(self) -> str:
        if self._spells_bytes:
            # `decode` takes back characters it has shown when the bytes after them are not UTF-8
            return text_of(self._tokenizer, self._ids).lstrip()
        text: str = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        return text.lstrip()

    def _advance(self, text: str) -> str:
        if not text.startswith(self._shown):
            return ""
        new, self._shown = text[len(self._shown) :], text
        return new


def _readable(text: bytes) -> str:
    """Decode UTF-8; every byte that is not part of a character becomes one replacement."""
    parts, place = [], 0
    while place < len(text):
        try:
            parts.append(text[place:].decode())
            break
        except UnicodeDecodeError as error:
            parts.append(text[place : place + error.start].decode() + UNFINISHED)
            place += error.start + 1
    return "".join(parts)
