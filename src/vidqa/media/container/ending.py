"""Detect clips whose pictures end before they do, as in a file that was cut off."""

END_TOLERANCE_S = 1.0
"""Seconds after the last frame that are not reported: it is shown for a while."""


def said_of_end(last_picture_s: float, wanted_s: float) -> tuple[str, ...]:
    """Return a warning if a time is requested well after the last frame; times in seconds."""
    if last_picture_s >= wanted_s - END_TOLERANCE_S:
        return ()
    return (f"there is no new picture after {last_picture_s:.1f} s",)
