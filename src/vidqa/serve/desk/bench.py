"""What a server works with: the model, and the clip that it has open."""

import json
from dataclasses import dataclass
from pathlib import Path

from vidqa.engine import Clip, Model
from vidqa.media.marks import marks
from vidqa.media.viewing import Viewing
from vidqa.serve.desk.metrics import Metrics
from vidqa.types import Marks, Notify


@dataclass(frozen=True, slots=True)
class View:
    """A clip, and how it is watched."""

    path: Path
    name: str
    """What it is called in answers."""
    viewing: Viewing

    @property
    def key(self) -> str:
        """The same for whoever watches the same file alike."""
        return json.dumps([str(self.path), self.viewing.key], default=str)


@dataclass(frozen=True, slots=True)
class _Open:
    key: str
    marks: Marks
    clip: Clip


class Bench:
    """Watches clips; the last one stays open, so that the next question about it is quick."""

    def __init__(self, model: Model, metrics: Metrics) -> None:
        self.model, self.metrics = model, metrics
        model.timings_s = {}  # nobody waited for it to be loaded
        self._open: _Open | None = None

    def holds(self, view: View | None) -> bool:
        """Return whether a clip is open; it may have changed since."""
        known = self._open
        return known is not None and view is not None and known.key == view.key

    def clip(self, view: View, notify: Notify) -> tuple[Clip, Marks]:
        """Return a clip, watched now or before, and its marks; the one before it is closed.

        Raises:
            VideoError: it cannot be watched.
            UsageError: a setting makes no sense for it.

        """
        mark = self.marks(view)
        known = self._open
        if known is not None and (known.key, known.marks) == (view.key, mark):
            self.metrics.shared.inc()
            known.clip.video = view.name
            return known.clip, mark
        self._open = known = None  # before another takes its memory
        self.metrics.watched.inc()
        fetch = self.model.fetch(view.path, view.viewing)
        try:
            clip = self.model.watched(view.name, fetch, view.viewing, notify=notify)
        except BaseException:
            fetch.cancel()
            raise
        self._open = _Open(view.key, mark, clip)
        return clip, mark

    def marks(self, view: View) -> Marks:
        """Return the fingerprints of a clip and of its subtitles, as they are now."""
        keep = self.model.cache is not None
        return marks(str(view.path), view.viewing.word_request, keep=keep)
