"""What a check found, and the one place where checks are run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from vidqa.errors import ModelMissingError, OfflineError, VidqaError

State = Literal["ok", "warning", "failing"]
"""A warning leaves something out that not everybody needs; what fails has to be mended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of an examination."""

    name: str
    """What was looked at, such as `torch`."""
    state: State
    said: str
    """What was found, one line."""
    mend: str | None = None
    """What to do about it, a command wherever there is one."""


Check = Callable[[], Iterator[Finding]]
"""Looks at something and yields what it finds, as it is found."""

ONLY_WARNINGS = (ModelMissingError, OfflineError)
"""What is not there yet is not broken."""


def run_check(name: str, check: Check) -> Iterator[Finding]:
    """Yield what a check finds; what it stumbles over is a finding, too."""
    try:
        yield from check()
    except VidqaError as error:
        yield from_error(name, error)
    except Exception as error:  # whatever is wrong with a machine must not end its examination
        yield Finding(name, "failing", described(error))


def from_error(name: str, error: VidqaError) -> Finding:
    """An error of vidqa's own, with the hint it carries."""
    state: State = "warning" if isinstance(error, ONLY_WARNINGS) else "failing"
    return Finding(name, state, error.message, error.hint)


def described(error: BaseException) -> str:
    """The type of an exception, and the first line that it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
