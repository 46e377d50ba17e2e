"""Visual tokens as each family hands them out and takes them back: as one tensor, or one a picture.

Letters in shapes: N visual tokens, D the decoder's width, L deeper layers that get features, too.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.modeling_outputs import BaseModelOutputWithPooling


@dataclass
class EncodedPictures(BaseModelOutputWithPooling):
    """What `get_image_features` returns; some families add features for deeper layers."""

    deepstack_features: Any = None


@dataclass(frozen=True, slots=True)
class VisualForm:
    """The form in which a family takes visual tokens in `mm_encoder_outputs`."""

    deeper: int = 0
    """L: features for so many deeper layers lie beside each token."""
    in_one: bool = False
    """All pictures in one tensor; else one tensor a picture."""

    def encoded(self, tokens: Tensor) -> EncodedPictures:
        """Visual tokens (N, (1 + L) D) as `get_image_features` would return them."""
        first, *deeper = tokens.chunk(1 + self.deeper, dim=-1)
        parts: Any = first if self.in_one else (first,)
        return EncodedPictures(
            pooler_output=parts, deepstack_features=[(one,) for one in deeper] or None
        )


def visual_tokens(encoded: Any) -> tuple[Tensor, VisualForm]:
    """What `get_image_features` returned, (N, (1 + L) D), and the form to hand it back in."""
    parts = encoded.pooler_output
    levels = getattr(encoded, "deepstack_features", None) or []
    rows = [_joined(one) for one in (parts, *levels)]
    return torch.cat(rows, dim=-1), VisualForm(len(levels), isinstance(parts, Tensor))


def _joined(parts: Any) -> Tensor:
    return torch.cat([part.flatten(0, -2) for part in parts])  # (N, D)
