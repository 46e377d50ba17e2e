"""Commands with groups of options: a group is a dataclass, an option one of its fields."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

from vidqa.cli.spool import is_stdin, spooled
from vidqa.errors import UsageError
from vidqa.system.config import setting
from vidqa.types.exit_codes import ExitCode
from vidqa.types.options import KEY, Option, flag, names_of

Command = Callable[..., ExitCode]


class Only:
    """Of a group: a command has these fields as options, the others stay at their defaults."""

    def __init__(self, *names: str, stdin_is_for: str = "") -> None:
        self.names = names
        self.stdin_is_for = stdin_is_for
        """What stdin holds instead of files; empty where files may come from it."""

    def has(self, name: str) -> bool:
        """Return whether the command has a field."""
        return name in self.names


class Without(Only):
    """Of a group: a command has all fields but these as options."""

    def has(self, name: str) -> bool:
        """Return whether the command has a field."""
        return name not in self.names


@dataclass(frozen=True, slots=True)
class Group:
    """A dataclass whose fields are options of one command."""

    kind: type[Any]
    part: Only

    @classmethod
    def of(cls, annotation: Any) -> "Group | None":
        """Return the group that a parameter's annotation means; None if it means none."""
        kind, *more = get_args(annotation) if get_origin(annotation) is Annotated else [annotation]
        part = next((one for one in more if isinstance(one, Only)), Without())
        return cls(kind, part) if isinstance(kind, type) and is_dataclass(kind) else None

    @property
    def fields(self) -> Iterator[Field[Any]]:
        """Those that are options: all of a command's own dataclass, the declared ones of others."""
        declared = any(KEY in one.metadata for one in fields(self.kind))
        for one in fields(self.kind):
            if self.part.has(one.name) and (KEY in one.metadata or not declared):
                yield one

    def parameters(self) -> Iterator[Parameter]:
        """Yield what Typer is to know of the options."""
        hints = get_type_hints(self.kind, include_extras=True)
        for one in self.fields:
            default, annotation = _default(one), hints[one.name]
            if (declared := one.metadata.get(KEY)) is not None:
                annotation = _annotation(one, declared, annotation)
            yield Parameter(
                _name(one), Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )

    def take(self, given: dict[str, Any]) -> Any:
        """Make the object of what was typed, and take that out. Raises UsageError."""
        typed = {one: given.pop(_name(one)) for one in self.fields}
        files = {one: value for one, value in typed.items() if self._may_be_stdin(one, value)}
        values = dict(self._values({one: typed[one] for one in typed.keys() - files.keys()}))
        made = self.kind(**values)  # which refuses what makes no sense before stdin is read
        return replace(made, **dict(self._values(files))) if files else made

    @staticmethod
    def _may_be_stdin(one: Field[Any], value: Any) -> bool:
        declared: Option | None = one.metadata.get(KEY)
        return declared is not None and declared.takes_stdin and value not in declared.choices

    def _values(self, typed: Mapping[Field[Any], Any]) -> Iterator[tuple[str, Any]]:
        for one, value in typed.items():
            declared: Option | None = one.metadata.get(KEY)
            if declared is None:
                yield one.name, value
            elif declared.setting is not None and not value:
                if known := setting(declared.setting).value:
                    yield one.name, known
            elif value is not None:
                yield one.name, self._read(one, declared, value)

    def _read(self, one: Field[Any], declared: Option, value: Any) -> Any:
        if declared.negates:
            return not value
        if not isinstance(value, str):
            return value
        if self._may_be_stdin(one, value):
            if self.part.stdin_is_for:
                refuse_stdin(value, one.name, self.part.stdin_is_for)
            value = spooled(value)
        return declared.value_of(flag(one), value)


def refuse_stdin(name: str, what: str, stdin_is_for: str) -> None:
    """Refuse a file that stdin cannot give. Raises UsageError."""
    if is_stdin(name):
        raise UsageError(f"{stdin_is_for}, so {what} cannot come from it")


def grouped(body: Command) -> Command:
    """Make a command for Typer, with the fields of its dataclasses as parameters of their own.

    Args:
        body: each of its parameters is declared as Typer wants it, or is a dataclass: one of the
            command line, whose fields are, or one whose fields are declared by `types.options`.

    """
    parameters = signature(body, eval_str=True).parameters
    groups = {
        name: group
        for name, one in parameters.items()
        if (group := Group.of(one.annotation)) is not None
    }

    def command(**given: Any) -> ExitCode:
        made = {name: group.take(given) for name, group in groups.items()}
        return body(**given, **made)

    flat = [
        one
        for parameter in parameters.values()
        for one in _options_of(parameter, groups.get(parameter.name))
    ]
    command.__signature__ = Signature(  # type: ignore[attr-defined]
        [one.replace(kind=Parameter.KEYWORD_ONLY) for one in flat]
    )
    command.__annotations__ = {}
    command.__name__, command.__doc__ = body.__name__, body.__doc__
    return command


def _options_of(parameter: Parameter, group: Group | None) -> Iterator[Parameter]:
    return iter([parameter]) if group is None else group.parameters()


def _name(one: Field[Any]) -> str:
    """Return the name of a field's parameter: as it is typed, which no two options are alike."""
    return flag(one).removeprefix("--").replace("-", "_") if KEY in one.metadata else one.name


def _default(one: Field[Any]) -> Any:
    declared: Option | None = one.metadata.get(KEY)
    if declared is None:
        return Parameter.empty if one.default is MISSING else one.default
    if declared.negates:
        return False
    is_shown = not _is_text(declared) or (declared.setting is None and isinstance(one.default, str))
    return one.default if is_shown else None


def _is_text(declared: Option) -> bool:
    """Return whether the value is made of what is typed, so that Typer hands over text."""
    return bool(declared.read or declared.choices or declared.setting)


def _annotation(one: Field[Any], declared: Option, hint: Any) -> Any:
    """Return what Typer takes for a field's declaration."""
    kind: Any = (str | None) if _is_text(declared) else hint
    return Annotated[
        kind,
        typer.Option(
            *names_of(one),
            metavar=declared.metavar,
            help=declared.help,
            min=declared.least,
            max=declared.most,
        ),
    ]
