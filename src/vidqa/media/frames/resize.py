"""A decoded frame as the picture a person would see, at the size asked for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

REDUCING_GAP = 2.0
"""Large pictures are first averaged down to at least twice the size asked for, then resampled: at
half the time, within one level of Pillow's full bicubic in the mean, sixteen at hard edges."""

Size = tuple[int, int]
"""Width and height in pixels."""


def picture(frame: Any, rotation_deg: int, size: Size) -> NDArray[np.uint8]:
    """RGB pixels of a PyAV frame, upright and resized, shape (height, width, 3)."""
    return resized(upright(frame.to_ndarray(format="rgb24"), rotation_deg), size)


def upright(pixels: NDArray[np.uint8], rotation_deg: int) -> NDArray[np.uint8]:
    """Turn a picture counter-clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(pixels, rotation_deg // 90)) if rotation_deg else pixels


def resized(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Stretch or squash a picture with Pillow's bicubic; one of that size comes back as it is."""
    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    image = Image.fromarray(pixels)
    small = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)
    return np.array(small)  # a copy: Pillow's own memory may not be written to
