"""Indexes of made-up clips: files of a few bytes, and words that somebody wrote down."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from vidqa.engine.finding.cut import cut
from vidqa.engine.summaries.windows import Window
from vidqa.tasks.index.entries import Entry, Vectors, stamp_of
from vidqa.tasks.index.library import Library
from vidqa.types import Cue, Words

HEARD = '{"speech": "nobody"}'


def said(*texts: str, every_s: float = 10.0, begin_s: float = 0.0) -> tuple[Cue, ...]:
    """Sentences, one after the other."""
    return tuple(
        Cue(begin_s + number * every_s, begin_s + (number + 0.9) * every_s, text)
        for number, text in enumerate(texts)
    )


def read(at_s: float, text: str) -> Cue:
    """A text on the screen."""
    return Cue(at_s, at_s + 5, text, on_screen=True)


def shelve(
    library: Library,
    path: Path,
    cues: Sequence[Cue],
    *,
    duration_s: float | None = None,
    captions: Mapping[int, str] | None = None,
    vectors: Sequence[Vectors] | None = None,
    compared: str | None = None,
) -> tuple[Window, ...]:
    """Put a made-up clip into an index; returns its windows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.fsencode(path.name))
    lasts_s = duration_s or max((cue.end_s for cue in cues), default=10.0)
    windows = cut(lasts_s, cues)
    encoded = vectors or [{}] * len(windows)
    none = [""] * len(windows)
    stamp = stamp_of(path)
    assert stamp is not None
    content = library.add(
        (path, stamp),
        (f"v1:{path.name!a}", None),
        HEARD,
        Words("speech", tuple(cues)),
        lasts_s,
        Entry(windows, none, encoded, compared),
    )
    if captions is not None:
        texts = [captions.get(number, "") for number in range(len(windows))]
        library.replace(content, Entry(windows, texts, encoded, compared), seen="seen")
    return windows


def files(library: Library) -> dict[int, list[Path]]:
    """All files, by their contents."""
    found = dict[int, list[Path]]()
    for place in library.places():
        found.setdefault(place.content, []).append(place.path)
    return found


def row(*numbers: float) -> np.ndarray:
    """A text's vector of length 1, (1, width)."""
    vector = np.array(numbers, np.float32)
    return (vector / np.linalg.norm(vector))[None]
