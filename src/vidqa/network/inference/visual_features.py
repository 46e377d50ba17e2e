"""Visual tokens as each family returns and takes them: as one tensor, or one a picture.

Letters in shapes: N visual tokens, D the decoder's width, L deeper layers that also get features.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class EncodedPictures:
    """The output of `get_image_features`; some families add features for deeper layers."""

    pooler_output: Any
    deepstack_features: Any = None


@dataclass(frozen=True, slots=True)
class VisualForm:
    """The form in which a family takes visual tokens in `mm_encoder_outputs`."""

    deeper: int = 0
    """L: the number of deeper layers whose features lie beside each token."""
    in_one: bool = False
    """Whether all pictures are in one tensor; else one tensor a picture."""

    def encoded(self, tokens: Tensor) -> EncodedPictures:
        """Return visual tokens (N, (1 + L) D) as `get_image_features` would."""
        first, *deeper = tokens.chunk(1 + self.deeper, dim=-1)
        parts: Any = first if self.in_one else (first,)
        return EncodedPictures(
            pooler_output=parts, deepstack_features=[(one,) for one in deeper] or None
        )


def visual_tokens(encoded: Any) -> tuple[Tensor, VisualForm]:
    """Return the output of `get_image_features` as (N, (1 + L) D), and the form to rebuild it."""
    parts = encoded.pooler_output
    levels = getattr(encoded, "deepstack_features", None) or []
    rows = [_joined(one) for one in (parts, *levels)]
    return torch.cat(rows, dim=-1), VisualForm(len(levels), isinstance(parts, Tensor))


def _joined(parts: Any) -> Tensor:
    return torch.cat([part.flatten(0, -2) for part in parts])  # (N, D)
