"""Cut a clip into the windows that are searched: 20 to 60 s each, overlapping a little."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vidqa.engine.summaries.topics import topic_changes
from vidqa.engine.summaries.windows import Window, windows
from vidqa.types import Cue

MOST_S = 46.0
"""Seconds of a window before its ends are moved."""
SLACK = 0.1
"""Part of its length by which each end is moved, at most."""
OVERLAP_S = 2.0
"""Seconds that each end is then moved into the neighbour: a sentence is seldom cut in both."""


def cut(
    duration_s: float,
    cues: Sequence[Cue],
    shots: Iterable[float] = (),
    *,
    most_s: float = MOST_S,
) -> tuple[Window, ...]:
    """Cut a clip where topics change, speakers pause or shots end.

    Args:
        duration_s: of the clip, in seconds.
        cues: all its words, in order of time.
        shots: starts of shots, in seconds, if they are known.
        most_s: seconds of a window before its ends are moved.

    """
    said = [cue for cue in cues if not cue.on_screen]
    end_s = max([duration_s, *(cue.end_s for cue in said)])
    parts = windows(
        0.0, end_s, most_s, cues=said, shots=shots, topics=topic_changes(said), slack=SLACK
    )
    return tuple(
        replace(
            part,
            start_s=max(0.0, part.start_s - OVERLAP_S),
            end_s=min(end_s, part.end_s + OVERLAP_S),
        )
        for part in parts
    )
