"""Training samples: the features of a clip, and questions about it with their answers.

Letters in shapes: F frames, P patches of a frame, D width of the tower, T tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that follows a clip, and the answer to it."""

    question_ids: Sequence[int]
    """Token ids of the question and of what closes the turn."""
    answer_ids: Sequence[int]
    """Token ids of the answer, its end token included."""

    def __post_init__(self) -> None:
        if not self.question_ids or not self.answer_ids:
            raise ValueError("Exchange: question_ids and answer_ids must not be empty")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One clip and all questions about it."""

    places: Tensor
    """(F, P, D): the tower's features of every frame shown."""
    prefix_ids: Sequence[int]
    """(T,): token ids of the clip's part of the prompt, one placeholder per visual token."""
    exchanges: Sequence[Exchange]


class Lessons(Protocol):
    """A sequence of lessons; the same number is always the same lesson."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Lesson: ...
