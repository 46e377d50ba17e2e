"""Tell a camera's telemetry (exposure, position, speed, the clock) from what somebody says.

Drones, dashcams and camcorders write it into subtitle tracks, many times a second. It is recognised
by its content: numbers beside names that recur in every cue.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from vidqa.types import Cue

NUMBER = re.compile(r"\d+(?:[.:/-]\d+)*")
NAME = re.compile(r"[^\W\d]+")

READINGS = "a camera's readings, not words"

FEWEST_NUMBERS = 3
"""Numbers in a reading at least; a cue with fewer may be a sentence."""

SHARE_OF_NUMBERS = 1 / 3
"""Share of numbers among a reading's numbers and names: every number has one or two names."""

MOST = 0.8
"""Share of the cues, or of the names, that must be telemetry for all to count as it."""

FEW_CUES = 3
"""Cues needed at least to see what recurs."""

_NAMES = """
abs alt altitude aperture barometer bearing ct course date ev exposure fnum focal fps gps gpgga
gprmc h heading home hdop iso km kmh kn kph lat latitude lon long longitude m mph ms n e s w pitch
rel roll sat shutter speed srtcnt difftime framecnt timestamp utc wb x y yaw z zoom
"""
KNOWN_NAMES = frozenset(_NAMES.split())
"""Names that readings have; two of them are enough if there are few cues."""

TICKS = 20
"""Cues that differ only in their numbers (`72 km/h`), from which they are telemetry; fewer are
enough with two names that readings have..."""

TICK_S = 1.1
"""...and seconds between them at most: nobody counts so long or so fast."""


def is_telemetry(cues: Sequence[Cue]) -> bool:
    """Return whether the cues are a camera's telemetry and not words."""
    readings = [cue for cue in cues if _is_reading(cue.text)]
    if not cues or len(readings) < MOST * len(cues):
        return _ticks(cues)
    names = [frozenset(map(str.lower, NAME.findall(cue.text))) for cue in readings]
    known = sum(len(one & KNOWN_NAMES) >= 2 or not one for one in names)
    if known >= MOST * len(names):
        return True
    count = Counter(name for one in names for name in one)
    again = sum(times for times in count.values() if 2 * times >= len(names))
    return len(cues) >= FEW_CUES and again >= MOST * count.total() and _gap_s(cues) <= TICK_S


def _is_reading(text: str) -> bool:
    """Return whether a text is mostly numbers, or a clock."""
    numbers, names = NUMBER.findall(text), NAME.findall(text)
    if not names:
        return any(mark in number for number in numbers for mark in ".:/-")
    return len(numbers) >= max(FEWEST_NUMBERS, SHARE_OF_NUMBERS * (len(numbers) + len(names)))


def _ticks(cues: Sequence[Cue]) -> bool:
    """Return whether the cues are one reading, repeated at short intervals."""
    if len(cues) < FEW_CUES:
        return False
    shape, count = Counter(NUMBER.sub("0", cue.text) for cue in cues).most_common(1)[0]
    names = KNOWN_NAMES.intersection(map(str.lower, NAME.findall(shape)))
    is_known = len(cues) >= TICKS or len(names) >= 2
    return is_known and "0" in shape and count >= MOST * len(cues) and _gap_s(cues) <= TICK_S


def _gap_s(cues: Sequence[Cue]) -> float:
    """Return the median time from one cue to the next, in seconds."""
    return median(after.start_s - before.start_s for before, after in pairwise(cues))
