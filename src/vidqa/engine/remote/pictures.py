"""Frames as they are sent: as JPEG files."""

import base64
import io
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vidqa.types.grey import grey
from vidqa.types.media_info import VideoInfo

QUALITY = 90
"""Of JPEG, up to 95."""
MOST_PIXELS = 262_144
"""Pixels of a frame at most, where a model's own number is not known: 512 x 512."""


class SentFrames:
    """The frames of one clip, as JPEG files."""

    def __init__(self) -> None:
        self.files: list[bytes] = []
        self._shapes: list[tuple[int, ...]] = []

    def push(self, pixels: NDArray[np.uint8]) -> None:
        """Add a frame, (height, width, 3)."""
        written = io.BytesIO()
        Image.fromarray(pixels).save(written, "JPEG", quality=QUALITY)
        self.files.append(written.getvalue())
        self._shapes.append(pixels.shape)

    def flush(self) -> None:
        """Do nothing: no frame waits."""

    def joined(self, parts: Sequence[tuple["SentFrames", Sequence[int]]]) -> "SentFrames":
        """Return frames that others took; of each of them those with the numbers."""
        whole = SentFrames()
        for one, numbers in parts:
            whole.files += [one.files[number] for number in numbers]
            whole._shapes += [one._shapes[number] for number in numbers]
        return whole

    def blanked(self) -> "SentFrames":
        """Return as many grey frames of the same sizes."""
        blank = SentFrames()
        for shape in dict.fromkeys(self._shapes):
            blank.push(grey(shape))
        return blank.joined([(blank, [blank._shapes.index(shape) for shape in self._shapes])])

    def urls(self) -> list[str]:
        """Return each frame as a data URL."""
        return [f"data:image/jpeg;base64,{base64.b64encode(one).decode()}" for one in self.files]


def size_within(info: VideoInfo, most_pixels: int) -> tuple[int, int]:
    """Return the width and height of a clip's frames, even, with at most so many pixels."""
    width, height = max(1, info.display_width), max(1, info.height)
    shrunk = min(1.0, math.sqrt(most_pixels / (width * height)))
    return _even(shrunk * width), _even(shrunk * height)


def _even(side: float) -> int:
    return max(2, int(side) // 2 * 2)


def most_pixels(image_kwargs: Mapping[str, object]) -> int:
    """Return how many pixels of a frame a family's models look at, if its settings say so."""
    size = image_kwargs.get("size")
    longest = size.get("longest_edge") if isinstance(size, Mapping) else None
    return longest if isinstance(longest, int) else MOST_PIXELS
