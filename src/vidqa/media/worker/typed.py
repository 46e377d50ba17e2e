"""Check values against type hints: what a worker sends cannot be trusted."""

import collections.abc
import math
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

NAMES = {"Fraction": Fraction, "NDArray": NDArray, "np": np}
"""Names in the hints of modules that do not import them, to be imported fast themselves."""
LARGEST = 1 << 63
STREAMS = (collections.abc.Iterator, collections.abc.Generator)


def fits(value: object, hint: Any) -> bool:
    """Return whether a value, with everything in it, is of a type.

    Hints are plain classes, `Any`, `Literal`, unions, tuples, lists (which have become tuples), and
    arrays by their dtype. For a dataclass or an error only the class is checked. An int counts as a
    float; numbers must be finite and fit in 64 bits.
    """
    kind, parts = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return any(fits(value, part) for part in parts)
    if kind is Literal:
        return isinstance(value, str) and value in parts
    if kind is list:
        return fits(value, tuple[parts[0], ...])  # type: ignore[valid-type]
    if kind is tuple:
        return isinstance(value, tuple) and _fits_parts(value, parts)
    if kind is np.ndarray:
        (number,) = get_args(parts[1])
        return isinstance(value, np.ndarray) and value.dtype == np.dtype(number)
    if hint in (int, float):
        return _is_number(value, hint)
    return hint is Any or isinstance(value, type(None) if hint is None else hint)


@cache
def field_hints(kind: type[Any]) -> tuple[Any, ...]:
    """Return the types of a dataclass's fields, in their order."""
    hints = get_type_hints(kind, localns=NAMES)
    return tuple(hints[field.name] for field in fields(kind))


@cache
def result_hint(function: Callable[..., Any]) -> Any:
    """Return the type a function returns or a generator function yields; Any if unstated."""
    hint = get_type_hints(function, localns=NAMES).get("return", Any)
    return get_args(hint)[0] if get_origin(hint) in STREAMS else hint


def _is_number(value: object, kind: type[int] | type[float]) -> bool:
    """Return whether a value is a number that `fits` allows; True and False are not."""
    if type(value) is int:
        return abs(value) < LARGEST
    return kind is float and type(value) is float and math.isfinite(value)


def _fits_parts(value: tuple[Any, ...], parts: tuple[Any, ...]) -> bool:
    if parts[-1:] == (...,):
        return all(fits(one, parts[0]) for one in value)
    return len(value) == len(parts) and all(map(fits, value, parts))
