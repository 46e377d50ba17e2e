"""What an index holds of a clip."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidqa.engine.finding.sentences import Sentences
from vidqa.engine.finding.texts import Vectors, texts_in
from vidqa.engine.summaries.windows import Window
from vidqa.media.viewing import Viewing
from vidqa.models.summary_form import SummaryForm
from vidqa.types import Cue

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


def entry_of(
    sentences: Sentences | None,
    windows: Sequence[Window],
    cues: Sequence[Cue],
    captions: Sequence[str],
    shown: Mapping[Window, NDArray[np.float32]] | None = None,
) -> Entry:
    """Return the windows of a clip with what they mean, if something compares that.

    Args:
        sentences: what compares; None if nothing does.
        windows: all of the clip.
        cues: all its words.
        captions: of each window.
        shown: what the pictures of windows mean, (pictures, width) each, where that is known.

    """
    vectors: list[Vectors] = [
        {}
        if sentences is None
        else {
            **sentences.texts(texts_in(window, cues, caption)),
            **({"shown": shown[window]} if shown and window in shown else {}),
        }
        for window, caption in zip(windows, captions, strict=True)
    ]
    return Entry(windows, captions, vectors, None if sentences is None else sentences.key)


def seen_with(
    model: str, revision: str, viewing: Viewing, form: SummaryForm, sentences: Sentences | None
) -> str:
    """Return all that what is seen depends on, as JSON."""
    how = {"model": model, "revision": revision, "frames": viewing.frames, "asked": form.caption}
    compared = sentences is not None and sentences.sees
    return json.dumps({**how, "compared": sentences.key} if compared and sentences else how)


def without_pictures(seen: str | None) -> str | None:
    """Return what captions depend on, where pictures are not compared any more."""
    if seen is None:
        return None
    return json.dumps({name: one for name, one in json.loads(seen).items() if name != "compared"})


def stamp_of(path: Path) -> Stamp | None:
    """Return size and time of change of a file; None if it cannot be reached."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns
