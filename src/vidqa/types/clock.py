"""Times in minutes and seconds."""


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
