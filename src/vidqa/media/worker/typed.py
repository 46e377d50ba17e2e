"""Whether values are what type hints say: what a worker sends was made by nobody to be trusted."""

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
"""What modules that must be imported fast name in their hints, and do not import."""
LARGEST = 1 << 63
STREAMS = (collections.abc.Iterator, collections.abc.Generator)


def fits(value: object, hint: Any) -> bool:
    """Whether a value is of a type, with all that is in it.

    Hints are plain classes, `Any`, `Literal`, unions, tuples, lists, which have become tuples, and
    arrays by the type of their numbers. Of a dataclass or an error it is the class that counts. An
    int is a float as well; numbers are finite, and no larger than 64 bits hold.
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
    """The types of a dataclass's fields, in their order."""
    hints = get_type_hints(kind, localns=NAMES)
    return tuple(hints[field.name] for field in fields(kind))


@cache
def result_hint(function: Callable[..., Any]) -> Any:
    """What a function returns, or what a generator function yields; Any if it does not say."""
    hint = get_type_hints(function, localns=NAMES).get("return", Any)
    return get_args(hint)[0] if get_origin(hint) in STREAMS else hint


def _is_number(value: object, kind: type[int] | type[float]) -> bool:
    """True and False are none here."""
    if type(value) is int:
        return abs(value) < LARGEST
    return kind is float and type(value) is float and math.isfinite(value)


def _fits_parts(value: tuple[Any, ...], parts: tuple[Any, ...]) -> bool:
    if parts[-1:] == (...,):
        return all(fits(one, parts[0]) for one in value)
    return len(value) == len(parts) and all(map(fits, value, parts))
