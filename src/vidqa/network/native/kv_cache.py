"""Keys and values of what a decoder has read.

Letters in shapes: B batch, H heads, T tokens, D width of a head.
"""

from dataclasses import dataclass

from torch import Tensor

SLACK_TOKENS = 256
"""Room for tokens beyond those there are, so that a step need not copy what came before."""


@dataclass(slots=True)
class KeyValueLayer:
    """One layer's keys and values; branches share what they had in common."""

    _keys: Tensor | None = None
    _values: Tensor | None = None
    _length: int = 0
    _is_owned: bool = False
    """Whether the room behind the last token is this layer's alone."""

    @property
    def keys(self) -> Tensor:
        """Those of all tokens, (B, H, T, D)."""
        assert self._keys is not None, "nothing was read"
        return self._keys[:, :, : self._length]

    @property
    def values(self) -> Tensor:
        """Those of all tokens, (B, H, T, D)."""
        assert self._values is not None, "nothing was read"
        return self._values[:, :, : self._length]

    def get_seq_length(self) -> int:
        """Return T."""
        return self._length

    def update(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append those of new tokens (B, H, T, D); return all."""
        end = self._length + keys.shape[2]
        if self._keys is None or self._values is None:
            self._keys, self._values = _roomy(keys, end), _roomy(values, end)
        elif not self._is_owned or end > self._keys.shape[2]:
            self._keys, self._values = (
                _moved(old[:, :, : self._length], end) for old in (self._keys, self._values)
            )
        self._is_owned = True
        self._keys[:, :, self._length : end] = keys
        self._values[:, :, self._length : end] = values
        self._length = end
        return self.keys, self.values

    def branch(self) -> "KeyValueLayer":
        """Return a layer that can be extended while this one stays unchanged; nothing is copied."""
        return KeyValueLayer(self._keys, self._values, self._length)

    def select(self, rows: Tensor) -> None:
        """Keep only these rows of the batch."""
        self._keys, self._values, self._is_owned = self.keys[rows], self.values[rows], False


@dataclass(slots=True)
class KeyValueCache:
    """All layers'."""

    layers: list[KeyValueLayer]

    @classmethod
    def of(cls, layers: int) -> "KeyValueCache":
        """Make an empty one."""
        return cls([KeyValueLayer() for _ in range(layers)])

    def get_seq_length(self) -> int:
        """Return the number of tokens read."""
        return self.layers[0].get_seq_length()

    def update(self, keys: Tensor, values: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Append those of new tokens to a layer; return all of it."""
        return self.layers[layer].update(keys, values)

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep only these rows of the batch."""
        for layer in self.layers:
            layer.select(indices)


def _roomy(states: Tensor, tokens: int) -> Tensor:
    batch, heads, _, width = states.shape
    return states.new_empty(batch, heads, tokens + SLACK_TOKENS, width)


def _moved(states: Tensor, tokens: int) -> Tensor:
    room = _roomy(states, tokens)
    room[:, :, : states.shape[2]] = states
    return room
