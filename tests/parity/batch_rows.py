"""Prompts as rows of ids and visual tokens: joined, cut, padded and embedded in batches.

Letters in shapes: B batch, T tokens, N visual tokens, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vidqa.network.modeling import VidqaForConditionalGeneration


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt."""

    input_ids: Tensor
    """(T,), N placeholders among them."""
    visual_tokens: Tensor
    """(N, D), in reading order."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Prompts of a batch, padded on the left: what `forward` and `generate` take."""

    inputs_embeds: Tensor
    """(B, T, D), zero where there is nothing."""
    attention_mask: Tensor
    """(B, T), 0 where there is nothing."""

    @property
    def position_ids(self) -> Tensor:
        """(B, T): every row counts from 0 at its own beginning."""
        return (self.attention_mask.cumsum(-1) - 1).clamp(min=0)


def join(
    network: VidqaForConditionalGeneration,
    pieces: Sequence[Sequence[int]],
    images: Sequence[Tensor],
) -> Row:
    """Put one image between each two pieces of text.

    Args:
        network: says what the placeholder is and how wide a visual token.
        pieces: the ids of each piece.
        images: (n, D) each, projected; one fewer than pieces.

    Raises:
        ValueError: another number of images.

    """
    if len(images) != len(pieces) - 1:
        raise ValueError(f"{len(pieces) - 1} places for images, but {len(images)} images")
    ids = list(pieces[0])
    for image, piece in zip(images, pieces[1:], strict=True):
        ids += [network.config.image_token_id] * len(image) + list(piece)
    width = network.config.text_config.hidden_size
    tokens = torch.cat([*images, torch.empty(0, width, device=network.device)])  # (N, D)
    return Row(torch.tensor(ids, dtype=torch.long, device=network.device), tokens)


def keep_first(row: Row, length: int, *, image_token_id: int) -> Row:
    """Cut a row on the right; an image may lose its last tokens."""
    kept = row.input_ids[:length]
    return Row(kept, row.visual_tokens[: _placeholders(kept, image_token_id)])


def keep_last(row: Row, length: int, *, image_token_id: int) -> Row:
    """Cut a row on the left; an image may lose its first tokens."""
    dropped = row.input_ids[: max(0, len(row.input_ids) - length)]
    return Row(
        row.input_ids[len(dropped) :], row.visual_tokens[_placeholders(dropped, image_token_id) :]
    )


def embed_left_padded(
    network: VidqaForConditionalGeneration, rows: Sequence[Row], *, window: int
) -> Embedded:
    """Embed prompts that end together; of longer ones only the last `window` places are kept."""
    rows = [keep_last(row, window, image_token_id=network.config.image_token_id) for row in rows]
    length = max(len(row.input_ids) for row in rows)
    ids = rows[0].input_ids.new_zeros(len(rows), length)  # (B, T)
    mask = torch.zeros_like(ids)
    for index, row in enumerate(rows):
        begin = length - len(row.input_ids)
        ids[index, begin:] = row.input_ids
        mask[index, begin:] = 1
    tokens = torch.cat([row.visual_tokens for row in rows])  # (N, D)
    embeddings = network.model.embed(ids, tokens)  # (B, T, D)
    return Embedded(embeddings.masked_fill(mask.unsqueeze(-1) == 0, 0), mask)


def _placeholders(ids: Tensor, image_token_id: int) -> int:
    return int((ids == image_token_id).sum())
