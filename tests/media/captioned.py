"""Pictures and films with text in them."""

from pathlib import Path

import av
import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FONT = Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
SIZE = 640, 360
RATE = 2

Pixels = NDArray[np.uint8]


def drawn(*rows: str) -> Pixels:
    """A picture with rows of text."""
    picture = Image.new("RGB", SIZE, (30, 60, 90))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(FONT), 26)
    for number, row in enumerate(rows):
        draw.text((30, 30 + number * 50), row, font=font, fill=(255, 255, 255))
    return np.asarray(picture)


def captioned(path: Path, *scenes: tuple[int, str]) -> Path:
    """A film of scenes of so many seconds, each with its text."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for seconds, text in scenes:
            pixels = drawn(*filter(None, [text]))
            for _ in range(RATE * seconds):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        out.mux(stream.encode(None))
    return path
