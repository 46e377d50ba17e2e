"""Options in groups: one field is one option, in every command that has the group."""

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from vidqa.cli.command import grouped
from vidqa.types.exit_codes import ExitCode


@dataclass(frozen=True, kw_only=True)
class Size:
    width: Annotated[int, typer.Option("--width", "-w", min=1, help="In pixels.")]
    scale: Annotated[float, typer.Option(help="Of it.")] = 1.0


@dataclass(frozen=True, kw_only=True)
class Framed(Size):
    scale: Annotated[float, typer.Option(help="Of the frame.")] = 0.5
    border: Annotated[bool, typer.Option("--border")] = False


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


def typed(*words: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(draw)
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
