"""Which of a classifier's classes are sure enough to be told.

Letters in shapes: B batch, P places, V classes, N everyday names.
"""

import torch
from torch import Tensor, nn

QUADRANTS = 4
"""The last places of a frame."""


class Certain(nn.Module):
    """Takes back what the classifier is not sure of, name by name.

    A class's probability says little: of several dogs that look alike none is probable. So the
    classes with one everyday name count together, in the quadrant of the frame where they are
    seen best. What is not sure enough there is not in the frame: the rest of the probability is
    spread as over pictures in which nothing can be recognised.
    """

    names: Tensor
    least: Tensor
    least_near_people: Tensor
    nothing: Tensor

    def __init__(self, classes: int, names: int, places: int) -> None:
        super().__init__()
        self.register_buffer("names", torch.zeros(classes, dtype=torch.int64))  # (V,)
        self.register_buffer("least", torch.zeros(names))  # (N,)
        self.register_buffer("least_near_people", torch.zeros(names))  # (N,)
        self.register_buffer("nothing", torch.zeros(places, classes))  # (P, V)

    def forward(self, probabilities: Tensor, near_people: Tensor) -> Tensor:
        """Take probabilities (B, P, V) and where people are (B,) to probabilities (B, P, V)."""
        kept = probabilities * self.told(probabilities, near_people)[:, self.names].unsqueeze(1)
        rest = 1 - kept.sum(dim=-1, keepdim=True)
        return kept + rest * self.nothing.to(kept)

    def told(self, probabilities: Tensor, near_people: Tensor) -> Tensor:
        """Return which names are sure enough in each frame, (B, N)."""
        quadrants = probabilities[:, -QUADRANTS:]
        sums = quadrants.new_zeros(*quadrants.shape[:2], len(self.least))
        best = sums.index_add(2, self.names, quadrants).amax(dim=1)  # (B, N)
        least = torch.where(near_people[:, None], self.least_near_people, self.least)
        return best >= least
