"""Findings, and the function that runs checks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from vidqa.errors import ModelMissingError, OfflineError, VidqaError

State = Literal["ok", "warning", "failing"]
"""State of a finding: a warning is about an optional part; a failure has to be fixed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of an examination."""

    name: str
    """Subject of the check, such as `torch`."""
    state: State
    said: str
    """Result, one line."""
    mend: str | None = None
    """Way to fix it, a command if there is one."""


Check = Callable[[], Iterator[Finding]]
"""Check that yields its findings as they are found."""

ONLY_WARNINGS = (ModelMissingError, OfflineError)
"""Errors that are only warnings: what is not installed yet is not broken."""


def run_check(name: str, check: Check) -> Iterator[Finding]:
    """Yield the findings of a check; an exception in it becomes a finding, too."""
    try:
        yield from check()
    except VidqaError as error:
        yield from_error(name, error)
    except Exception as error:  # whatever is wrong with a machine must not end its examination
        yield Finding(name, "failing", described(error))


def from_error(name: str, error: VidqaError) -> Finding:
    """Make a finding of an error of vidqa, with its hint."""
    state: State = "warning" if isinstance(error, ONLY_WARNINGS) else "failing"
    return Finding(name, state, error.message, error.hint)


def described(error: BaseException) -> str:
    """Return the type of an exception and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
