"""What a worker process and its parent say to each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vidqa.errors import VidqaError

LONGEST_TRACE = 1 << 16
"""Characters of a trace that are sent, and looked at: the last ones."""


@dataclass(frozen=True, slots=True)
class Job:
    """A generator function to run; each thing it yields is sent back."""

    function: Callable[..., Iterator[Any]]
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    folder: str = "."
    """Where relative paths begin."""


@dataclass(frozen=True, slots=True)
class More:
    """The other side is ready for one more item."""


@dataclass(frozen=True, slots=True)
class Beat:
    """Still working."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a job has yielded."""

    value: Any


@dataclass(frozen=True, slots=True)
class Done:
    """The job has ended."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job has ended with an error."""

    error: VidqaError | None
    """One of ours, to be raised again."""
    trace: str = ""
    """Of any other."""
    out_of_memory: bool = False
