"""Thinking before an answer: as many tokens as were allowed, then the thought is closed."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from vidqa.errors import UsageError
from vidqa.models.spec import ModelSpec
from vidqa.network.inference.decode import Context, decode_until, prefill_question
from vidqa.network.inference.token_sampling import Sampling, TokenChooser
from vidqa.network.loaded import Loaded

BEGIN, END = "<think>", "</think>"
"""What stands around a thought, as the families write it that think."""
CLOSE = f"{END}\n\n"
"""What goes before the answer."""


@dataclass(slots=True)
class Thought:
    """What a model thinks before it answers."""

    loaded: Loaded
    most: int
    """Tokens at most."""
    is_kept: bool = False
    """Whether its text goes into the answer's record."""
    ids: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, loaded: Loaded, spec: ModelSpec, most: int, *, is_kept: bool) -> "Thought":
        """Allow a thought. Raises UsageError: the model does not think."""
        if not spec.family.thinks or len(loaded.encode(END)) != 1:
            raise UsageError(f"{spec.name} does not think", hint="leave --think out")
        return cls(loaded, most, is_kept)

    @property
    def room(self) -> int:
        """The number of tokens that it takes at most, closed."""
        return self.most + len(self.loaded.encode(f"\n{CLOSE}"))

    def require_room(self, tokens: int) -> None:
        """Refuse a prompt that is too long with it. Raises UsageError."""
        if tokens >= (most := self.loaded.context_tokens):
            raise UsageError(
                f"{tokens} tokens of the prompt and the thought do not fit the model, which reads "
                f"{most}",
                hint="a smaller --think",
            )

    @property
    def text(self) -> str | None:
        """What was thought, where that is kept."""
        if not self.is_kept:
            return None
        text = str(self.loaded.tokenizer.decode(self.ids, skip_special_tokens=False))
        return text.removeprefix(BEGIN).strip()

    def think(self, logits: Tensor, context: Context, sampling: Sampling) -> Tensor:
        """Think behind a prompt, which is read; returns the logits (1, V) before the answer.

        A thought that is not over after as many tokens as allowed is closed for the model, and so
        is one in which it ends its turn.
        """
        network = self.loaded.network
        (end_id,) = self.loaded.encode(END)
        ends = {end_id, *self.loaded.stop_ids}
        chooser = TokenChooser(sampling)
        self.ids, last = decode_until(network, logits, context, chooser, ends=ends, most=self.most)
        closing = self.loaded.encode(CLOSE if last == end_id else f"\n{CLOSE}")
        unread = [] if last in ends else [last]
        ids = torch.tensor([[*unread, *closing]], device=network.device)  # (1, T)
        return prefill_question(network, ids, context)
