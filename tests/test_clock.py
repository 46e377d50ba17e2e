"""Times as people write them."""

import pytest

from vidqa.types.clock import clock


@pytest.mark.parametrize(
    ("time_s", "decimals", "text"),
    [
        (0, 0, "0:00"),
        (59.9, 0, "0:59"),
        (61, 0, "1:01"),
        (3723.4, 0, "1:02:03"),
        (0, 1, "0:00.0"),
        (59.96, 1, "1:00.0"),
        (3599.99, 1, "1:00:00.0"),
        (61.2, 1, "1:01.2"),
        (62.3454, 3, "1:02.345"),
        (3599.9996, 3, "1:00:00.000"),
    ],
)
def test_times(time_s: float, decimals: int, text: str) -> None:
    assert clock(time_s, decimals) == text


def test_hours_may_always_be_written() -> None:
    assert clock(42, hours=True) == "0:00:42"
    assert clock(3723.4496, 3, hours=True) == "1:02:03.450"
    assert clock(360_000, hours=True) == "100:00:00"
