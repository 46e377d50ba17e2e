"""A question about a long clip, and how it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from vidqa.engine.finding.passages import Passage
from vidqa.engine.summaries.piecewise import Piecewise
from vidqa.engine.watched_clip import WatchedClip
from vidqa.types import Notify
from vidqa.types.generation import GenerationSettings


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a long clip."""

    pieces: Piecewise
    question: str
    how: GenerationSettings
    notify: Notify | None
    passages: Sequence[Passage]
    """What is said and read in it."""

    @property
    def clip(self) -> WatchedClip:
        """The whole of it."""
        return self.pieces.clip
