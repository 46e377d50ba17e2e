"""What an index holds of a clip."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vidqa.engine.finding.sentences import Sentences
from vidqa.engine.finding.texts import Vectors, texts_in
from vidqa.engine.summaries.windows import Window
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
) -> Entry:
    """Return the windows of a clip with what they mean, if something compares that."""
    vectors: list[Vectors] = [
        {} if sentences is None else sentences.texts(texts_in(window, cues, caption))
        for window, caption in zip(windows, captions, strict=True)
    ]
    return Entry(windows, captions, vectors, None if sentences is None else sentences.key)


def stamp_of(path: Path) -> Stamp | None:
    """Return size and time of change of a file; None if it cannot be reached."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns
