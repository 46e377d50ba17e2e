"""Commands with groups of options: a group is a dataclass, an option one of its fields."""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints

from vidqa.types.exit_codes import ExitCode

Command = Callable[..., ExitCode]


def grouped(body: Command) -> Command:
    """Make a command for Typer, with the fields of its dataclasses as separate parameters.

    Args:
        body: each of its parameters is declared as Typer requires, or is a dataclass whose fields
            are.

    """
    parameters = signature(body, eval_str=True).parameters
    groups: dict[str, Any] = {
        name: one.annotation for name, one in parameters.items() if is_dataclass(one.annotation)
    }

    def command(**given: Any) -> ExitCode:
        for name, group in groups.items():
            given[name] = group(**{one.name: given.pop(one.name) for one in fields(group)})
        return body(**given)

    flat = [
        one
        for parameter in parameters.values()
        for one in (_fields_of(parameter.annotation) if parameter.name in groups else [parameter])
    ]
    command.__signature__ = Signature(  # type: ignore[attr-defined]
        [one.replace(kind=Parameter.KEYWORD_ONLY) for one in flat]
    )
    command.__annotations__ = {}
    command.__name__, command.__doc__ = body.__name__, body.__doc__
    return command


def _fields_of(group: type[Any]) -> Iterator[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for one in fields(group):
        default = Parameter.empty if one.default is MISSING else one.default
        yield Parameter(
            one.name, Parameter.KEYWORD_ONLY, default=default, annotation=hints[one.name]
        )
