"""The concatenating projector of MiniGPT4-Video (arXiv 2404.03413, section 3.1).

Letters in shapes: B batch, P visual tokens, k tokens joined, D width.
"""

from torch import Tensor, nn


class ConcatProjector(nn.Module):
    """A linear layer over k adjacent visual tokens joined into one."""

    def __init__(
        self, *, concat_factor: int, vision_width: int, text_width: int, bias: bool
    ) -> None:
        super().__init__()
        self.concat_factor = concat_factor
        self.linear = nn.Linear(concat_factor * vision_width, text_width, bias=bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """Take (B, P, D) to (B, P/k, text width).

        Raises:
            ValueError: P is not a multiple of k.

        """
        batch, places, width = tokens.shape
        k = self.concat_factor
        if places % k:
            raise ValueError(f"ConcatProjector: {places} visual tokens are not a multiple of {k}")
        joined = tokens.reshape(batch, places // k, k * width)  # (B, P/k, kD)
        projected: Tensor = self.linear(joined)  # (B, P/k, text width)
        return projected
