"""A decoder while it writes: asked for one more token of every row.

Letters in shapes: B rows, V vocabulary.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor


class Steps(Protocol):
    """Answers side by side, each behind a context of its own."""

    def read(self, tokens: Sequence[int]) -> Tensor:
        """Read a token a row; return the logits (B, V) of what follows."""

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only."""


def own_steps(network: Any, caches: Sequence[Any], *, in_place: bool) -> Steps | None:
    """Return how a network itself writes behind these caches; None if as it reads prompts.

    Args:
        network: any family.
        caches: of what was read before each answer.
        in_place: write into the only cache; else they stay as they are.

    """
    make = getattr(network, "new_steps", None)
    return None if make is None else make(caches, in_place=in_place)
