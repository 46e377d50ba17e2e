"""Times as people write them."""


def clock(time_s: float, decimals: int = 0, *, hours: bool = False) -> str:
    """`2:03`, from an hour on `1:02:03`.

    Args:
        time_s: in seconds, not below zero.
        decimals: of the seconds, rounded; with none it is the second that the time lies in.
        hours: write them, even if there are none.

    """
    unit = 10**decimals
    whole = round(time_s * unit) if decimals else int(time_s)
    minutes, rest = divmod(whole, 60 * unit)
    full_hours, minutes = divmod(minutes, 60)
    fraction = f".{rest % unit:0{decimals}}" if decimals else ""
    end = f"{rest // unit:02}{fraction}"
    return f"{full_hours}:{minutes:02}:{end}" if hours or full_hours else f"{minutes}:{end}"
