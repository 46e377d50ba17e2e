"""Options: each is declared once, at the field that it fills.

The command line, its help, the man page, the tables of the documents, the records and the Python
API are made of these declarations.
"""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from vidqa.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Settings = TypeVar("Settings", bound="DataclassInstance")

KEY = "option"
"""Of a field's metadata."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """How the value of a field is typed, and what it means."""

    help: str
    metavar: str | None = None
    """What stands for the value in a command's help."""
    names: tuple[str, ...] = ()
    """As typed, such as `--start`; made of the field's name if there are none."""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    """Values that are taken as they are typed; without `read` there are no others."""
    read: Callable[[str], Any] | None = None
    """Makes the value of what is typed. Raises UsageError, or ValueError that says nothing more."""
    hint: str | None = None
    """What to write instead, where `read` raised a ValueError."""
    wrong: str = ": no such {noun}"
    """What is said of the text then."""
    takes_stdin: bool = False
    """Whether it names a file, which may be `-`."""
    negates: bool = False
    """Whether typing it means False."""
    setting: str | None = None
    """The name in `vidqa config` whose value holds where nothing is typed."""
    record: str | None = None
    """The key in records; the field's name if None."""
    is_later: bool = False
    """Whether records leave it out at its default, as those did that were made before it was."""

    def value_of(self, name: str, text: str) -> Any:
        """Make the value of what was typed as `name`. Raises UsageError."""
        noun = name.removeprefix("--")
        if text in self.choices:
            return text
        if self.read is None:
            if self.choices:
                hint = f"use {listed(self.choices)}"
                raise UsageError(f"{name} {text!r}: no such {noun}", hint=hint)
            return text
        try:
            return self.read(text)
        except ValueError as error:
            message = self.wrong.format(noun=noun)
            raise UsageError(f"{name} {text!r}{message}", hint=self.hint) from error


def option(default: Any, help: str, **more: Any) -> Any:  # noqa: A002
    """Declare a field with an option; `more` are fields of `Option`."""
    return field(default=default, metadata={KEY: Option(help=help, **more)})


def options_of(group: type[Any]) -> Mapping[str, Option]:
    """Return the options of a dataclass, by the names of its fields."""
    return {one.name: one.metadata[KEY] for one in fields(group) if KEY in one.metadata}


def flag(one: Field[Any]) -> str:
    """Return the long name of a field's option."""
    return names_of(one)[0]


def names_of(one: Field[Any]) -> tuple[str, ...]:
    """Return all that a field's option can be typed as, the long name first."""
    names: tuple[str, ...] = one.metadata[KEY].names
    return names or (f"--{one.name.replace('_', '-')}",)


def as_given(values: Any) -> dict[str, Any]:
    """Return all options of a dataclass object as they were given, for JSON."""
    return {
        declared.record or one.name: _plain(value)
        for one in fields(values)
        if (declared := one.metadata.get(KEY)) is not None
        and not ((value := getattr(values, one.name)) == one.default and declared.is_later)
    }


def later_ones(values: Any) -> dict[str, Any]:
    """Return the values of later options that were given: of others, old keys know nothing."""
    return {
        one.name: value
        for one in fields(values)
        if (declared := one.metadata.get(KEY)) is not None
        and declared.is_later
        and (value := getattr(values, one.name)) != one.default
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def require_declared(values: Any) -> None:
    """Refuse numbers out of bounds and words that are no choice, whoever gave them.

    Raises:
        UsageError: names the option.

    """
    for one in fields(values):
        declared: Option | None = one.metadata.get(KEY)
        value = getattr(values, one.name)
        if declared is None or value is None or value == one.default:
            continue
        if declared.choices and declared.read is None:
            declared.value_of(flag(one), value)
        if declared.least is not None and not value >= declared.least:
            raise UsageError(f"{flag(one)} must be at least {declared.least:g}, got {value}")
        if declared.most is not None and not value <= declared.most:
            raise UsageError(f"{flag(one)} must be at most {declared.most:g}, got {value}")


def with_options(
    kind: type[Settings], settings: Settings | None, given: dict[str, Any]
) -> Settings:
    """Return settings with some fields as given, by name; all others at their defaults if None."""
    return kind(**given) if settings is None else replace(settings, **given)


def listed(names: tuple[str, ...]) -> str:
    """Write names as a sentence does: `auto, pyav or decord`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
