"""Examine this installation, line by line."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated

from vidqa.cli import options
from vidqa.cli.command import Only, grouped
from vidqa.cli.model_choice import settled
from vidqa.cli.quiet import keep_libraries_off_the_network, silence_libraries
from vidqa.cli.render.escape import printable
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put, put_columns
from vidqa.models.registry import DEFAULT_MODEL
from vidqa.types import SCHEMA_VERSION
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings

if TYPE_CHECKING:
    from vidqa.tasks.doctor.finding import Finding

STYLES = {"ok": "green", "warning": "yellow", "failing": "bold red"}
NAME_COLUMNS = 22
"""Room for the names of what is looked at, on a terminal."""


@dataclass(slots=True)
class DoctorRun:
    """One command's work."""

    model: str
    device: str
    offline: bool
    as_json: bool
    reporter: StatusReporter
    is_titled: bool = field(default=False, init=False)
    """Whether the columns of a pipe have their titles."""

    def run(self) -> ExitCode:
        """Show every finding as it is made, and count them."""
        silence_libraries()
        if self.offline:
            keep_libraries_off_the_network()
        from vidqa.tasks.doctor.examine import examine

        states: Counter[str] = Counter()
        with self.reporter.stages():
            for finding in examine(
                self.model,
                device=self.device,
                offline=self.offline,
                notify=lambda name: self.reporter.progress(f"looking at {name}"),
                more=[("server", check_server)],
            ):
                self.reporter.pause()
                self._show(finding)
                states[finding.state] += 1
        self.reporter.note(", ".join(f"{states[state]} {state}" for state in STYLES))
        return ExitCode.SOMETHING_FAILS if states["failing"] else ExitCode.ANSWERED

    def _show(self, finding: "Finding") -> None:
        if self.as_json:
            put(json.dumps({"schema_version": SCHEMA_VERSION, **asdict(finding)}) + "\n")
        elif sys.stdout.isatty():
            _show_on_terminal(finding)
        else:
            if not self.is_titled:
                self.is_titled = True
                put_columns(("state", "name", "what is found", "what mends it"))
            put_columns((finding.state, finding.name, finding.said, finding.mend or ""))


def check_server() -> "Iterator[Finding]":
    """Yield whether a server runs."""
    from vidqa.serve.socket.client import NoServerError, Server
    from vidqa.tasks.doctor.finding import Finding

    try:
        server = Server.here()
        said = server.call("status")
    except NoServerError:
        yield Finding("server", "ok", "none runs; vidqa serve starts one")
        return
    maker = f"{said['model']}@{said['revision'][:12]} on {said['device']}"
    yield Finding("server", "ok", f"{maker} at {server.path}, process {said['pid']}")


def _show_on_terminal(finding: "Finding") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(width=max(map(len, STYLES)))
    table.add_column(min_width=NAME_COLUMNS, no_wrap=True)
    table.add_column(overflow="fold")
    said = Text(printable(finding.said))  # a Text is never read as markup
    if finding.mend:
        said.append(f"\nmend: {printable(finding.mend)}", style="dim")
    table.add_row(Text(finding.state, style=STYLES[finding.state]), printable(finding.name), said)
    Console(highlight=False, markup=False).print(table)


@grouped
def doctor(
    load: Annotated[LoadSettings, Only("device")],
    model: options.DoctorModel = None,
    offline: options.DoctorOffline = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> ExitCode:
    """Examine this installation. Line by line: ok, warning or failing, and what mends it."""
    model = settled("model", model, DEFAULT_MODEL)
    return DoctorRun(model, load.device, offline, as_json, StatusReporter(quiet=quiet)).run()
