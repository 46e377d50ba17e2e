"""How much of the text in the pictures of clips is read, how rightly, and at which times.

    python benchmarks/screen_text.py > benchmarks/results/screen-text-cpu.json

Clips are made by chance from a seed: captions over moving pictures, slides with a title and points,
and pictures without text; of four sizes. A caption or a line counts as found if a cue at its time
is most like it; the rate of wrong characters is the edit distance by the length of the true text,
and 1 for what is not found. Times are compared at both ends. Intervals of 95 % resample clips.
"""

import argparse
import datetime
import json
import os
import platform
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from vidqa.media.reader import Reader
from vidqa.media.screen.look import ScreenReader
from vidqa.types import Cue

SIZES = ((426, 240), (854, 480), (1280, 720), (1920, 1080))
RATE = 10
CLIPS = 3
"""Clips of each kind and size."""
FOUND = 0.5
"""Likeness from which a cue tells a line, rightly or not."""
DRAWS = 4000
PAPER, INK, BLACK, WHITE = (246, 244, 238), (30, 30, 50), (0, 0, 0), (255, 255, 255)

WHO = (
    "the old ferryman", "our second guest", "a young engineer", "Mrs Abernathy", "nobody here",
    "der Bürgermeister", "la directrice", "the night shift", "Dr. Quinn", "the whole village",
)  # fmt: skip
DOES = (
    "measures the depth of", "has painted", "would rather sell", "räumt im März", "a vu hier",
    "never forgot", "carries 24 boxes to", "opens at 9:30", "asks for", "rebuilds",
)  # fmt: skip
WHAT = (
    "the harbour wall.", "three bicycles!", "a quiet garden?", "die große Brücke.", "room 118.",
    "le marché couvert.", "the last train to York.", "an honest answer.", "winter coats.",
    "half of the budget, 1,250 pounds.",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A line of text, when it is shown, and how."""

    text: str
    start_s: float
    end_s: float
    place: tuple[float, float]
    """Left edge and top, in parts of the frame."""
    height: float
    """Of the letters, as a part of the frame's height."""
    is_dark: bool = False
    """Whether it stands dark on a light slide, not light above a picture."""


def main() -> None:
    """Make the clips, read them, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.parse_args()
    print(json.dumps({**about(), **measured()}, indent=1))


def about() -> dict[str, Any]:
    """Return what was run, when, and on what."""
    return {
        "command": "python benchmarks/screen_text.py",
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "clips of each kind and size": CLIPS,
    }


def measured() -> dict[str, Any]:
    """Read clips of all kinds and sizes."""
    screen = ScreenReader(Reader())
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, make in KINDS.items():
            results[kind] = {
                f"{width}x{height}": figures(
                    [
                        read(screen, Path(folder), make, (width, height), f"{kind} {number}")
                        for number in range(CLIPS)
                    ]
                )
                for width, height in SIZES
            }
    return results


def read(
    screen: ScreenReader,
    folder: Path,
    make: Callable[[random.Random], list[Line]],
    size: tuple[int, int],
    seed: str,
) -> dict[str, Any]:
    """Make one clip, and compare what is read with what is written."""
    chance = random.Random(f"{seed} {size}")
    lines = make(chance)
    lasts_s = max((line.end_s for line in lines), default=12.0) + chance.random()
    path = folder / "clip.mp4"
    encode(path, drawn(lines, size, lasts_s, chance))
    begun = time.monotonic()
    cues = screen.read(path, "on").cues
    seconds = time.monotonic() - begun
    return {"lasts_s": lasts_s, "seconds": seconds, "cues": len(cues), **compared(lines, cues)}


def compared(lines: Sequence[Line], cues: Sequence[Cue]) -> dict[str, Any]:
    """Compare true lines with cues, of which one may hold several lines."""
    wrong, late, told = list[float](), list[float](), set[Cue]()
    for line in lines:
        near = [cue for cue in cues if cue.start_s < line.end_s and cue.end_s > line.start_s]
        best = min(near, key=lambda cue: within(line.text, cue.text), default=None)
        if best is None or within(line.text, best.text) > FOUND * len(line.text):
            wrong.append(1.0)
            continue
        told.add(best)
        wrong.append(within(line.text, best.text) / len(line.text))
        late += [abs(best.start_s - line.start_s), abs(best.end_s - line.end_s)]
    others = [cue for cue in cues if cue not in told]
    return {"wrong": wrong, "late": late, "others": [cue.text for cue in others]}


def within(text: str, longer: str) -> int:
    """Return the least edit distance of a text to any part of a longer one."""
    row = [0] * (len(longer) + 1)
    for number, letter in enumerate(text, start=1):
        before, row = row, [number]
        for place, other in enumerate(longer):
            row.append(min(before[place] + (letter != other), before[place + 1] + 1, row[-1] + 1))
    return min(row)


def figures(read: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sum up clips of one kind and size."""
    late = [one for clip in read for one in clip["late"]]
    told: dict[str, Any] = {}
    if any(clip["wrong"] for clip in read):
        told = {
            "lines": sum(len(clip["wrong"]) for clip in read),
            "found_percent": percent([[one < 1 for one in clip["wrong"]] for clip in read]),
            "wrong_characters_percent": percent([clip["wrong"] for clip in read]),
            "time_error_s": {
                "median": round(float(np.median(late)), 2),
                "most": round(max(late), 2),
            },
        }
    return {
        **told,
        "cues that tell no line": sum(len(clip["others"]) for clip in read),
        "seconds_a_second": round(
            sum(clip["seconds"] for clip in read) / sum(clip["lasts_s"] for clip in read), 2
        ),
    }


def percent(clips: Sequence[Sequence[float]]) -> dict[str, float]:
    """Return a mean over all lines in percent, with its interval over clips."""
    chance = np.random.default_rng(0)
    drawn = chance.integers(len(clips), size=(DRAWS, len(clips)))
    sums = np.array([sum(clip) for clip in clips])[drawn].sum(1)
    counts = np.array([len(clip) for clip in clips])[drawn].sum(1)
    low, high = np.percentile(100 * sums / counts, (2.5, 97.5))
    mean = 100 * sum(map(sum, clips)) / sum(map(len, clips))
    return {"mean": round(mean, 1), "low": round(float(low), 1), "high": round(float(high), 1)}


def captions(chance: random.Random) -> list[Line]:
    """Write captions below the picture, of one line or two, with breaks between them."""
    lines, now_s, height = list[Line](), chance.uniform(0, 2), chance.uniform(0.045, 0.065)
    for _ in range(6):
        lasts_s = chance.uniform(1.5, 4)
        rows = [sentence(chance) for _ in range(chance.choice((1, 1, 2)))]
        for number, row in enumerate(rows):
            top = 0.93 - (len(rows) - number) * 1.5 * height
            lines.append(Line(row, now_s, now_s + lasts_s, (0.08, top), height))
        now_s += lasts_s + chance.choice((0, 0, chance.uniform(0.5, 3)))
    return lines


def slides(chance: random.Random) -> list[Line]:
    """Write slides with a title and points, all shown at once."""
    lines, now_s = list[Line](), 0.0
    for _ in range(3):
        lasts_s = chance.uniform(5, 9)
        title = sentence(chance).rstrip(".!?").title()
        lines.append(Line(title, now_s, now_s + lasts_s, (0.07, 0.08), 0.06, is_dark=True))
        height = chance.uniform(0.03, 0.05)
        for number in range(chance.randint(3, 5)):
            place = (0.1, 0.25 + number * 0.13)
            text = sentence(chance)
            lines.append(Line(text, now_s, now_s + lasts_s, place, height, is_dark=True))
        now_s += lasts_s
    return lines


def nothing(chance: random.Random) -> list[Line]:
    """Write nothing."""
    return []


KINDS: Mapping[str, Callable[[random.Random], list[Line]]] = {
    "captions": captions,
    "slides": slides,
    "no text": nothing,
}


def sentence(chance: random.Random) -> str:
    """Write a sentence, in whatever languages."""
    text = f"{chance.choice(WHO)} {chance.choice(DOES)} {chance.choice(WHAT)}"
    return text[0].upper() + text[1:]


def drawn(
    lines: Sequence[Line], size: tuple[int, int], lasts_s: float, chance: random.Random
) -> Iterator[Image.Image]:
    """Draw frames: shapes that move or the ground of a slide, and the lines above them."""
    width, height = size
    colours = [tuple(chance.randrange(256) for _ in range(3)) for _ in range(8)]
    ways = [(chance.uniform(-1, 1), chance.uniform(-1, 1)) for _ in colours]
    face = chance.choice(("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf"))
    is_boxed = chance.random() < 0.5
    is_slide = bool(lines) and lines[0].is_dark
    for number in range(round(lasts_s * RATE)):
        now_s = number / RATE
        frame = Image.new("RGB", size, PAPER if is_slide else colours[0])
        draw = ImageDraw.Draw(frame)
        shapes = [] if is_slide else list(zip(colours[1:], ways[1:], strict=True))
        for place, (colour, way) in enumerate(shapes):
            x = width * ((0.13 * place + way[0] * now_s / 9) % 1)
            y = height * ((0.17 * place + way[1] * now_s / 9) % 1)
            side = height * (0.1 + 0.03 * place)
            (draw.ellipse if place % 2 else draw.rectangle)((x, y, x + side, y + side), fill=colour)
        if shapes:
            frame = frame.filter(ImageFilter.GaussianBlur(height / 300))
        draw = ImageDraw.Draw(frame)
        for line in lines:
            if line.start_s <= now_s < line.end_s:
                write(draw, line, size, face, is_boxed=is_boxed)
        yield frame


def write(
    draw: ImageDraw.ImageDraw, line: Line, size: tuple[int, int], face: str, *, is_boxed: bool
) -> None:
    """Write one line: dark on a slide, else white in a box or with an outline."""
    width, height = size
    letters = max(8, round(line.height * height))
    font = font_of(face, letters)
    while draw.textlength(line.text, font=font) > width * (0.97 - line.place[0]):
        letters -= 1
        font = font_of(face, letters)
    at = (line.place[0] * width, line.place[1] * height)
    if line.is_dark:
        draw.text(at, line.text, font=font, fill=INK)
    elif is_boxed:
        left, top, right, bottom = draw.textbbox(at, line.text, font=font)
        draw.rectangle((left - 6, top - 3, right + 6, bottom + 3), fill=BLACK)
        draw.text(at, line.text, font=font, fill=WHITE)
    else:
        edge = max(1, letters // 12)
        draw.text(at, line.text, font=font, fill=WHITE, stroke_width=edge, stroke_fill=BLACK)


@cache
def font_of(face: str, letters: int) -> ImageFont.FreeTypeFont:
    """Load a font that comes with matplotlib, of so many pixels."""
    return ImageFont.truetype(str(Path(get_data_path(), "fonts", "ttf", face)), letters)


def encode(path: Path, frames: Iterator[Image.Image]) -> None:
    """Write a clip as H.264."""
    with av.open(str(path), "w") as container:
        stream: Any = None
        for frame in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=RATE, options={"crf": "27"})
                stream.width, stream.height = frame.size
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
