"""One picture of all frames of a clip that a model looks at, the words of each below it."""

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

from PIL import Image, ImageDraw

from vidqa.tasks.preview.font import Lettering
from vidqa.types import Frame, Segment
from vidqa.types.clock import clock

LARGEST_THUMBNAIL = (320, 320)
"""Width and height in pixels that every frame is fitted into."""

WIDEST = 3840
"""A sheet of many frames has smaller ones."""

NARROWEST_THUMBNAIL = 120
"""In pixels: below, nothing can be seen."""

SHAPE = 1.5
"""Width over height that a sheet should have, so that it fits a screen."""

FONT_SIZE = 14
LINE_HEIGHT = 18
MOST_LINES = 3
"""Of words below a frame; the time is above them."""
GAP = 8

PAPER, INK, GREY = (250, 250, 250), (20, 20, 20), (90, 90, 90)
Grid = tuple[int, int, int]
"""Columns, width and height of a cell."""


class ContactSheet:
    """Collects frames as they come, then draws them all."""

    def __init__(self, font: Path | None = None) -> None:
        """Of the argument see `Lettering`."""
        self._lettering = Lettering(FONT_SIZE, font)
        self._thumbnails: list[Image.Image] = []

    def add(self, frame: Frame) -> None:
        """Take one more frame; a small copy of it is kept."""
        thumbnail = Image.fromarray(frame.pixels)
        thumbnail.thumbnail(LARGEST_THUMBNAIL, Image.Resampling.BICUBIC)
        self._thumbnails.append(thumbnail)

    def draw(self, segments: Sequence[Segment]) -> Image.Image:
        """The sheet, RGB.

        Args:
            segments: time and words of each frame, in the order they came; at least one.

        """
        assert len(segments) == len(self._thumbnails) > 0, "one segment a frame"
        columns, width, height = self._grid()
        texts = [self._lettering.lines(one.text, width, MOST_LINES) for one in segments]
        below = LINE_HEIGHT * (1 + max(map(len, texts)))
        rows = ceil(len(segments) / columns)
        size = (columns * (width + GAP) + GAP, rows * (height + below + GAP) + GAP)
        sheet = Image.new("RGB", size, PAPER)
        for index, (segment, text) in enumerate(zip(segments, texts, strict=True)):
            x = GAP + index % columns * (width + GAP)
            y = GAP + index // columns * (height + below + GAP)
            sheet.paste(self._fitted(index, width, height), (x, y))
            self._write(sheet, (x, y + height), [clock(segment.time_s, 3), *text])
        return sheet

    def complaints(self) -> tuple[str, ...]:
        """What could not be written on the sheet as it is."""
        return self._lettering.complaints()

    def _grid(self) -> Grid:
        """As many columns as give the sheet its shape."""
        width = max(one.width for one in self._thumbnails)
        height = max(one.height for one in self._thumbnails)
        cell = (height + LINE_HEIGHT * 2 + GAP) / (max(width, NARROWEST_THUMBNAIL) + GAP)
        count = len(self._thumbnails)
        columns = min(count, max(1, round(sqrt(count * SHAPE * cell))))
        room = max(NARROWEST_THUMBNAIL, WIDEST // columns - GAP)
        if room < width:
            width, height = room, ceil(height * room / width)
        return columns, max(width, NARROWEST_THUMBNAIL), height

    def _fitted(self, index: int, width: int, height: int) -> Image.Image:
        thumbnail = self._thumbnails[index]
        if thumbnail.width > width or thumbnail.height > height:
            thumbnail.thumbnail((width, height), Image.Resampling.BICUBIC)
        return thumbnail

    def _write(self, sheet: Image.Image, place: tuple[int, int], lines: Sequence[str]) -> None:
        brush, (x, y) = ImageDraw.Draw(sheet), place
        for number, line in enumerate(lines):
            ink = GREY if number else INK
            brush.text((x, y + 2 + number * LINE_HEIGHT), line, ink, self._lettering.font)
