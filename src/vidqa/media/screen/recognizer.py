"""Read the text in one picture with PP-OCRv6 (small), whose weights come in the package rapidocr.

It reads Chinese, English and other languages in Latin letters.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from vidqa.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

READ_BY = "PP-OCRv6 small"
"""The name of what reads."""

SIDE = 960
"""Pixels of the longer side at which pictures are read."""

SURE = 0.9
"""Mean probability of a line's letters below which the line is not told."""

WEIGHTS = {
    "Det.model_path": "PP-OCRv6_det_small.onnx",
    "Rec.model_path": "PP-OCRv6_rec_small.onnx",
}
"""Named, so that none is looked for in the network."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text in a picture, and where it stands: in parts of the picture's sides."""

    text: str
    """Without line breaks, never empty."""
    score: float
    """Mean probability of its letters."""
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Height of the line, as a part of the picture's."""
        return self.bottom - self.top

    def overlaps(self, other: "TextLine") -> bool:
        """Return whether two lines share a place."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def is_below(self, other: "TextLine") -> bool:
        """Return whether it continues another line: right below it, of about its size."""
        gap = self.top - other.bottom
        tall, small = max(self.height, other.height), min(self.height, other.height)
        beside = self.left < other.right and other.left < self.right
        return beside and -tall / 2 <= gap <= tall and 2 * small >= tall


class TextRecognizer:
    """A reader of pictures; each of its two networks is loaded when it is first needed."""

    def __init__(self) -> None:
        """Find the networks.

        Raises:
            UsageError: rapidocr is not installed, or does not load.

        """
        try:
            import rapidocr
        except (ImportError, OSError) as error:
            raise UsageError(
                f"text in pictures is read with rapidocr, which does not load: {error}",
                hint="vidqa doctor; or --screen-text off",
            ) from error
        self._reading = Lock()  # frame after frame: each takes all the cores there are
        folder = Path(rapidocr.__file__).parent / "models"
        self._read: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,  # text upside down is rare, short lines get turned
                "Global.text_score": SURE,
                "Global.max_side_len": SIDE,
                "Det.limit_side_len": SIDE,
                "Det.limit_type": "max",
                **{name: str(folder / file) for name, file in WEIGHTS.items()},
            }
        )

    def lines(self, pixels: "NDArray[np.uint8]") -> tuple[TextLine, ...]:
        """Return the lines that are read surely, from top to bottom.

        Args:
            pixels: RGB, upright, shape (height, width, 3).

        """
        with self._reading:
            found = self._read(pixels[:, :, ::-1])
        if not getattr(found, "txts", None):
            return ()
        height, width = pixels.shape[:2]
        corners = found.boxes / (width, height)  # (lines, 4, 2)
        return tuple(
            TextLine(text, float(score), *map(float, (*box.min(0), *box.max(0))))
            for text, score, box in zip(
                map(_one_line, found.txts), found.scores, corners, strict=True
            )
            if text
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def text_recognizer() -> TextRecognizer:
    """Return the one that all share: it takes a second to load, and 200 MB.

    Raises:
        UsageError: as making one does.

    """
    with _making:
        return _made()


@lru_cache(maxsize=1)
def _made() -> TextRecognizer:
    return TextRecognizer()


_making = Lock()
"""Two threads that ask at once would make two."""
