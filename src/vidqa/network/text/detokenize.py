"""From token ids to readable text while the ids are still coming."""

import re
from collections.abc import Container, Sequence
from typing import Any

UNFINISHED = "\ufffd"
"""What a tokenizer shows for bytes that are not yet a whole character."""
BYTE = re.compile("<0x([0-9A-F]{2})>")
"""How SentencePiece spells a byte of a character it has no piece for."""
BLANK = "\u2581"
"""How SentencePiece spells a blank."""


def text_of(tokenizer: Any, ids: Sequence[int], *, left_out: Container[int] = ()) -> str:
    """The text of ids, special tokens left out, as SentencePiece puts it together.

    It differs from `tokenizer.decode` where bytes are no UTF-8: only the bytes that fit nowhere
    become replacement characters, not all those around them.

    Args:
        tokenizer: one whose vocabulary spells blanks and bytes like SentencePiece.
        ids: of an answer.
        left_out: more ids to skip; the authors' tokenizer skipped `PAD_PIECE`, too.

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
    """Turns a growing list of ids into pieces of text; joined, they are exactly the whole text.

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
        """Take one id and return what can be shown more than before, maybe nothing."""
        self._ids.append(token_id)
        text = self._decoded().rstrip()
        return "" if text.endswith(UNFINISHED) else self._advance(text)

    def finish(self) -> str:
        """Return what is still held back, bytes that never became a character included."""
        return self._advance(self._decoded().strip())

    @property
    def text(self) -> str:
        """All that was returned so far."""
        return self._shown

    def _decoded(self) -> str:
        if self._spells_bytes:
            # `decode` takes characters back that it has shown when bytes behind them are no UTF-8
            return text_of(self._tokenizer, self._ids).lstrip()
        text: str = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        return text.lstrip()

    def _advance(self, text: str) -> str:
        if not text.startswith(self._shown):
            return ""
        new, self._shown = text[len(self._shown) :], text
        return new


def _readable(text: bytes) -> str:
    """Decode UTF-8; every byte that is no part of a character becomes one replacement."""
    parts, place = [], 0
    while place < len(text):
        try:
            parts.append(text[place:].decode())
            break
        except UnicodeDecodeError as error:
            parts.append(text[place : place + error.start].decode() + UNFINISHED)
            place += error.start + 1
    return "".join(parts)
