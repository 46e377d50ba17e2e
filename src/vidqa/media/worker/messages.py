"""The messages between a worker process and its parent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vidqa.errors import VidqaError

LONGEST_TRACE = 1 << 16
"""Characters of a traceback that are sent and read at most: the last ones."""


@dataclass(frozen=True, slots=True)
class Job:
    """A generator function to run; each item it yields is sent back."""

    function: Callable[..., Iterator[Any]]
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    folder: str = "."
    """Folder in which relative paths begin."""


@dataclass(frozen=True, slots=True)
class More:
    """A request by the parent for one more item."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat: the worker is still working."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item that a job has yielded."""

    value: Any


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a job."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The end of a job by an error."""

    error: VidqaError | None
    """An error of vidqa, to be raised again."""
    trace: str = ""
    """Traceback of any other error."""
    out_of_memory: bool = False
