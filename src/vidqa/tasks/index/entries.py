"""What an index holds of a clip."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vidqa.engine.summaries.windows import Window, shown_in
from vidqa.types import Cue

Kind = Literal["said", "read", "seen"]
"""Where a text comes from: the words, the text in the pictures, or a caption of the pictures."""
KINDS: tuple[Kind, ...] = ("said", "read", "seen")
Texts = Mapping[Kind, str]
Vectors = Mapping[Kind, NDArray[np.float32]]
"""What texts mean, (pieces, width) each."""
Stamp = tuple[int, int]
"""Size and time of change of a file, in bytes and nanoseconds, by which it is known again."""


@dataclass(frozen=True, slots=True)
class Known:
    """A clip of the index, by its content."""

    id: int
    fingerprint: str
    duration_s: float
    source: str
    seen: str | None
    """Settings that its captions depend on, as JSON; None if it has none."""
    compared: str | None
    """What its meanings were encoded with; None if they were not."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file of the index."""

    path: Path
    content: int
    stamp: Stamp
    """When its words were heard."""

    @property
    def is_same(self) -> bool:
        """Whether it is as it was then."""
        return stamp_of(self.path) == self.stamp


@dataclass(frozen=True, slots=True)
class Entry:
    """The windows of a clip, and what is known of each."""

    windows: Sequence[Window]
    captions: Sequence[str]
    """Empty where nothing was seen, or nobody looked."""
    vectors: Sequence[Vectors]
    compared: str | None
    """What encoded these; None if nothing did."""


def texts_in(window: Window, cues: Iterable[Cue], caption: str) -> Texts:
    """Return what is said, read and seen in a window."""
    here = shown_in(window, cues)
    return {
        "said": " ".join(cue.text for cue in here if not cue.on_screen),
        "read": " ".join(cue.text for cue in here if cue.on_screen),
        "seen": caption,
    }


def stamp_of(path: Path) -> Stamp | None:
    """Return size and time of change of a file; None if it cannot be reached."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns
