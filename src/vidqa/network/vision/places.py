"""What the concept tower says of every place of a frame: classes, colours, people.

Letters in shapes: B batch, C channels, P places, V classes, D = V + 11 (+ 2 with people).
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from vidqa.network.vision.certain import Certain
from vidqa.network.vision.colours import colour_shares
from vidqa.network.vision.faces import FaceDetector
from vidqa.network.vision.people import people_at


def concept_tokens(
    features: Tensor,
    classify: Callable[[Tensor], Tensor],
    pixel_values: Tensor,
    *,
    image_mean: float,
    image_std: float,
    cells_per_side: int,
    faces: FaceDetector | None = None,
    certain: Certain | None = None,
    image_sizes: Tensor | None = None,
) -> Tensor:
    """Classify every place of images, measure its colours, and look for people.

    Args:
        features: (B, C, h, w), the classifier's last map.
        classify: takes (B, P, C) to logits (B, P, V).
        pixel_values: (B, 3, H, W), normalised.
        image_mean: of the normalisation.
        image_std: of the normalisation.
        cells_per_side: of the map; then it is averaged once more into 2 x 2 quadrants.
        faces: finds people; None: they are not looked for.
        certain: takes back what is not sure; None: everything is told.
        image_sizes: (B, 2), height and width of the images before they were squashed.

    Returns:
        (B, P, D): the probabilities, which sum to 1, then the shares of colours, which sum to 1,
        then where people are, if they are looked for. See `people_at`.

    """
    logits = classify(_places(features, cells_per_side))  # (B, P, V)
    # softmax in fp32: in bf16 a thousand small probabilities do not sum to 1
    probabilities = logits.float().softmax(dim=-1)
    pixels = pixel_values.float() * image_std + image_mean
    colours = _places(colour_shares(pixels, cells_per_side), cells_per_side)  # (B, P, 11)
    seen = [probabilities, colours]
    if faces is not None and certain is not None:
        shown = pixels.to(pixel_values.dtype)
        people = people_at(faces, shown, image_sizes, cells_per_side=cells_per_side)
        seen = [certain(probabilities, people.flatten(1).any(dim=1)), colours, people]
    return torch.cat(seen, dim=-1).to(pixel_values.dtype)


def _places(features: Tensor, cells_per_side: int) -> Tensor:
    """Average (B, C, h, w) over the cells, then over the quadrants, to (B, P, C)."""
    cells = functional.adaptive_avg_pool2d(features, cells_per_side)
    quadrants = functional.adaptive_avg_pool2d(features, 2)
    return torch.cat([cells.flatten(2), quadrants.flatten(2)], dim=2).transpose(1, 2)
