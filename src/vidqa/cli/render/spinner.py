"""A turning wheel on stderr that names the stage at work."""

import sys

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner as Wheel


class Spinner:
    """Shown on a terminal only; gone from the screen whenever something is written."""

    def __init__(self) -> None:
        unicode = sys.stderr.encoding.lower().startswith("utf")
        self._wheel = Wheel("dots" if unicode else "line")
        # rich would send what is written to stdout to this console, and so to stderr
        self._live = Live(
            self._wheel,
            console=Console(file=sys.stderr),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def show(self, label: str) -> None:
        """Turn, naming what is done."""
        self._wheel.update(text=label)
        self._live.start(refresh=True)

    def hide(self) -> None:
        """Leave no trace on the screen."""
        self._live.stop()
