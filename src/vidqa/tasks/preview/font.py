"""Words on pictures: the letters that a font has, and line breaks."""

import unicodedata
from pathlib import Path

from PIL import ImageFont

from vidqa.errors import UsageError

Font = ImageFont.FreeTypeFont

NO_LETTER = "\uffff"
"""Character that no font has: Unicode never assigns it."""

MOST_LISTED = 8
"""Number of missing letters named in a warning."""


class Lettering:
    """A font at one size, and the letters that it could not write."""

    def __init__(self, size: int, file: Path | None = None) -> None:
        """Load a font from a file, or the one in Pillow, which has little beyond ASCII.

        Raises:
            UsageError: the file is not a font.

        """
        self.font = _font(size, file)
        self.missing: dict[str, None] = {}
        """Letters that were needed and are not in the font, in the order met."""
        self._placeholder = bytes(self.font.getmask(NO_LETTER))

    def lines(self, text: str, width: int, most: int) -> list[str]:
        """Break a text into at most `most` lines of `width` pixels; dots end a text that is cut."""
        lines, left = list[str](), self.writable(text)
        while left and len(lines) < most:
            line = self._fitting(left, width)
            left = left[len(line) :].lstrip()
            if left and len(lines) == most - 1:
                line = (
                    self._fitting(line.rstrip(), width - round(self.font.getlength("..."))) + "..."
                )
            lines.append(line.strip())
        return lines

    def writable(self, text: str) -> str:
        """Return a text in letters that the font has.

        A letter that it lacks is written without its accents, else as its number: `\\u4f60`.
        """
        return "".join(map(self._written, " ".join(text.split())))

    def has(self, letter: str) -> bool:
        """Return True if the font can write a letter."""
        return letter.isspace() or bytes(self.font.getmask(letter)) != self._placeholder

    def complaints(self) -> tuple[str, ...]:
        """Return a warning about missing letters, if there were any."""
        if not self.missing:
            return ()
        named = " ".join(list(self.missing)[:MOST_LISTED])
        more = " and others" if len(self.missing) > MOST_LISTED else ""
        return (f"the font lacks {named}{more}: on the sheet without accents, or as numbers",)

    def _written(self, letter: str) -> str:
        if self.has(letter):
            return letter
        self.missing[letter] = None
        bare = "".join(
            one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one)
        )
        if all(map(self.has, bare)):
            return bare
        return letter.encode("unicode_escape", "surrogatepass").decode("ascii")

    def _fitting(self, text: str, width: int) -> str:
        """Return the longest beginning that fits, up to a blank if any; at least one letter."""
        if self.font.getlength(text) <= width:
            return text
        low, high = 1, len(text)
        while high - low > 1:
            middle = (low + high) // 2
            if self.font.getlength(text[:middle]) <= width:
                low = middle
            else:
                high = middle
        end = text.rfind(" ", 0, low + 1)
        return text[: end if end > 0 else low]


def _font(size: int, file: Path | None) -> Font:
    if file is None:
        font = ImageFont.load_default(size)
        assert isinstance(font, Font), "Pillow's wheels have FreeType"
        return font
    try:
        return ImageFont.truetype(file, size)
    except OSError as error:
        raise UsageError(f"{str(file)!r} is not a font that can be read") from error
