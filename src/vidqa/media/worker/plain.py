"""A worker's messages as JSON and raw arrays, from which only plain values can be made.

A decoder that a clip has taken over may send anything. So nothing it sends is unpickled: the
parent makes only numbers, strings, arrays, and dataclasses of the media layer from it, with fields
of the types that they state.
"""

import dataclasses
import json
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidqa import errors
from vidqa.media.worker.typed import field_hints, fits
from vidqa.system.texts import from_json

KIND = "$"
"""JSON key for the kind of value that an object stands for."""
FOREIGN_CLASSES = (
    "vidqa.types.values",
    "vidqa.types.words",
    "vidqa.types.media_info",
    "vidqa.prompt.paper.limits",
)
"""Modules outside the media layer whose dataclasses are allowed."""
NUMBERS = "biuf"
"""Allowed kinds of arrays, in numpy's letters."""


def encode(value: object) -> tuple[bytes, list[NDArray[Any]]]:
    """Return a value as JSON, and the arrays in it, to which the JSON refers in their order.

    The value consists of None, strings, numbers, tuples, paths, fractions, arrays of numbers,
    vidqa's errors, and dataclasses of these. Lists come back as tuples.
    """
    arrays: list[NDArray[Any]] = []

    def plain(one: Any) -> dict[str, Any]:
        if isinstance(one, np.ndarray):
            arrays.append(np.ascontiguousarray(one))
            return {KIND: "array", "type": one.dtype.str, "shape": one.shape}
        if isinstance(one, np.generic):
            return {KIND: "number", "value": one.item()}
        if isinstance(one, Path):
            return {KIND: "path", "path": str(one)}
        if isinstance(one, Fraction):
            return {KIND: "fraction", "parts": one.as_integer_ratio()}
        if isinstance(one, errors.VidqaError):
            return {KIND: "error", "name": type(one).__name__, "said": [one.message, one.hint]}
        if dataclasses.is_dataclass(one):
            fields = [getattr(one, field.name) for field in dataclasses.fields(one)]
            kind = type(one)
            return {KIND: "class", "name": f"{kind.__module__}:{kind.__name__}", "fields": fields}
        raise TypeError(f"{type(one).__name__} is nothing that a worker may say")

    return json.dumps(value, default=plain).encode(), arrays


def decode(content: bytes, memories: Sequence[memoryview]) -> Any:
    """Return the value that `encode` encoded.

    Args:
        content: its JSON.
        memories: the memory of each array, in their order; not copied.

    Raises:
        ValueError: it is not what `encode` makes.

    """
    left = iter(memories)

    def array(encoded: dict[str, Any]) -> NDArray[Any]:
        kind = np.dtype(str(encoded["type"]))
        if kind.kind not in NUMBERS:
            raise ValueError(f"{kind} is not a type of numbers")
        return np.frombuffer(next(left), dtype=kind).reshape(encoded["shape"])

    makers: dict[str, Callable[[dict[str, Any]], Any]] = {
        "array": array,
        "number": lambda encoded: _of(encoded["value"], int | float | bool),
        "path": lambda encoded: Path(_of(encoded["path"], str)),
        "fraction": lambda encoded: Fraction(*_of(encoded["parts"], tuple[int, int])),
        "error": _error,
        "class": lambda encoded: _instance(_class(encoded["name"]), encoded["fields"]),
    }

    def made(encoded: dict[str, Any]) -> Any:
        return makers[encoded[KIND]]({key: _tuples(value) for key, value in encoded.items()})

    try:
        return _tuples(from_json(content, object_hook=made))
    except Exception as error:  # the content may be anything, and so may the error
        raise ValueError(f"not what a worker says: {error}") from error


def _tuples(value: Any) -> Any:
    """Turn lists into tuples, however deep."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _of(value: Any, hint: Any) -> Any:
    """Return the value if it is of that type. Raises as `decode` does, and so do those below."""
    if not fits(value, hint):
        raise ValueError(f"{value!r:.50} is not {hint}")
    return value


def _error(encoded: dict[str, Any]) -> errors.VidqaError:
    """Make an error of vidqa."""
    kind = getattr(errors, encoded["name"], None)
    if not (isinstance(kind, type) and issubclass(kind, errors.VidqaError)):
        raise ValueError(f"{encoded['name']} is not an error of vidqa's")
    message, hint = encoded["said"]
    return kind(str(message), hint=None if hint is None else str(hint))


def _class(name: str) -> Any:
    """Return an allowed dataclass by name, from a module that is already imported."""
    module, _, one = name.partition(":")
    kind: Any = getattr(sys.modules.get(module), one, None)
    is_ours = module in FOREIGN_CLASSES or module.startswith("vidqa.media.")
    is_kind = isinstance(kind, type) and dataclasses.is_dataclass(kind)
    if not (is_ours and is_kind and kind.__module__ == module):
        raise ValueError(f"{name} is not a class that a worker may name")
    return kind


def _instance(kind: Any, values: tuple[Any, ...]) -> Any:
    """Make a dataclass instance with these values in its fields."""
    hints = field_hints(kind)
    if len(values) != len(hints) or not all(map(fits, values, hints)):
        raise ValueError(f"{kind.__name__} has other fields")
    return kind(*values)
