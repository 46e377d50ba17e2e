"""Write TensorFlow Lite files, by the numbers of the schema's fields."""

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

CONV, DEPTHWISE, DEQUANTIZE, ADD = 3, 4, 6, 0
FP32, FP16, INT8 = 0, 1, 9
OPERATORS = (ADD, CONV, DEPTHWISE, DEQUANTIZE)


def table(builder: flatbuffers.Builder, *fields: tuple[int, Any, str]) -> int:
    """Write a table of fields: number, value, and whether it is an offset, a byte or an int."""
    builder.StartObject(8)
    for number, value, kind in fields:
        if kind == "offset":
            builder.PrependUOffsetTRelativeSlot(number, value, 0)
        elif kind == "byte":
            builder.PrependInt8Slot(number, value, 0)
        else:
            builder.PrependUint32Slot(number, value, 0)
    return int(builder.EndObject())


def offsets(builder: flatbuffers.Builder, tables: list[int]) -> int:
    builder.StartVector(4, len(tables), 4)
    for one in reversed(tables):
        builder.PrependUOffsetTRelative(one)
    return int(builder.EndVector())


def written(
    file: Path,
    tensors: list[tuple[NDArray[Any] | None, int, tuple[int, ...]]],
    operators: list[tuple[int, list[int], list[int]]],
) -> Path:
    """Write tensors (their values or None, number format, shape) and operators (kind, in, out)."""
    builder = flatbuffers.Builder(0)
    buffers = [table(builder)]
    for values, _, _ in tensors:
        data = b"" if values is None else values.tobytes()
        buffers.append(table(builder, (0, builder.CreateByteVector(data), "offset")))
    stored = [
        table(
            builder,
            (0, builder.CreateNumpyVector(np.array(shape, np.int32)), "offset"),
            (1, kind, "byte"),
            (2, number, "int"),
        )
        for number, (_, kind, shape) in enumerate(tensors, 1)
    ]
    codes = [table(builder, (0, code, "byte")) for code in OPERATORS]
    steps = [
        table(
            builder,
            (0, OPERATORS.index(kind), "int"),
            (1, builder.CreateNumpyVector(np.array(taken, np.int32)), "offset"),
            (2, builder.CreateNumpyVector(np.array(given, np.int32)), "offset"),
        )
        for kind, taken, given in operators
    ]
    graph = table(
        builder,
        (0, offsets(builder, stored), "offset"),
        (3, offsets(builder, steps), "offset"),
    )
    model = table(
        builder,
        (1, offsets(builder, codes), "offset"),
        (2, offsets(builder, [graph]), "offset"),
        (4, offsets(builder, buffers), "offset"),
    )
    builder.Finish(model, file_identifier=b"TFL3")
    file.write_bytes(bytes(builder.Output()))
    return file
