"""The texts of a window, by which it is found."""

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vidqa.engine.summaries.windows import Window, shown_in
from vidqa.types import Cue

Kind = Literal["said", "read", "seen"]
"""Where a text comes from: the words, the text in the pictures, or a caption of the pictures."""
KINDS: tuple[Kind, ...] = ("said", "read", "seen")
Texts = Mapping[Kind, str]
Compared = Kind | Literal["shown"]
"""What is compared by its meaning: a text, or the pictures themselves."""
Vectors = Mapping[Compared, NDArray[np.float32]]
"""What texts and pictures mean, (pieces, width) each."""


def texts_in(window: Window, cues: Iterable[Cue], caption: str) -> Texts:
    """Return what is said, read and seen in a window."""
    here = shown_in(window, cues)
    return {
        "said": " ".join(cue.text for cue in here if not cue.on_screen),
        "read": " ".join(cue.text for cue in here if cue.on_screen),
        "seen": caption,
    }
