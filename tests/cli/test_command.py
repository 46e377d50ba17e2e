"""Options in groups: one field is one option, in every command that has the group."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from vidqa.cli.command import Only, Without, grouped
from vidqa.errors import UsageError
from vidqa.system.config import write_setting
from vidqa.types.exit_codes import ExitCode
from vidqa.types.options import as_given, option


@dataclass(frozen=True, kw_only=True)
class Size:
    width: Annotated[int, typer.Option("--width", "-w", min=1, help="In pixels.")]
    scale: Annotated[float, typer.Option(help="Of it.")] = 1.0


@dataclass(frozen=True, kw_only=True)
class Framed(Size):
    scale: Annotated[float, typer.Option(help="Of the frame.")] = 0.5
    border: Annotated[bool, typer.Option("--border")] = False


@dataclass(frozen=True, kw_only=True)
class Paint:
    """As the library declares options."""

    colour: str = option("red", "Of the line.", choices=("red", "blue"), metavar="red|blue")
    until_s: float | None = option(None, "In seconds.", names=("--until",), read=float, hint="9")
    device: str = option("auto", "Who paints.", setting="device")
    wet: bool = option(True, "Let it dry.", names=("--dry",), negates=True)
    coats: int = option(1, "How many.", least=1, record="layers", is_later=True)
    reason: str = "none"


said: list[object] = []


@grouped
def draw(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    framed: Framed,
    quiet: Annotated[bool, typer.Option("--quiet")] = False,
) -> ExitCode:
    """Draw it."""
    said.append((name, framed, quiet))
    return ExitCode.ANSWERED


@grouped
def paint(
    all_of_it: Paint,
    name: Annotated[str, typer.Argument(metavar="NAME")] = "it",
) -> ExitCode:
    """Paint it."""
    said.append(all_of_it)
    return ExitCode.ANSWERED


@grouped
def touch_up(
    some: Annotated[Paint, Only("coats")], others: Annotated[Paint, Without("coats", "wet")]
) -> ExitCode:
    """Paint it again."""
    said.append((some, others))
    return ExitCode.ANSWERED


def typed(*words: str, command: Callable[..., ExitCode] = draw) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(command)
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.output


def test_fields_are_options() -> None:
    said.clear()
    assert typed("a", "-w", "3", "--border", "--quiet")[0] == 0
    assert said == [("a", Framed(width=3, scale=0.5, border=True), True)]


def test_what_is_wrong_or_missing_is_told() -> None:
    assert typed("a", "-w", "0")[0] == 2
    status, told = typed("a")
    assert status == 2
    assert "--width" in told


def test_help_names_them_in_order() -> None:
    told = typed("--help")[1]
    assert "Draw it." in told
    places = [told.index(one) for one in ("--width", "--scale", "--border", "--quiet")]
    assert places == sorted(places)
    assert "Of the frame." in told


def painted(*words: str) -> object:
    said.clear()
    typed(*words, command=paint)
    return said[0]


def test_what_the_library_declares_is_read_by_its_declaration() -> None:
    assert painted() == Paint()
    assert painted("--until", "1.5", "--colour", "blue", "--dry", "--coats", "2") == Paint(
        until_s=1.5, colour="blue", wet=False, coats=2
    )
    assert "--reason" not in typed("--help", command=paint)[1], "no option was declared"


def test_what_is_set_holds_where_nothing_is_typed() -> None:
    write_setting("device", "cpu")
    assert painted() == Paint(device="cpu")
    assert painted("--device", "mps") == Paint(device="mps")
    assert painted("--device", "") == Paint(device="cpu"), "an empty word sets nothing"


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["--colour", "green"], "--colour 'green': no such colour", "use red or blue"),
        (["--until", "noon"], "--until 'noon': no such until", "9"),
    ],
)
def test_what_cannot_be_read_is_refused(words: list[str], message: str, hint: str) -> None:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(paint)
    with pytest.raises(UsageError) as error:
        app(words, standalone_mode=False)
    assert (error.value.message, error.value.hint) == (message, hint)


def test_a_command_may_have_a_part_of_a_group() -> None:
    said.clear()
    words = ["--coats", "3", "--colour", "blue"]
    assert typed(*words, command=touch_up)[0] == 0
    assert said == [(Paint(coats=3), Paint(colour="blue"))]
    assert typed("--dry", command=touch_up)[0] == 2


def test_records_hold_what_was_given() -> None:
    old = {"colour": "red", "until_s": None, "device": "auto", "wet": True}
    assert as_given(Paint()) == old, "records made before there were coats say as much"
    assert as_given(Paint(coats=2)) == {**old, "layers": 2}
