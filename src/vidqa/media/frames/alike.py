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


class Alike:
    """Compares frames with the last one that differed."""

    def __init__(self, parts: int = PARTS) -> None:
        """Divide frames into `parts` along each side."""
        self._parts = parts
        self._last: NDArray[np.int16] | None = None

    def is_like_last(self, pixels: NDArray[np.uint8]) -> bool:
        """Return whether no part of a frame changed; one that did becomes the last one."""
        means = self._means(pixels)
        last = self._last
        if last is not None and int(np.abs(means - last).max()) < LEVELS:
            return True
        self._last = means
        return False

    def _means(self, pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
        """Return the mean colour of each part of a frame, (parts, parts, 3)."""
        small = Image.fromarray(pixels).resize((self._parts, self._parts), Image.Resampling.BOX)
        return np.asarray(small).astype(np.int16)


def without_alike(frames: Generator[Frame | FrameReport]) -> Generator[Frame | FrameReport]:
    """Pass on the frames that do not look like the last one passed on, and the report."""
    alike = Alike()
    with closing(frames):
        for item in frames:
            if not (isinstance(item, Frame) and alike.is_like_last(item.pixels)):
                yield item
