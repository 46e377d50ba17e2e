"""How fast a run goes, in words."""

from dataclasses import dataclass
from datetime import timedelta

from vidqa.tasks.folders.book import Tally

UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Pace:
    """What was done in how many seconds."""

    tally: Tally
    seconds: float

    @property
    def worked(self) -> int:
        """Clips done in this run, not before."""
        return self.tally.done - self.tally.before

    @property
    def per_hour(self) -> str:
        """`312`, or that it is not known yet."""
        return f"{self.worked / self.seconds * 3600:.0f}" if self.worked else UNKNOWN

    @property
    def left(self) -> str:
        """`0:04:10` for the clips left."""
        if not self.worked:
            return UNKNOWN
        return str(timedelta(seconds=round(self.seconds / self.worked * self.tally.left)))

    def __str__(self) -> str:
        """The whole of it, once the run is over."""
        tally = self.tally
        clips = "1 clip" if tally.clips == 1 else f"{tally.clips} clips"
        parts = [f"{tally.done - tally.failed} answered", f"{tally.failed} failed"]
        if tally.left:
            parts.append(f"{tally.left} left")
        if tally.before:
            parts.append(f"{tally.before} of them before")
        pace = f"; {self.per_hour} an hour without loading" if self.worked else ""
        return f"{clips}: {', '.join(parts)}{pace}"
