"""Decode several answers as one batch, one forward pass a token.

Every prompt is prefilled by itself; then their KV caches are batched. Products of
other shapes round differently, so an answer may differ from the one it gets alone.

Shapes: B rows, T tokens, H heads, D width of a head, V vocabulary.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from vidqa.network.inference.decode import Context
from vidqa.network.inference.kv_caches import is_plain, new_cache, token_bytes
from vidqa.network.inference.steps import own_steps
from vidqa.network.inference.token_sampling import TokenChooser


def can_join(context: Context) -> bool:
    """Return whether a context can be padded: recurrent states and sliding windows cannot."""
    layers: list[Any] = context.cache.layers
    return all(map(is_plain, layers))


def joined_bytes(contexts: Sequence[Context]) -> int:
    """Return the bytes that the batched KV caches take."""
    longest = max(context.cache.get_seq_length() for context in contexts)
    layers: list[Any] = [layer for context in contexts for layer in context.cache.layers]
    return sum(token_bytes(one) for one in layers) * longest


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
    caches = [context.cache for context in contexts]
    steps = own_steps(network, caches, in_place=False) or _PaddedSteps(network, contexts)
    rows = list(range(len(contexts)))
    scores = torch.cat(list(logits))  # (B, V)
    while True:
        chosen = [choosers[row].choose(scores[place, None]) for place, row in enumerate(rows)]
        going = [place for place, row in enumerate(rows) if take(row, chosen[place])]
        if not going:
            return
        if len(going) < len(rows):
            steps.keep(going)
            rows = [rows[place] for place in going]
        scores = steps.read([chosen[place] for place in going])


class _PaddedSteps:
    """Answers written as prompts are read; the shorter contexts are padded on the left."""

    def __init__(self, network: Any, contexts: Sequence[Context]) -> None:
        self._network = network
        lengths = torch.tensor([context.cache.get_seq_length() for context in contexts])
        self._places = lengths + torch.tensor([context.shift or 0 for context in contexts])  # (B,)
        self._by_grid = contexts[0].shift is not None
        self._cache, self._mask = _joined(network, contexts, lengths)

    def read(self, tokens: Sequence[int]) -> Tensor:
        """Read a token a row; return the logits (B, V) of what follows."""
        self._mask = functional.pad(self._mask, (0, 1), value=1)  # (B, T + 1)
        device, places = self._mask.device, self._places[:, None].to(self._mask.device)  # (B, 1)
        output: Any = self._network(
            input_ids=torch.tensor(tokens, device=device)[:, None],
            attention_mask=self._mask,
            position_ids=places.expand(3, -1, -1) if self._by_grid else places,
            past_key_values=self._cache,
            use_cache=True,
        )
        self._places += 1
        return output.logits[:, -1]

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only."""
        kept = torch.tensor(rows, device=self._mask.device)
        self._cache.batch_select_indices(kept)
        self._mask, self._places = self._mask[kept], self._places[kept.cpu()]


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
