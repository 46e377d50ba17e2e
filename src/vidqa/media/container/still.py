"""Read a single picture as a clip of one frame."""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from vidqa.errors import NotAVideoError
from vidqa.media.container.open_media import quoted
from vidqa.types.media_info import VideoInfo

SHOWN_S = 0.04
"""Seconds that a picture lasts as a clip: one frame at 25 per second."""


def describe_picture(path: Path, container: str) -> VideoInfo:
    """Describe a picture. Raises NotAVideoError as `read_picture` does."""
    pixels = read_picture(path)
    height, width = pixels.shape[:2]
    with Image.open(path) as opened:
        codec = (opened.format or "unknown").lower()
    return VideoInfo(
        path=path,
        duration_s=SHOWN_S,
        width=width,
        height=height,
        codec=codec,
        container=container,
        rotation_deg=0,
        has_audio=False,
        kind="picture",
        size_bytes=path.stat().st_size,
        stated_frames=1,
    )


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return the RGB pixels of a picture, turned upright (Exif), shape (height, width, 3).

    Raises:
        NotAVideoError: it is damaged, far too large, or in a format that is not read here.

    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                return np.array(ImageOps.exif_transpose(opened).convert("RGB"))
    except UnidentifiedImageError as error:
        raise NotAVideoError(
            f"{quoted(path)} is a picture in a format that is not read here (HEIC is one)",
            hint="save it as JPEG, PNG or WebP",
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAVideoError(f"{quoted(path)} is too large a picture: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's words for damage
        raise NotAVideoError(f"{quoted(path)} is a damaged picture: {error}") from error
