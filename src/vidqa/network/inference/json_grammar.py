"""Let a model write nothing but JSON that fits a schema.

The grammar is llguidance's: https://github.com/guidance-ai/llguidance.
"""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from vidqa.errors import UsageError
from vidqa.network.loaded import Loaded
from vidqa.network.text.schema_grammar import grammar_of, plainly

ENDED = ("NoExtension", "NoExtensionBias", "EndOfSentence")
"""Reasons to stop that are none to complain."""


class JsonGrammar:
    """What may come next of one answer."""

    def __init__(self, loaded: Loaded, schema: str) -> None:
        """Begin an answer.

        Args:
            loaded: the model that writes it.
            schema: a JSON schema, as JSON.

        Raises:
            UsageError: the schema is none, or nothing can fit it.

        """
        from llguidance import LLMatcher  # most answers need none

        width = int(loaded.network.config.get_text_config().vocab_size)
        tokenizer = _tokenizer(loaded.tokenizer, tuple(sorted(loaded.stop_ids)), width)
        self._matcher = LLMatcher(tokenizer, grammar_of(schema), log_level=0)
        self._require_sound()

    def allowed(self, logits: Tensor) -> Tensor:
        """Rule out what cannot come next, (1, V). Raises UsageError if nothing can."""
        mask = self._matcher.compute_logit_bias()  # 200 where allowed, else 0
        self._require_sound()
        fits = torch.frombuffer(bytearray(mask), dtype=torch.uint8).to(logits.device) > 0
        width = logits.shape[-1]
        fits = functional.pad(fits, (0, max(0, width - len(fits))))[:width]
        return logits.masked_fill(~fits, -torch.inf)

    def take(self, token: int) -> None:
        """Go on behind a token."""
        self._matcher.consume_token(token)
        self._require_sound()

    def _require_sound(self) -> None:
        if self._matcher.is_error() or self._matcher.stop_reason() not in ("NotStopped", *ENDED):
            why = self._matcher.get_error() or self._matcher.stop_reason()
            raise UsageError(f"no answer fits the schema: {plainly(why)}")


@lru_cache(maxsize=2)
def _tokenizer(tokenizer: Any, stop_ids: tuple[int, ...], width: int) -> Any:
    from llguidance import LLTokenizer

    text = tokenizer.backend_tokenizer.to_str()
    count = max(width, tokenizer.backend_tokenizer.get_vocab_size(with_added_tokens=True))
    return LLTokenizer(text, n_vocab=count, eos_token=list(stop_ids))
