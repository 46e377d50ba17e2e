"""Keys and values of what a decoder has read.

Letters in shapes: B batch, H heads, T tokens, D width of a head.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

SLACK_TOKENS = 256
"""Room for tokens beyond those there are, so that a step need not copy what came before."""


@dataclass(slots=True)
class KeyValueLayer:
    """One layer's keys and values; branches share what they had in common."""

    stored: torch.dtype | None = None
    """The number format they lie in; that of the first ones if None."""
    _keys: Tensor | None = None
    _values: Tensor | None = None
    _shown: torch.dtype | None = None
    """The number format of the first ones, in which they are given back."""
    _length: int = 0
    _is_owned: bool = False
    """Whether the room behind the last token is this layer's alone."""

    @property
    def keys(self) -> Tensor:
        """Those of all tokens, (B, H, T, D); copied if they lie in another number format."""
        return self._there[0].to(self._shown)

    @property
    def values(self) -> Tensor:
        """Those of all tokens, (B, H, T, D)."""
        return self._there[1].to(self._shown)

    @property
    def token_bytes(self) -> int:
        """The bytes that one token's keys and values take."""
        keys, values = self._there
        return (keys.nbytes + values.nbytes) // max(1, self._length)

    def get_seq_length(self) -> int:
        """Return T."""
        return self._length

    def update(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append those of new tokens (B, H, T, D); return all."""
        end = self._length + keys.shape[2]
        all_keys, all_values = self.make_room(keys)
        all_keys[:, :, self._length : end] = keys
        all_values[:, :, self._length : end] = values
        self._length = end
        return self.keys, self.values

    def make_room(self, new: Tensor) -> tuple[Tensor, Tensor]:
        """Make room for tokens like these (B, H, T, D) behind the last one.

        Returns:
            The memory of keys and of values, (B, H, room for more than T, D). Whoever writes there
            says so to `advance`.

        """
        end = self._length + new.shape[2]
        if self._keys is None or self._values is None:
            like, self._shown = new.to(self.stored), new.dtype
            self._keys, self._values = _roomy(like, end), _roomy(like, end)
        elif not self._is_owned or end > self._keys.shape[2]:
            self._keys, self._values = (_moved(old, end) for old in self._there)
        self._is_owned = True
        return self._keys, self._values

    def advance(self, tokens: int) -> None:
        """Count tokens that were written into the room."""
        self._length += tokens

    def branch(self) -> "KeyValueLayer":
        """Return a layer that can be extended while this one stays unchanged; nothing is copied."""
        return replace(self, _is_owned=False)

    @classmethod
    def joined(cls, rows: Sequence["KeyValueLayer"]) -> "KeyValueLayer":
        """Put single rows side by side. See `KeyValueCache.joined`."""
        longest = max(row.get_seq_length() for row in rows)
        keys, values = (
            torch.cat([_filled(states, longest) for states in parts])
            for parts in zip(*(row._there for row in rows), strict=True)
        )
        return replace(rows[0], _keys=keys, _values=values, _length=longest, _is_owned=True)

    @property
    def _there(self) -> tuple[Tensor, Tensor]:
        """Keys and values of all tokens as they are stored."""
        assert self._keys is not None, "nothing was read"
        assert self._values is not None, "nothing was read"
        return self._keys[:, :, : self._length], self._values[:, :, : self._length]

    def select(self, rows: Tensor) -> None:
        """Keep only these rows of the batch."""
        keys, values = self._there
        self._keys, self._values = keys[rows], values[rows]


@dataclass(slots=True)
class KeyValueCache:
    """All layers'."""

    layers: list[KeyValueLayer]

    @classmethod
    def of(cls, layers: int, *, stored: torch.dtype | None = None) -> "KeyValueCache":
        """Make an empty one. See `KeyValueLayer.stored`."""
        return cls([KeyValueLayer(stored) for _ in range(layers)])

    @classmethod
    def joined(cls, caches: Sequence["KeyValueCache"]) -> "KeyValueCache":
        """Put single rows side by side, zeros behind the shorter ones; T is the longest one's."""
        rows = zip(*(cache.layers for cache in caches), strict=True)
        return cls([KeyValueLayer.joined(row) for row in rows])

    def get_seq_length(self) -> int:
        """Return the number of tokens read."""
        return self.layers[0].get_seq_length()

    def update(self, keys: Tensor, values: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Append those of new tokens to a layer; return all of it."""
        return self.layers[layer].update(keys, values)

    def make_room(self, new: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Make room in all layers. See `KeyValueLayer.make_room`."""
        return [layer.make_room(new) for layer in self.layers]

    def advance(self, tokens: int) -> None:
        """Count tokens that were written into the room of all layers."""
        for layer in self.layers:
            layer.advance(tokens)

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep only these rows of the batch."""
        for layer in self.layers:
            layer.select(indices)


def _roomy(states: Tensor, tokens: int) -> Tensor:
    batch, heads, _, width = states.shape
    return states.new_empty(batch, heads, tokens + SLACK_TOKENS, width)


def _filled(states: Tensor, tokens: int) -> Tensor:
    return functional.pad(states, (0, 0, 0, tokens - states.shape[2]))


def _moved(states: Tensor, tokens: int) -> Tensor:
    room = _roomy(states, tokens)
    room[:, :, : states.shape[2]] = states
    return room
