"""Intervals of shares and of their differences."""

import random

import pytest

from vidqa.tasks.evaluate.bootstrap import share


def test_the_mean_lies_in_its_interval() -> None:
    one = share([1.0] * 70 + [0.0] * 30, [""] * 100)
    assert one.mean == 0.7
    assert one.low < 0.7 < one.high
    assert (one.low, one.high) == pytest.approx((0.61, 0.79), abs=0.02)
    assert one == share([1.0] * 70 + [0.0] * 30, [""] * 100), "the same every time"


def test_always_saying_yes_is_one_half() -> None:
    one = share([1.0] * 90 + [0.0] * 10, ["yes"] * 90 + ["no"] * 10)
    assert one.mean == 0.5


def test_intervals_hold_what_they_promise() -> None:
    chance = random.Random(0)
    hits = 0
    for _ in range(60):
        values = [float(chance.random() < 0.6) for _ in range(80)]
        one = share(values, [""] * 80)
        hits += one.low <= 0.6 <= one.high
    assert hits >= 52  # 57 of 60 expected
