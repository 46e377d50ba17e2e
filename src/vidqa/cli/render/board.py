"""The progress of a run over many clips, on stderr."""

import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.table import Table

from vidqa.cli.render.pace import Pace
from vidqa.tasks.folders.book import Tally


class Board:
    """A small table on a terminal, hidden whenever something is written."""

    def __init__(self) -> None:
        self._label = ""
        self._tally: Callable[[], Tally] | None = None
        self._begun = time.monotonic()
        # rich would redirect stdout to this console, and so to stderr
        self._live = Live(
            get_renderable=self._table,
            console=Console(file=sys.stderr),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def follow(self, tally: Callable[[], Tally]) -> None:
        """Count clips from now on."""
        self._tally, self._begun = tally, time.monotonic()

    def show(self, label: str) -> None:
        """Appear, and name the current work."""
        self._label = label
        self._live.start(refresh=True)

    def hide(self) -> None:
        """Disappear from the screen."""
        self._live.stop()

    def _table(self) -> Table:
        cells = {"now": self._label}
        if self._tally is not None:
            tally = self._tally()
            pace = Pace(tally, time.monotonic() - self._begun)
            cells = {
                "done": str(tally.done),
                "left": str(tally.left),
                "failed": str(tally.failed),
                "clips an hour": pace.per_hour,
                "time left": pace.left,
                **cells,
            }
        table = Table(*cells, box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_row(*cells.values())
        return table
