"""Times in minutes and seconds."""

import re

CLOCK = re.compile(
    r"(?:(?:(\d+):(?=[0-5]?\d:))?(\d+):(?=[0-5]?\d(?:[.,]|$)))?(\d+(?:[.,]\d+)?)", re.ASCII
)
"""`90.5`, `75:30`, `0:01:30`, or as it stands in an SRT file: `00:01:30,500`."""
UNITS = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:[.,]\d+)?)s?)?", re.ASCII | re.IGNORECASE)
"""`1h2m3s`, `90s`."""
HOURS_ALONE = re.compile(r"^(\d+h\d+)$", re.ASCII | re.IGNORECASE)
"""`1h30`: the 30 are minutes."""


def clock(time_s: float, decimals: int = 0, *, hours: bool = False) -> str:
    """Format a time as `2:03`, from an hour on as `1:02:03`.

    Args:
        time_s: seconds, not below zero.
        decimals: decimals of the seconds, rounded; with 0, the seconds are rounded down.
        hours: write the hours even if they are 0.

    """
    unit = 10**decimals
    whole = round(time_s * unit) if decimals else int(time_s)
    minutes, rest = divmod(whole, 60 * unit)
    full_hours, minutes = divmod(minutes, 60)
    fraction = f".{rest % unit:0{decimals}}" if decimals else ""
    end = f"{rest // unit:02}{fraction}"
    return f"{full_hours}:{minutes:02}:{end}" if hours or full_hours else f"{minutes}:{end}"


def as_typed(seconds: float) -> str:
    """Write a time as people type it: `7.5`, `12:30`, `1:02:03`."""
    if seconds < 60:
        return f"{seconds:g}"
    rounded = round(seconds, 2)
    return clock(rounded, 2 if rounded % 1 else 0)


def read_seconds(text: str) -> float:
    """Read `90`, `1:30`, `75:30`, `0:01:30`, `00:01:30,500`, `90.5` or `1m30s` as seconds.

    Raises:
        ValueError: it is not a time.

    """
    typed = HOURS_ALONE.sub(r"\1m", text.strip())
    match = CLOCK.fullmatch(typed) or UNITS.fullmatch(typed)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not a time")
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
