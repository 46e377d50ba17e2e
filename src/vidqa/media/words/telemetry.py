"""Tell what a camera notes (exposure, position, speed, the clock) from what somebody says.

Drones, dashcams and camcorders write it where subtitles stand, many times a second. It is known by
what it is: numbers beside names that come again in every cue.
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
"""A cue with fewer may be a sentence."""

SHARE_OF_NUMBERS = 1 / 3
"""Of the numbers and names of a cue: every reading has one or two names."""

MOST = 0.8
"""The share of cues, or of names, that is enough to call them all so."""

FEW_CUES = 3
"""So few do not show what comes again."""

_NAMES = """
abs alt altitude aperture barometer bearing ct course date ev exposure fnum focal fps gps gpgga
gprmc h heading home hdop iso km kmh kn kph lat latitude lon long longitude m mph ms n e s w pitch
rel roll sat shutter speed srtcnt difftime framecnt timestamp utc wb x y yaw z zoom
"""
KNOWN_NAMES = frozenset(_NAMES.split())
"""What readings are called: two of them tell it where there are few cues."""

TICKS = 20
"""Few readings (`72 km/h`) are told by so many cues that differ in nothing but the numbers, or by
some with two names that readings have..."""

TICK_S = 1.1
"""...at so quick a beat: nobody counts so long or so fast."""


def is_telemetry(cues: Sequence[Cue]) -> bool:
    """Whether these are a camera's readings and not words."""
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
    """Whether a text is mostly numbers, or a clock."""
    numbers, names = NUMBER.findall(text), NAME.findall(text)
    if not names:
        return any(mark in number for number in numbers for mark in ".:/-")
    return len(numbers) >= max(FEWEST_NUMBERS, SHARE_OF_NUMBERS * (len(numbers) + len(names)))


def _ticks(cues: Sequence[Cue]) -> bool:
    """Whether it is one reading, again and again, at a quick beat."""
    if len(cues) < FEW_CUES:
        return False
    shape, count = Counter(NUMBER.sub("0", cue.text) for cue in cues).most_common(1)[0]
    names = KNOWN_NAMES.intersection(map(str.lower, NAME.findall(shape)))
    is_known = len(cues) >= TICKS or len(names) >= 2
    return is_known and "0" in shape and count >= MOST * len(cues) and _gap_s(cues) <= TICK_S


def _gap_s(cues: Sequence[Cue]) -> float:
    """The usual time from one cue to the next."""
    return median(after.start_s - before.start_s for before, after in pairwise(cues))
