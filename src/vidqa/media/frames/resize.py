"""Turn a decoded frame into an upright RGB picture of the requested size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

REDUCING_GAP = 2.0
"""Multiple of the requested size to which large pictures are averaged before resampling: in half
the time, within one level of Pillow's full bicubic in the mean, sixteen at hard edges."""

Size = tuple[int, int]
"""Width and height in pixels."""


def picture(frame: Any, rotation_deg: int, size: Size) -> NDArray[np.uint8]:
    """Return the RGB pixels of a PyAV frame, upright and resized, shape (height, width, 3)."""
    return resized(upright(frame.to_ndarray(format="rgb24"), rotation_deg), size)


def upright(pixels: NDArray[np.uint8], rotation_deg: int) -> NDArray[np.uint8]:
    """Rotate a picture counter-clockwise by a multiple of 90 degrees."""
    return np.ascontiguousarray(np.rot90(pixels, rotation_deg // 90)) if rotation_deg else pixels


def resized(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Resize a picture to exactly `size` (bicubic); one of that size is returned as it is."""
    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    image = Image.fromarray(pixels)
    small = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)
    return np.array(small)  # a copy: Pillow's own memory may not be written to
