"""From token ids to readable text while the ids are still coming."""

from typing import Any

UNFINISHED = "\ufffd"
"""What a tokenizer shows for bytes that are not yet a whole character."""


class TextStream:
    """Turns a growing list of ids into pieces of text; joined, they are exactly the whole text.

    Whole text means stripped: blanks at the start are never shown, blanks at the end are held
    back until something follows them.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
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
        text: str = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        return text.lstrip()

    def _advance(self, text: str) -> str:
        if not text.startswith(self._shown):
            return ""
        new, self._shown = text[len(self._shown) :], text
        return new
