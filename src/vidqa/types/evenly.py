"""Choose some of many."""

from collections.abc import Sequence
from typing import TypeVar

One = TypeVar("One")


def evenly(every: Sequence[One], count: int) -> list[One]:
    """Return `count` of them, each from the middle of as many equal parts; all if they are fewer.

    Args:
        every: to choose from.
        count: at least 0.

    """
    count = min(count, len(every))
    return [every[(2 * number + 1) * len(every) // (2 * count)] for number in range(count)]
