"""A spinner on stderr that names the current stage."""

import sys

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner as Wheel


class Spinner:
    """A spinner, shown on a terminal only and hidden whenever something is written."""

    def __init__(self) -> None:
        unicode = sys.stderr.encoding.lower().startswith("utf")
        self._wheel = Wheel("dots" if unicode else "line")
        # rich would redirect stdout to this console, and so to stderr
        self._live = Live(
            self._wheel,
            console=Console(file=sys.stderr),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def show(self, label: str) -> None:
        """Turn, and name the current work."""
        self._wheel.update(text=label)
        self._live.start(refresh=True)

    def hide(self) -> None:
        """Disappear from the screen."""
        self._live.stop()
