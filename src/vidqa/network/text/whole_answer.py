"""An answer of the paper's models, cleaned as a whole."""

from typing import Any

from vidqa.network.text.detokenize import text_of
from vidqa.prompt.paper.templates import clean_answer

PAD_PIECE = "$$"
"""The authors' padding: an ordinary piece of the vocabulary, never added as a token."""


class WholeText:
    """An answer cleaned as the authors do, which needs all of it: nothing is shown earlier."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self.text = ""

    def push(self, token_id: int) -> str:
        """Take one id; nothing can be shown yet."""
        self._ids.append(token_id)
        return ""

    def finish(self) -> str:
        """Return the whole answer."""
        pad_id = self._tokenizer.get_vocab()[PAD_PIECE]
        self.text = clean_answer(text_of(self._tokenizer, self._ids, left_out=[pad_id]))
        return self.text
