"""How free answers are written."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.types.options import as_given, option, require_declared
from vidqa.types.values import StoppedBy

MAX_NEW_TOKENS: dict[str, Any] = {
    "help": "The longest answer, in tokens. [default: the model's own]",
    "metavar": "N",
    "least": 1,
}
"""As `--max-new-tokens` is declared wherever answers are written."""


MOST_CHOICES = 256
"""Choices at most, since each is scored separately."""
WINDOWS = ("auto", "all", "off")


def read_windows(text: str) -> int:
    """Read how many windows are watched. Raises ValueError."""
    count = int(text)
    if count < 1:
        raise ValueError
    return count


def checked_choices(choices: Sequence[str]) -> tuple[str, ...]:
    """Return answers to choose among, without blanks around them.

    Raises:
        UsageError: fewer than two, more than `MOST_CHOICES`, an empty or a repeated one.

    """
    bare = tuple(one.strip() for one in choices)
    if len(bare) > MOST_CHOICES:
        raise UsageError(f"{len(bare)} answers; {MOST_CHOICES} are the most")
    if len(bare) < 2 or not all(bare) or len(set(bare)) < len(bare):
        raise UsageError("at least two different answers are needed")
    return bare


def read_schema(name: str) -> str:
    """Read a JSON schema from a file; returns it as compact JSON. Raises UsageError."""
    try:
        content = Path(name).read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"--schema {name!r} cannot be read: {why}") from error
    try:
        return as_schema(json.loads(content))
    except RecursionError as error:
        raise UsageError(f"--schema {name!r} is too deep") from error
    except ValueError as error:
        raise UsageError(f"--schema {name!r} is no JSON: {error}") from error


def as_schema(schema: Any) -> str:
    """Return a JSON schema as `GenerationSettings.schema` takes it. Raises UsageError."""
    try:
        return json.dumps(schema, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no JSON schema: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How many tokens are chosen, and how; each field is an option of commands and of Python."""

    max_new_tokens: int | None = option(None, **MAX_NEW_TOKENS)
    temperature: float = option(
        0.0, "0 gives the same answer every time; more draws.", metavar="T", least=0
    )
    top_p: float = option(
        1.0, "Draw only among the likeliest tokens of this share.", metavar="P", least=0, most=1
    )
    seed: int = option(
        0, "Random seed, used when --temperature is above 0.", metavar="N", least=0, most=2**63 - 1
    )

    windows: int | str = option(
        "auto",
        "Of a clip that is too long for the frames: how many windows are watched closely, those "
        "that the question is about first; or a few frames of all of it. [default: auto]",
        metavar="N|all|off",
        choices=WINDOWS,
        read=read_windows,
        wrong=": no such number of windows",
        hint="use a number, all or off",
        is_later=True,
    )
    strict: bool = option(
        False, "Of what is answered so, leave out sentences that no window supports.", is_later=True
    )

    think: int | None = option(
        None,
        "Let a model that can think do so before it answers, in at most N tokens; the thought is "
        "no part of the answer.",
        metavar="N",
        least=1,
        is_later=True,
    )
    keep_thought: bool = option(
        False, "With --think and --json: `thought` is in the record.", is_later=True
    )

    schema: str | None = option(
        None,
        "Answer with JSON that fits this JSON schema; say in the question what its fields mean.",
        metavar="FILE.json",
        read=read_schema,
        is_later=True,
    )
    """As JSON; on the command line the name of its file."""

    def __post_init__(self) -> None:
        require_declared(self)
        if self.keep_thought and self.think is None:
            raise UsageError("--keep-thought keeps no thought without --think", hint="--think 1024")
        if self.schema is not None and not isinstance(self.schema, str):
            raise UsageError("schema must be JSON as text", hint="json.dumps(schema)")
        known = self.windows in WINDOWS or (isinstance(self.windows, int) and self.windows > 0)
        if not known:
            raise UsageError(
                f"--windows {self.windows!r}: no such number of windows",
                hint="use a number, all or off",
            )

    @property
    def settings(self) -> dict[str, Any]:
        """All of it as it was given, for JSON."""
        return as_given(self)


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote about a message, without a clip."""

    text: str
    prompt_tokens: int
    new_tokens: int
    stopped_by: StoppedBy


@dataclass(frozen=True, slots=True)
class Scored:
    """How likely a model finds a given beginning of an answer."""

    prompt_tokens: int
    """Tokens before it."""
    tokens: tuple[tuple[int, float, str], ...]
    """The id, log probability (in nats) and text of each of its tokens."""
