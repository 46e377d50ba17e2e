"""A contact sheet: one picture of all frames that a model sees, with the words below each."""

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

from PIL import Image, ImageDraw

from vidqa.tasks.preview.font import Lettering
from vidqa.types import Frame, Segment
from vidqa.types.clock import clock

LARGEST_THUMBNAIL = (320, 320)
"""Pixels of width and height that every frame is fitted into."""

WIDEST = 3840
"""Pixels of a sheet's width, at most; with many frames, each is drawn smaller."""

NARROWEST_THUMBNAIL = 120
"""Pixels of a frame's width, at least: below, nothing can be recognized."""

SHAPE = 1.5
"""Width over height of a sheet, so that it fits a screen."""

FONT_SIZE = 14
LINE_HEIGHT = 18
MOST_LINES = 3
"""Lines of words below a frame and its time, at most."""
GAP = 8

PAPER, INK, GREY = (250, 250, 250), (20, 20, 20), (90, 90, 90)
Grid = tuple[int, int, int]
"""Number of columns, and width and height of a cell in pixels."""


class ContactSheet:
    """A sheet that collects frames as they come, then draws them all."""

    def __init__(self, font: Path | None = None) -> None:
        """Start an empty sheet. For `font` see `Lettering`."""
        self._lettering = Lettering(FONT_SIZE, font)
        self._thumbnails: list[Image.Image] = []

    def add(self, frame: Frame) -> None:
        """Add a frame; a small copy of it is stored."""
        thumbnail = Image.fromarray(frame.pixels)
        thumbnail.thumbnail(LARGEST_THUMBNAIL, Image.Resampling.BICUBIC)
        self._thumbnails.append(thumbnail)

    def draw(self, segments: Sequence[Segment]) -> Image.Image:
        """Draw the sheet, RGB.

        Args:
            segments: time and words of each frame, in the order of `add`; at least one.

        """
        assert len(segments) == len(self._thumbnails) > 0, "one segment a frame"
        columns, width, height = self._grid()
        texts = [self._lettering.lines(one.every_text, width, MOST_LINES) for one in segments]
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
        """Return warnings about words that the font could not write."""
        return self._lettering.complaints()

    def _grid(self) -> Grid:
        """Choose the number of columns that gives the sheet its shape."""
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
