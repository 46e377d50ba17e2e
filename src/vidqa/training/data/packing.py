"""Lessons as one batch: a clip is read once for all the questions about it.

A row is the clip's prefix and then, one behind the other, questions with their answers. Each of
them sees the prefix and itself, and stands at the places it would have if it were alone; so the
losses are those of as many rows of their own, and the prefix is computed once.

Letters in shapes: B rows, T tokens of a row, I images, P places of an image, D width of the tower.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from vidqa.training.data.samples import Lesson

UNSCORED = -100
"""A label that no loss is computed for."""
PREFIX, PADDING = 0, -1
"""Parts of a row; questions with their answers are counted from 1."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows padded to the longest of them."""

    input_ids: Tensor
    """(B, T)"""
    position_ids: Tensor
    """(B, T): every question follows the prefix at once."""
    attention_mask: Tensor
    """(B, 1, T, T): which place sees which."""
    labels: Tensor
    """(B, T), -100 but on the answers; not shifted."""
    places: Tensor
    """(I, P, D), of all rows in reading order."""

    def to(self, device: torch.device) -> dict[str, Tensor]:
        """The tensors by name, on a device."""
        return {field.name: getattr(self, field.name).to(device) for field in fields(self)}


def pack(lessons: Sequence[Lesson], *, pad_id: int) -> Batch:
    """Lay lessons out as one batch.

    Args:
        lessons: at least one, each with at least one exchange.
        pad_id: any token; it is neither seen nor scored.

    """
    rows = [_row(lesson) for lesson in lessons]
    length = max(len(row.ids) for row in rows)
    part = torch.tensor([row.part + [PADDING] * (length - len(row.part)) for row in rows])  # (B, T)
    return Batch(
        input_ids=_padded([row.ids for row in rows], length, pad_id),
        position_ids=_padded([row.positions for row in rows], length, 0),
        attention_mask=_sight(part),
        labels=_padded([row.labels for row in rows], length, UNSCORED),
        places=torch.cat([lesson.places for lesson in lessons]),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    ids: list[int]
    positions: list[int]
    part: list[int]
    labels: list[int]


def _row(lesson: Lesson) -> _Row:
    assert lesson.exchanges, "a lesson asks something"
    start = len(lesson.prefix_ids)
    row = _Row(list(lesson.prefix_ids), list(range(start)), [PREFIX] * start, [UNSCORED] * start)
    for number, exchange in enumerate(lesson.exchanges, 1):
        ids = [*exchange.question_ids, *exchange.answer_ids]
        row.ids.extend(ids)
        row.positions.extend(range(start, start + len(ids)))
        row.part.extend([number] * len(ids))
        row.labels.extend([UNSCORED] * len(exchange.question_ids))
        row.labels.extend(exchange.answer_ids)
    return row


def _sight(part: Tensor) -> Tensor:
    """(B, T) to (B, 1, T, T): everything sees what is before it in its part and in the prefix."""
    length = part.shape[1]
    earlier = torch.ones(length, length, dtype=torch.bool).tril()
    same = part.unsqueeze(2) == part.unsqueeze(1)  # (B, T, T)
    prefix = (part == PREFIX).unsqueeze(1)  # (B, 1, T)
    return ((same | prefix) & earlier).unsqueeze(1)  # padding sees itself: no row may be empty


def _padded(rows: Sequence[list[int]], length: int, value: int) -> Tensor:
    return torch.tensor([row + [value] * (length - len(row)) for row in rows])
