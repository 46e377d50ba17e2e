"""Linear layers of any decoder with weights of 8 or 4 bits, on torch's own kernels for CPUs.

A CPU writes a token as fast as it reads the weights, so a few tokens are multiplied with the
integers as they lie in memory. Many at once, as in a prompt, take more arithmetic than reading:
integers of 8 bits are widened for them first, to the format that the rest is computed in.

Letters in shapes: T tokens, K columns and N rows of a weight, G groups of columns.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

ADAPTED = "lora_"
"""A part of the names of an adapter's own layers, which stay as they are."""
FEW_TOKENS = 16
"""Tokens for which a weight is not widened: up to here that was slower on two AVX2 cores."""
WIDENED_ROWS = 4096
"""Rows of a weight that are widened together: bounds the memory."""
LARGEST = 127
"""The largest integer of 8 bits that is used; the smallest is its opposite."""
GROUP = 32
"""Columns that share a scale and a smallest number in 4 bits."""
LARGEST_OF_FOUR, MIDDLE_OF_FOUR = 15, 8
"""Of the integers of 4 bits, as torch's kernel reads them."""
ROWS_UNIT = 16
"""Rows of a weight come in multiples of it, and columns in groups: the kernels need it."""
PACKED_ROWS = 64
"""Rows of 4 bits are packed by so many, or by fewer that divide it."""
NUMBERS_AT_ONCE = 1 << 18
"""Numbers that are rounded together: few enough to stay in a CPU's cache."""
SMALLEST_SCALE = 1e-30
"""So that zeros are divided by something."""


def narrow_linears(network: Any, bits: int) -> None:
    """Round the linear layers of a decoder's blocks to 8 or 4 bits, and its head to 8.

    Args:
        network: one of transformers' classes, on the CPU.
        bits: of a weight in the blocks.

    """
    narrow = {8: EightBitLinear, 4: FourBitLinear}[bits]
    blocks: nn.Module = network.get_decoder().layers
    for name, layer in list(blocks.named_modules()):
        if type(layer) is nn.Linear and ADAPTED not in name:  # others do more than that
            blocks.set_submodule(name, narrow(layer))
    head = network.get_output_embeddings()
    if type(head) is nn.Linear:
        network.set_output_embeddings(EightBitLinear(head))


class NarrowLinear(nn.Module, ABC):
    """What a linear layer does, with a weight of integers."""

    def __init__(self, linear: nn.Linear) -> None:
        """Keep the bias of a layer; its weight is rounded and no longer needed then."""
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.bias = linear.bias

    def forward(self, states: Tensor) -> Tensor:
        """Take (..., K) to (..., N), in the number format of the states."""
        rows = states.reshape(-1, self.in_features)
        rows = functional.pad(rows, (0, -self.in_features % GROUP))
        product = self._product(rows)[:, : self.out_features]
        if self.bias is not None:
            product = product + self.bias
        return product.to(states.dtype).view(*states.shape[:-1], self.out_features)

    def _apply(self, *_: Any, **__: Any) -> Self:
        """Stay as it is, whatever number format the rest of the network gets."""
        return self

    @abstractmethod
    def _product(self, states: Tensor) -> Tensor:
        """Multiply (T, K) with the weight."""


class EightBitLinear(NarrowLinear):
    """A linear layer with a weight of 8 bits, and a scale for each of its rows."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__(linear)
        values, scales = _in_eight_bits(linear.weight)
        self.register_buffer("values", values, persistent=False)  # (N, K)
        self.register_buffer("scales", scales, persistent=False)  # (N,)

    def _product(self, states: Tensor) -> Tensor:
        values, scales = self.get_buffer("values"), self.get_buffer("scales")
        if len(states) <= FEW_TOKENS:
            return torch._weight_int8pack_mm(states.bfloat16(), values, scales.bfloat16())
        parts = (
            functional.linear(states, some.to(states.dtype)) for some in values.split(WIDENED_ROWS)
        )
        return torch.cat(list(parts), dim=1) * scales.to(states.dtype)


class FourBitLinear(NarrowLinear):
    """A linear layer with a weight of 4 bits, from the smallest to the largest of each group."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__(linear)
        packed, spans = _in_four_bits(linear.weight)
        self.register_buffer("packed", packed, persistent=False)
        self.register_buffer("spans", spans, persistent=False)

    def _product(self, states: Tensor) -> Tensor:
        packed, spans = self.get_buffer("packed"), self.get_buffer("spans")  # (G, N, 2)
        return torch._weight_int4pack_mm_for_cpu(states.bfloat16(), packed, GROUP, spans)


def _in_eight_bits(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return values and scales, (N, K) and (N,)."""
    rows, columns = _sizes(weight)
    values, scales = torch.empty(rows, columns, dtype=torch.int8), torch.empty(rows)
    for place, part in _parts(weight):
        scale = (part.abs().amax(dim=1) / LARGEST).clamp_(min=SMALLEST_SCALE)
        values[place] = (part / scale[:, None]).round_().to(torch.int8)
        scales[place] = scale
    return values, scales


def _in_four_bits(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return packed values and (G, N, 2): the scale of each group, and its middle."""
    rows, columns = _sizes(weight)
    packed = torch.empty(rows, columns // 2, dtype=torch.uint8)
    spans = torch.empty(columns // GROUP, rows, 2, dtype=torch.bfloat16)
    for place, part in _parts(weight):
        groups = part.unflatten(1, (-1, GROUP))  # (some of N, G, 32)
        low, high = groups.amin(dim=2), groups.amax(dim=2)
        scale = ((high - low) / LARGEST_OF_FOUR).clamp_(min=SMALLEST_SCALE).bfloat16()
        middle = (low + MIDDLE_OF_FOUR * scale).bfloat16()
        values = ((groups - middle[..., None]) / scale[..., None]).round_().add_(MIDDLE_OF_FOUR)
        whole = values.clamp_(0, LARGEST_OF_FOUR).to(torch.int32).flatten(1)
        packed[place] = torch._convert_weight_to_int4pack_for_cpu(whole, 1)
        spans[:, place] = torch.stack([scale, middle], dim=-1).transpose(0, 1)
    return packed, spans


def _sizes(weight: Tensor) -> tuple[int, int]:
    """Return the rows and columns that the kernels need for a weight."""
    rows, columns = weight.shape
    return rows + -rows % ROWS_UNIT, columns + -columns % GROUP


def _parts(weight: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield the place of some rows of a weight, and them in float32, zeros beside and below."""
    columns = weight.shape[1]
    some = max(1, NUMBERS_AT_ONCE // columns // PACKED_ROWS) * PACKED_ROWS
    for begin in range(0, len(weight), some):
        rows = weight.detach()[begin : begin + some].float()
        part = functional.pad(rows, (0, -columns % GROUP, 0, -len(rows) % ROWS_UNIT))
        yield slice(begin, begin + len(part)), part
