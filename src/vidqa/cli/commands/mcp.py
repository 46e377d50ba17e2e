"""`vidqa mcp`: tools for programs that speak the Model Context Protocol."""

from pathlib import Path
from typing import Annotated

import typer

from vidqa.cli import parse
from vidqa.cli.command import Only, grouped
from vidqa.cli.groups import ModelOptions, WatchSetup
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.runs.serving import ToolRun
from vidqa.media.viewing import Viewing
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings

Folders = Annotated[
    list[Path],
    typer.Argument(
        metavar="FOLDER...",
        help="Clips below these may be named, no others.",
        show_default=False,
    ),
]


@grouped
def mcp(
    folders: Folders,
    load: Annotated[LoadSettings, Only("device", "dtype", "speech", "keep")],
    model: ModelOptions,
) -> ExitCode:
    """Offer tools about clips to programs. Speaks the Model Context Protocol over stdin, stdout."""
    setup = WatchSetup(model=model.model, load=load, viewing=Viewing(), may_download=False)
    caches = parse.caches_held(has_choices=False, grounding=False)
    return ToolRun(folders, setup, caches, StatusReporter()).run()
