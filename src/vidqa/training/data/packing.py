"""Pack lessons into one batch: a clip is prefilled once for all questions about it.

A row is the clip's prefix, followed by the questions with their answers. Each question attends to
the prefix and to itself, and has the positions that it would have alone; so the losses equal
those of separate rows, and the prefix is computed once.

Letters in shapes: B rows, T tokens of a row, I images, P patches of an image, D width of the tower.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from vidqa.training.data.samples import Lesson

UNSCORED = -100
"""Label of tokens without a loss."""
PREFIX, PADDING = 0, -1
"""Part numbers of tokens in a row; questions with their answers are counted from 1."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of rows, padded to the longest."""

    input_ids: Tensor
    """(B, T): token ids."""
    position_ids: Tensor
    """(B, T): positions; every question starts directly after the prefix."""
    attention_mask: Tensor
    """(B, 1, T, T): True where a token attends to another."""
    labels: Tensor
    """(B, T): token ids of the answers, -100 elsewhere; not shifted."""
    places: Tensor
    """(I, P, D): the tower's features of all rows' images, in reading order."""

    def to(self, device: torch.device) -> dict[str, Tensor]:
        """Return the tensors by name, on a device."""
        return {field.name: getattr(self, field.name).to(device) for field in fields(self)}


def pack(lessons: Sequence[Lesson], *, pad_id: int) -> Batch:
    """Pack lessons into one batch.

    Args:
        lessons: at least one, each with at least one exchange.
        pad_id: any token id; it is neither attended to nor scored.

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
    """Return the mask, (B, T) to (B, 1, T, T): causal within a part and over the prefix."""
    length = part.shape[1]
    earlier = torch.ones(length, length, dtype=torch.bool).tril()
    same = part.unsqueeze(2) == part.unsqueeze(1)  # (B, T, T)
    prefix = (part == PREFIX).unsqueeze(1)  # (B, 1, T)
    return ((same | prefix) & earlier).unsqueeze(1)  # padding sees itself: no row may be empty


def _padded(rows: Sequence[list[int]], length: int, value: int) -> Tensor:
    return torch.tensor([row + [value] * (length - len(row)) for row in rows])
