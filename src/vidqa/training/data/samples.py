"""What is learned from: a watched clip, and questions about it with their answers.

Letters in shapes: F frames, P places of a frame, D width of the tower, T tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question behind a clip, and the answer to it."""

    question_ids: Sequence[int]
    """Of the question and of what closes the turn."""
    answer_ids: Sequence[int]
    """Of the answer, its end included."""

    def __post_init__(self) -> None:
        if not self.question_ids or not self.answer_ids:
            raise ValueError("Exchange: question_ids and answer_ids must not be empty")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One clip and everything that is asked about it."""

    places: Tensor
    """(F, P, D): what the tower says of every frame that is shown."""
    prefix_ids: Sequence[int]
    """(T,): the clip's part of the prompt, with a placeholder for every visual token."""
    exchanges: Sequence[Exchange]


class Lessons(Protocol):
    """Lessons by number; the same number is always the same lesson."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Lesson: ...
