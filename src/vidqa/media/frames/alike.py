"""Leave out frames that look like the one before them."""

from collections.abc import Generator
from contextlib import closing

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vidqa.media.frames.read import FrameReport
from vidqa.types import Frame

PARTS = 16
"""Parts that a frame is divided into, along its width and along its height."""
LEVELS = 8
"""Of 256: a part whose mean colour changes by so much looks different. Noise and compression stay
below; an object or a line of text that comes or goes does not."""


def without_alike(frames: Generator[Frame | FrameReport]) -> Generator[Frame | FrameReport]:
    """Pass on the frames that do not look like the last one passed on, and the report."""
    last: NDArray[np.int16] | None = None
    with closing(frames):
        for item in frames:
            if isinstance(item, Frame):
                parts = _parts(item.pixels)
                if last is not None and int(np.abs(parts - last).max()) < LEVELS:
                    continue
                last = parts
            yield item


def _parts(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the mean colour of each part of a frame, (PARTS, PARTS, 3)."""
    small = Image.fromarray(pixels).resize((PARTS, PARTS), Image.Resampling.BOX)
    return np.asarray(small).astype(np.int16)
