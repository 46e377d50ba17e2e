"""Decode several answers as one batch, one forward pass a token.

Every prompt is prefilled by itself; then their KV caches are batched, the shorter ones padded
on the left. Products of other shapes round differently, so an answer may differ from the
one it gets alone.

Shapes: B rows, T tokens, H heads, D width of a head, V vocabulary.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from vidqa.network.inference.decode import Context
from vidqa.network.inference.kv_caches import is_plain, new_cache
from vidqa.network.inference.token_sampling import TokenChooser


def can_join(context: Context) -> bool:
    """Return whether a context can be padded: recurrent states and sliding windows cannot."""
    layers: list[Any] = context.cache.layers
    return all(map(is_plain, layers))


def joined_bytes(contexts: Sequence[Context]) -> int:
    """Return the bytes that the batched KV caches take."""
    longest = max(context.cache.get_seq_length() for context in contexts)
    layers: list[Any] = [layer for context in contexts for layer in context.cache.layers]
    return sum(2 * one.keys.nbytes // one.keys.shape[2] * longest for one in layers)


@torch.inference_mode()
def decode_together(
    network: Any,
    logits: Sequence[Tensor],
    contexts: Sequence[Context],
    choosers: Sequence[TokenChooser],
    take: Callable[[int, int], bool],
) -> None:
    """Decode until every row has ended.

    Args:
        network: any family whose contexts can be joined.
        logits: (1, V) after each prompt.
        contexts: of each prompt, all of one model; not modified.
        choosers: of each row.
        take: called with the number of a row and its next token; returns whether the row goes on.

    """
    lengths = torch.tensor([context.cache.get_seq_length() for context in contexts])
    firsts = lengths + torch.tensor([context.shift or 0 for context in contexts])
    by_grid = contexts[0].shift is not None
    cache, mask = _joined(network, contexts, lengths)
    rows, step = list(range(len(contexts))), 0
    scores = torch.cat(list(logits))  # (B, V)
    while True:
        chosen = [choosers[row].choose(scores[place, None]) for place, row in enumerate(rows)]
        going = [place for place, row in enumerate(rows) if take(row, chosen[place])]
        if not going:
            return
        if len(going) < len(rows):
            kept = torch.tensor(going, device=mask.device)
            cache.batch_select_indices(kept)
            mask, rows = mask[kept], [rows[place] for place in going]
        mask = functional.pad(mask, (0, 1), value=1)  # (B, T + 1)
        places = (firsts[rows, None] + step).to(mask.device)  # (B, 1)
        output: Any = network(
            input_ids=torch.tensor([[chosen[place]] for place in going], device=mask.device),
            attention_mask=mask,
            position_ids=places.expand(3, -1, -1) if by_grid else places,
            past_key_values=cache,
            use_cache=True,
        )
        scores, step = output.logits[:, -1], step + 1  # (B, V)


def _joined(network: Any, contexts: Sequence[Context], lengths: Tensor) -> tuple[Any, Tensor]:
    """Return the batched KV cache, and a mask (B, T), 1 where there is a token."""
    longest = int(lengths.max())
    cache = new_cache(network)
    for number in range(len(contexts[0].cache.layers)):
        layers: list[Any] = [context.cache.layers[number] for context in contexts]
        keys, values = (
            torch.cat([_filled(getattr(layer, name), longest) for layer in layers])
            for name in ("keys", "values")
        )  # (B, H, T, D)
        cache.update(keys, values, number)
    places = torch.arange(longest)[None]  # (1, T)
    mask = (places >= longest - lengths[:, None]).long()  # (B, T)
    return cache, mask.to(network.device)


def _filled(states: Tensor, longest: int) -> Tensor:
    """Pad (1, H, T, D) with zeros on the left, up to the longest."""
    return functional.pad(states, (0, 0, longest - states.shape[2], 0))
