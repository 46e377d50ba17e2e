"""The pace of a run, in words."""

from dataclasses import dataclass
from datetime import timedelta

from vidqa.tasks.folders.book import Tally

UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Pace:
    """The tally of a run and its seconds."""

    tally: Tally
    seconds: float

    @property
    def worked(self) -> int:
        """Number of clips done in this run, not before."""
        return self.tally.done - self.tally.before

    @property
    def per_hour(self) -> str:
        """Clips per hour, such as `312`, or that it is not known yet."""
        return f"{self.worked / self.seconds * 3600:.0f}" if self.worked else UNKNOWN

    @property
    def left(self) -> str:
        """Time for the clips left, such as `0:04:10`."""
        if not self.worked:
            return UNKNOWN
        return str(timedelta(seconds=round(self.seconds / self.worked * self.tally.left)))

    def __str__(self) -> str:
        """Return the final report of a run."""
        tally = self.tally
        clips = "1 clip" if tally.clips == 1 else f"{tally.clips} clips"
        parts = [f"{tally.done - tally.failed} answered", f"{tally.failed} failed"]
        if tally.left:
            parts.append(f"{tally.left} left")
        if tally.before:
            parts.append(f"{tally.before} of them before")
        pace = f"; {self.per_hour} an hour without loading" if self.worked else ""
        return f"{clips}: {', '.join(parts)}{pace}"
