"""Whether the pictures of a clip end before it does, as in a file that was cut off."""

END_TOLERANCE_S = 1.0
"""The last picture is shown for a while; a moment this far behind it is no news."""


def said_of_end(last_picture_s: float, wanted_s: float) -> tuple[str, ...]:
    """A warning when a moment is wanted well after the last picture; times in seconds."""
    if last_picture_s >= wanted_s - END_TOLERANCE_S:
        return ()
    return (f"there is no new picture after {last_picture_s:.1f} s",)
