"""How exactly times of pictures are compared."""

CLOCK_DIGITS = 6
"""Times are compared to the microsecond: a moment computed to be a frame's own time is its time."""
