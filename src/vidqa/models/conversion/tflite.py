"""Read the weights of a TensorFlow Lite file, without TensorFlow.

Only what its schema (version 3) says of tensors, buffers and operators is read, by the numbers of
the fields. https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/schema/schema.fbs
"""

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from flatbuffers import encode, number_types, packer
from flatbuffers.table import Table
from torch import Tensor

from vidqa.errors import ModelDamagedError

IDENTIFIER = b"TFL3"
MODEL_OPERATOR_CODES, MODEL_SUBGRAPHS, MODEL_BUFFERS = 1, 2, 4
SUBGRAPH_TENSORS, SUBGRAPH_OPERATORS = 0, 3
TENSOR_SHAPE, TENSOR_KIND, TENSOR_BUFFER = 0, 1, 2
OPERATOR_CODE, OPERATOR_INPUTS, OPERATOR_OUTPUTS = 0, 1, 2
CODE_SMALL_NUMBER, CODE_NUMBER = 0, 3
BUFFER_DATA = 0
"""The fields of the schema's tables."""
CONV, DEPTHWISE_CONV, DEQUANTIZE = 3, 4, 6
"""Numbers of operators."""
KINDS: Mapping[int, np.dtype[Any]] = {0: np.dtype("<f4"), 1: np.dtype("<f2")}
"""Numbers of formats."""


def convolutions(file: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield weight and bias of every convolution, in the order in which they run.

    Strides, padding and what is between them is not looked at.

    Yields:
        (out, in/groups, height, width) and (out,), in fp32, laid out as PyTorch has them.

    Raises:
        ModelDamagedError: the file is no such file, or holds other formats.

    """
    try:
        yield from _Graph(file.read_bytes()).convolutions()
    except (IndexError, ValueError, TypeError, AttributeError, struct.error) as error:
        raise ModelDamagedError(f"{file.name} cannot be read: {error}") from error


class _Graph:
    """The first graph of a file."""

    def __init__(self, content: bytes) -> None:
        if content[4:8] != IDENTIFIER:
            raise ValueError("no TensorFlow Lite file")
        model = Table(content, encode.Get(packer.uoffset, content, 0))
        (graph, *_) = _tables(model, MODEL_SUBGRAPHS)
        self._buffers = _tables(model, MODEL_BUFFERS)
        self._codes = [
            max(_byte(code, CODE_SMALL_NUMBER), _int(code, CODE_NUMBER))
            for code in _tables(model, MODEL_OPERATOR_CODES)
        ]
        self._tensors = _tables(graph, SUBGRAPH_TENSORS)
        self._operators = _tables(graph, SUBGRAPH_OPERATORS)
        self._widened = {
            _numbers(operator, OPERATOR_OUTPUTS)[0]: _numbers(operator, OPERATOR_INPUTS)[0]
            for operator in self._operators
            if self._kind(operator) == DEQUANTIZE
        }

    def convolutions(self) -> Iterator[tuple[Tensor, Tensor]]:
        """See `convolutions`."""
        for operator in self._operators:
            kind = self._kind(operator)
            if kind in (CONV, DEPTHWISE_CONV):
                _, weight, bias = _numbers(operator, OPERATOR_INPUTS)
                # (out, h, w, in), and (1, h, w, out) where each channel has its own
                axes = (0, 3, 1, 2) if kind == CONV else (3, 0, 1, 2)
                yield self._constant(weight).permute(axes).contiguous(), self._constant(bias)

    def _kind(self, operator: Table) -> int:
        return self._codes[_int(operator, OPERATOR_CODE)]

    def _constant(self, number: int) -> Tensor:
        tensor = self._tensors[self._widened.get(number, number)]
        buffer = self._buffers[_int(tensor, TENSOR_BUFFER)]
        kind = KINDS.get(_byte(tensor, TENSOR_KIND))
        if kind is None:
            raise ValueError("a tensor has another format than 16 or 32 bits")
        found = np.frombuffer(_bytes(buffer, BUFFER_DATA), kind).astype(np.float32)
        return torch.from_numpy(found.reshape(_numbers(tensor, TENSOR_SHAPE)))


def _at(table: Table, field: int) -> int:
    """Return where a field is, counted from the table; 0: it has its default."""
    where: int = table.Offset(4 + 2 * field)
    return where


def _int(table: Table, field: int) -> int:
    where = _at(table, field)
    return int(table.Get(number_types.Uint32Flags, table.Pos + where)) if where else 0


def _byte(table: Table, field: int) -> int:
    where = _at(table, field)
    return int(table.Get(number_types.Int8Flags, table.Pos + where)) if where else 0


def _bytes(table: Table, field: int) -> bytes:
    where = _at(table, field)
    if not where:
        return b""
    start = table.Vector(where)
    return bytes(table.Bytes[start : start + table.VectorLen(where)])


def _numbers(table: Table, field: int) -> list[int]:
    where = _at(table, field)
    if not where:
        return []
    start, count = table.Vector(where), table.VectorLen(where)
    return [int(one) for one in np.frombuffer(table.Bytes, np.dtype("<i4"), count, start)]


def _tables(table: Table, field: int) -> list[Table]:
    where = _at(table, field)
    if not where:
        return []
    start, count = table.Vector(where), table.VectorLen(where)
    return [Table(table.Bytes, table.Indirect(start + 4 * n)) for n in range(count)]
