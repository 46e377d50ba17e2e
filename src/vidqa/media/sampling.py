"""Which moments of a clip to look at. Pure functions over times."""

CLOCK_DIGITS = 6
"""Times are compared to the microsecond: a moment computed to be a frame's own time is its time."""


def uniform(start_s: float, end_s: float, count: int) -> tuple[float, ...]:
    """The centres of `count` equal slices of a stretch of time, in seconds.

    Raises:
        ValueError: `count` is below 1, or the stretch ends before it starts.

    """
    if count < 1:
        raise ValueError(f"uniform: count must be at least 1, got {count}")
    if end_s < start_s:
        raise ValueError(f"uniform: end_s must not come before start_s, got {start_s} and {end_s}")
    slice_s = (end_s - start_s) / count
    return tuple(start_s + slice_s * (index + 0.5) for index in range(count))
