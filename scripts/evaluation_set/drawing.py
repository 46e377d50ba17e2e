"""Draw clips: pictures that move a little, patterns that show nothing, subtitles beside them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 320, 240
FRAMES_PER_SECOND = 8
SHOT_S = 3.0
RGB = {
    "black": (12, 12, 12),
    "white": (245, 245, 245),
    "grey": (128, 128, 128),
    "red": (200, 25, 30),
    "orange": (245, 140, 20),
    "yellow": (245, 220, 40),
    "green": (40, 150, 60),
    "blue": (35, 80, 200),
    "purple": (125, 50, 165),
    "pink": (250, 150, 185),
    "brown": (110, 70, 35),
}
"""What everybody would call by these names."""
MOVES = {
    "from left to right": ((0.2, 0.5), (0.8, 0.5)),
    "from right to left": ((0.8, 0.5), (0.2, 0.5)),
    "up": ((0.5, 0.8), (0.5, 0.2)),
    "down": ((0.5, 0.2), (0.5, 0.8)),
}
"""Where the middle of a thing is at the start and at the end, as shares of the picture."""
STILL = ((0.5, 0.5), (0.5, 0.5))


@dataclass(frozen=True)
class Shot:
    """One picture for some seconds."""

    picture: Image.Image
    is_cut_out: bool
    background: tuple[int, int, int] = (225, 225, 220)
    size: float = 0.85
    """Of what fits."""
    path: tuple[tuple[float, float], tuple[float, float]] = STILL
    growth: float = 1.1


def frames_of(shot: Shot) -> Iterator[Image.Image]:
    """The shot's frames."""
    count = round(SHOT_S * FRAMES_PER_SECOND)
    for number in range(count):
        part = number / (count - 1)
        if shot.is_cut_out:
            yield _placed(shot, part)
        else:
            yield _zoomed(shot.picture, 1 + (shot.growth - 1) * part)


def _placed(shot: Shot, part: float) -> Image.Image:
    (x0, y0), (x1, y1) = shot.path
    thing = shot.picture.convert("RGBA")
    fitting = min(WIDTH / thing.width, HEIGHT / thing.height)
    scale = fitting * shot.size * (1 + (shot.growth - 1) * part) / shot.growth
    thing = thing.resize((max(1, int(thing.width * scale)), max(1, int(thing.height * scale))))
    frame = Image.new("RGB", (WIDTH, HEIGHT), shot.background)
    left = int((x0 + part * (x1 - x0)) * WIDTH - thing.width / 2)
    top = int((y0 + part * (y1 - y0)) * HEIGHT - thing.height / 2)
    frame.paste(thing, (left, top), thing)
    return frame


def _zoomed(photo: Image.Image, scale: float) -> Image.Image:
    fitting = max(WIDTH / photo.width, HEIGHT / photo.height) * scale
    grown = photo.convert("RGB").resize((int(photo.width * fitting), int(photo.height * fitting)))
    left, top = (grown.width - WIDTH) // 2, (grown.height - HEIGHT) // 2
    return grown.crop((left, top, left + WIDTH, top + HEIGHT))


def nothing(chance: random.Random) -> Iterator[Image.Image]:
    """A moving pattern in which nobody would recognise a thing."""
    numbers = np.random.default_rng(chance.getrandbits(32))
    kind = chance.choice(["haze", "snow", "discs", "ramp", "night", "weave"])
    tint = numbers.integers(30, 226, 3)
    field = numbers.normal(size=(12, 16, 3))
    for number in range(round(SHOT_S * FRAMES_PER_SECOND)):
        yield _pattern(kind, number, tint, field, numbers)


def _pattern(
    kind: str,
    number: int,
    tint: NDArray[np.int64],
    field: NDArray[np.float64],
    numbers: np.random.Generator,
) -> Image.Image:
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH]
    if kind == "haze":
        small = np.clip(tint + 25 * np.roll(field, number // 4, axis=1), 0, 255).astype(np.uint8)
        grown = Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        return grown.filter(ImageFilter.GaussianBlur(9))
    if kind == "discs":
        frame = Image.new("RGB", (WIDTH, HEIGHT), tuple(int(c) // 3 for c in tint))
        draw = ImageDraw.Draw(frame)
        for row in range(6):
            x, y = (row * 61 + 3 * number) % WIDTH, (row * 97) % HEIGHT
            draw.ellipse((x - 30, y - 30, x + 30, y + 30), tuple(int(c) for c in tint))
        return frame.filter(ImageFilter.GaussianBlur(18))
    if kind == "snow":
        pixels = numbers.integers(0, 256, (HEIGHT, WIDTH, 1)).repeat(3, axis=2)
    elif kind == "ramp":
        pixels = tint * ((xs + 5 * number) % WIDTH / WIDTH)[..., None]
    elif kind == "night":
        pixels = np.clip(numbers.normal(10, 5, (HEIGHT, WIDTH, 3)), 0, 255)
    else:
        wave = np.sin(xs / 7 + number / 3) * np.sin(ys / 5) * 0.5 + 0.5
        pixels = tint * wave[..., None]
    return Image.fromarray(pixels.astype(np.uint8))


def write_clip(file: Path, frames: Iterator[Image.Image]) -> None:
    """Encode frames as H.264."""
    with av.open(file, "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        stream.codec_context.time_base = Fraction(1, FRAMES_PER_SECOND)
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(image)))
        container.mux(stream.encode())


def write_words(file: Path, lines: Sequence[str], *, duration_s: float) -> None:
    """Write lines as SubRip, spread over the clip."""
    each = duration_s / len(lines)
    cues = [
        f"{number}\n{_time(each * (number - 0.9))} --> {_time(each * number)}\n{line}\n"
        for number, line in enumerate(lines, 1)
    ]
    file.write_text("\n".join(cues), encoding="utf-8")


def _time(seconds: float) -> str:
    whole, part = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{part:03}"
