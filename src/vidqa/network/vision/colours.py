"""The share of each basic colour in every cell of a picture: arithmetic, without weights.

Letters in shapes: B batch, s cells a side.
"""

import torch
from torch import Tensor
from torch.nn import functional

from vidqa.network.concept_columns import COLOURS

PATCH = 8
"""Pixels a side of a patch with one colour: fine texture blends, as seen from afar."""
HUES = ((18, "red"), (42, "orange"), (68, "yellow"), (165, "green"), (258, "blue"), (295, "purple"))
"""Degrees at which each hue ends; beyond the last it is pink, and from 340 red again."""
RED_AGAIN = 340


def colour_shares(pixels: Tensor, side: int) -> Tensor:
    """Return the share of each colour in each cell.

    Args:
        pixels: (B, 3, H, W), red, green and blue from 0 to 1.
        side: cells a side.

    Returns:
        (B, 11, s, s), in the order of `COLOURS`, over which the shares sum to 1.

    """
    patches = functional.avg_pool2d(pixels.float(), PATCH)  # (B, 3, H/8, W/8)
    shares = functional.one_hot(_named(patches), len(COLOURS)).permute(0, 3, 1, 2)
    return functional.adaptive_avg_pool2d(shares.float(), side)  # (B, 11, s, s)


def _named(pixels: Tensor) -> Tensor:
    """Return the number of the colour of every pixel: (B, 3, H, W) to (B, H, W)."""
    high, low = pixels.amax(1), pixels.amin(1)
    spread = high - low
    strength = spread / high.clamp(min=1e-6)
    hue = _hue(pixels, high, spread)
    name = torch.full_like(hue, COLOURS.index("pink"), dtype=torch.long)
    for end, colour in reversed(HUES):
        name[hue < end] = COLOURS.index(colour)
    name[hue >= RED_AGAIN] = COLOURS.index("red")
    reddish = (hue < 45) | (hue >= RED_AGAIN)
    name[reddish & (high < 0.65) & (hue < 45) & (hue >= 8)] = COLOURS.index("brown")
    name[((hue < 12) | (hue >= 300)) & (high > 0.75) & (strength < 0.5)] = COLOURS.index("pink")
    plain = strength < 0.15
    name[plain] = COLOURS.index("grey")
    name[plain & (high > 0.82)] = COLOURS.index("white")
    name[(high < 0.18) | (plain & (high < 0.22))] = COLOURS.index("black")
    return name


def _hue(pixels: Tensor, high: Tensor, spread: Tensor) -> Tensor:
    """Return the hue in degrees, 0 where there is none."""
    red, green, blue = pixels.unbind(1)
    step = spread.clamp(min=1e-6)
    hue = torch.where(
        high == red,
        (green - blue) / step % 6,
        torch.where(high == green, (blue - red) / step + 2, (red - green) / step + 4),
    )
    return torch.where(spread > 0, hue * 60, torch.zeros_like(hue))
