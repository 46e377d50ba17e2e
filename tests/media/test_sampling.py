from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidqa.media.sampling import Sampling, every, keyframes, paper, scene, uniform

STARTS = st.floats(0, 1e4)
LENGTHS = st.floats(0.01, 1e4)
COUNTS = st.integers(1, 120)
CUTS = st.lists(st.floats(0, 2e4), max_size=60).map(sorted)


def test_times_are_the_centres_of_equal_slices():
    assert uniform(0, 8, 4) == (1, 3, 5, 7)
    assert uniform(10, 12, 1) == (11,)


def test_no_time_at_all_gives_that_moment():
    assert uniform(0, 0, 3) == (0, 0, 0)


@pytest.mark.parametrize(
    "choose", [uniform, lambda *a: scene([], *a), lambda *a: keyframes([], *a)]
)
@pytest.mark.parametrize(("start_s", "end_s", "count"), [(0, 1, 0), (2, 1, 4)])
def test_nonsense_is_refused(choose, start_s, end_s, count):
    with pytest.raises(ValueError, match="must"):
        choose(start_s, end_s, count)


@given(start_s=STARTS, length_s=LENGTHS, count=COUNTS, cuts=CUTS)
def test_every_strategy_stays_inside_in_order_and_within_the_count(start_s, length_s, count, cuts):
    end_s = start_s + length_s
    for times in (
        uniform(start_s, end_s, count),
        paper(start_s, end_s, 25, count),
        every(start_s, end_s, 2, count),
        scene(cuts, start_s, end_s, count),
        keyframes(cuts, start_s, end_s, count),
    ):
        assert 1 <= len(times) <= count
        assert all(a <= b for a, b in pairwise(times))
        assert start_s <= times[0]
        assert times[-1] <= max(end_s, start_s + 0.5 / 25)
    assert len(uniform(start_s, end_s, count)) == count
    assert len(scene(cuts, start_s, end_s, count)) == count


@pytest.mark.parametrize(
    ("frames", "count", "taken"),
    [
        (150, 90, range(90)),  # only the first three fifths are seen
        (179, 90, range(90)),
        (180, 90, range(0, 180, 2)),
        (89, 45, range(45)),
        (269, 90, range(0, 180, 2)),
        (30, 90, range(30)),
    ],
)
def test_the_authors_rule(frames: int, count: int, taken: range):
    rate = 25.0
    times = paper(0, frames / rate, rate, count)
    assert [int(time_s * rate) for time_s in times] == list(taken)


def test_a_beat_starts_at_the_beginning_and_is_thinned_evenly():
    assert every(0, 4, 1, None) == (0, 1, 2, 3)
    assert every(1, 2, 4, None) == (1, 1.25, 1.5, 1.75)
    assert every(0, 0.1, 1, None) == (0,)
    thinned = every(0, 100, 1, 10)
    assert len(thinned) == 10
    assert {b - a for a, b in pairwise(thinned)} == {10}


def test_every_shot_is_seen_and_long_ones_more_often():
    assert scene([2, 8], 0, 10, 3) == (1, 5, 9)
    assert scene([2, 8], 0, 10, 4) == (1, 3.5, 6.5, 9)
    assert scene([2, 8], 0, 10, 2) == (1, 9)
    assert scene([], 0, 8, 4) == uniform(0, 8, 4)


def test_moments_move_to_the_nearest_keyframe_and_none_is_taken_twice():
    assert keyframes([0, 4, 8], 0, 10, 3) == (0, 4, 8)
    assert keyframes([0, 9], 0, 10, 5) == (0, 9)
    assert keyframes([], 3, 10, 5) == (3,)
    assert keyframes([0, 4, 8], 5, 10, 2) == (8,)


@pytest.mark.parametrize("text", ["uniform", "paper", "scene", "keyframes"])
def test_a_strategy_is_read_by_name(text: str):
    assert Sampling.parse(text).strategy == text


def test_a_rate_is_read():
    assert Sampling.parse("fps:2.5") == Sampling("fps", 2.5)


@pytest.mark.parametrize("text", ["", "fps", "fps:0", "fps:x", "fps:nan", "uniform:2", "random"])
def test_an_unknown_strategy_is_refused(text: str):
    with pytest.raises(ValueError, match=r"Sampling|float"):
        Sampling.parse(text)
