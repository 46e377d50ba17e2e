"""Grey pictures, which stand in for frames that are not shown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GREY = 127
"""Pixel value, of 255."""


def grey(shape: Sequence[int]) -> NDArray[np.uint8]:
    """Return a blank frame (height, width, 3)."""
    return np.full(tuple(shape), GREY, dtype=np.uint8)
