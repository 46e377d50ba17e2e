"""Weights as integers of 8 or 4 bits, each block of them with a scale, as onnxruntime takes them.

Letters in shapes: N rows of a weight, K columns, b blocks of a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

BLOCK = 32
"""Columns that share a scale, as in GGML's formats."""
ZERO = 128
"""What 8 bits say for 0."""
LARGEST = 127
LARGEST_OF_FOUR = 15
NUMBERS_AT_ONCE = 1 << 20
"""Few enough to stay in a CPU's cache."""
SMALLEST_SCALE = 1e-30
"""So that a block of zeros is divided by something."""


@dataclass(frozen=True, slots=True)
class QuantizedWeight:
    """One weight, (N, K)."""

    values: NDArray[np.uint8]
    """(N, b, 32 or 16): two numbers of 4 bits share a byte."""
    scales: NDArray[np.float32]
    """(N, b)"""
    zeros: NDArray[np.uint8] | None
    """(N, b/2): what 4 bits say for 0, two to a byte; in 8 bits it is always 128."""


def quantize(weights: Sequence[Tensor], bits: int) -> QuantizedWeight:
    """Round weights (N, K), one below the other, to integers, a block of 32 columns at a time.

    8 bits span the largest absolute number of a block; 4 bits its smallest and its largest one.
    """
    rows, columns = sum(map(len, weights)), weights[0].shape[1]
    blocks = -(-columns // BLOCK)
    values = np.empty((rows, blocks, BLOCK * bits // 8), np.uint8)
    scales = np.empty((rows, blocks), np.float32)
    zeros = np.empty((rows, -(-blocks // 2)), np.uint8) if bits == 4 else None
    parts = chain.from_iterable(one.detach().split(_rows_at_once(columns)) for one in weights)
    end = 0
    for part in parts:
        begin, end = end, end + len(part)
        values[begin:end], scales[begin:end], zero = _rounded(part, bits)
        if zeros is not None and zero is not None:
            zeros[begin:end] = zero
    return QuantizedWeight(values, scales, zeros)


def dequantize(weight: QuantizedWeight, columns: int) -> Tensor:
    """Return what the integers stand for, (N, K)."""
    values, zeros = torch.from_numpy(weight.values), torch.tensor(ZERO)
    scales = torch.from_numpy(weight.scales).unsqueeze(-1)
    if weight.zeros is not None:
        values = _unpaired(values)
        zeros = _unpaired(torch.from_numpy(weight.zeros))[:, : scales.shape[1], None]
    whole = (values.float() - zeros.float()) * scales  # (N, b, 32)
    return whole.flatten(1)[:, :columns]


def _rows_at_once(columns: int) -> int:
    return max(1, NUMBERS_AT_ONCE // columns)


def _rounded(weight: Tensor, bits: int) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return values, scales and zeros of some rows."""
    rest = -weight.shape[1] % BLOCK
    wide = weight.float()
    blocks = (functional.pad(wide, (0, rest)) if rest else wide).unflatten(1, (-1, BLOCK))
    if bits == 4:
        return _in_four_bits(blocks)
    scales = blocks.abs().amax(dim=-1).div_(LARGEST).clamp_(min=SMALLEST_SCALE)  # (N, b)
    values = blocks.div(scales.unsqueeze(-1)).round_().add_(ZERO).to(torch.uint8)
    return values, scales, None


def _in_four_bits(blocks: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    low, high = blocks.amin(dim=-1).clamp_(max=0), blocks.amax(dim=-1).clamp_(min=0)  # (N, b)
    scales = (high - low).div_(LARGEST_OF_FOUR).clamp_(min=SMALLEST_SCALE)
    zeros = low.neg().div_(scales).round_()
    values = blocks.div(scales.unsqueeze(-1)).round_().add_(zeros.unsqueeze(-1))
    values = values.clamp_(0, LARGEST_OF_FOUR).to(torch.uint8)
    even = functional.pad(zeros, (0, zeros.shape[1] % 2)).to(torch.uint8)
    return _paired(values), scales, _paired(even)


def _paired(numbers: Tensor) -> Tensor:
    """Put two numbers of 4 bits into a byte, the first into the lower half."""
    return numbers[..., 0::2] | (numbers[..., 1::2] << 4)


def _unpaired(numbers: Tensor) -> Tensor:
    return torch.stack((numbers & LARGEST_OF_FOUR, numbers >> 4), dim=-1).flatten(-2)
