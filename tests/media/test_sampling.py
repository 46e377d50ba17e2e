from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vidqa.media.sampling.samplers import MOST_BY_RATE, Sampling
from vidqa.media.sampling.strategies import every, keyframes, scene, uniform

MOMENTS = st.floats(0, 100_000, allow_nan=False)
STRETCHES = st.tuples(MOMENTS, MOMENTS).map(sorted)
COUNTS = st.integers(1, 300)
TIMES = st.lists(MOMENTS, max_size=60, unique=True).map(sorted)


def is_sound(times: tuple[float, ...], start: float, end: float, count: int) -> None:
    """What holds for every sampler."""
    assert 1 <= len(times) <= count
    assert all(start <= time <= end for time in times)
    assert all(before < after for before, after in pairwise(times))


@given(STRETCHES, COUNTS)
def test_uniform_is_sound(stretch: list[float], count: int):
    times = uniform(*stretch, count)
    is_sound(times, *stretch, count)
    assert len(times) == count or stretch[1] - stretch[0] < 1e-6


@given(TIMES, STRETCHES, COUNTS)
def test_scene_is_sound(shots: list[float], stretch: list[float], count: int):
    times = scene(shots, *stretch, count)
    is_sound(times, *stretch, count)
    bounds = sorted([*stretch, *(shot for shot in shots if stretch[0] < shot < stretch[1])])
    if min(after - before for before, after in pairwise(bounds)) > 1e-6:
        assert len(times) == count


@given(TIMES, STRETCHES, COUNTS)
def test_keyframes_is_sound(keys: list[float], stretch: list[float], count: int):
    assume(any(stretch[0] <= key <= stretch[1] for key in keys))
    times = keyframes(keys, *stretch, count)
    is_sound(times, *stretch, count)
    assert set(times) <= set(keys)


@given(STRETCHES, st.floats(0.001, 240), COUNTS)
def test_every_is_sound(stretch: list[float], rate: float, count: int):
    times = every(*stretch, rate, count)
    is_sound(times, *stretch, count)
    assert times[0] == stretch[0]


def test_times_are_the_centres_of_equal_slices():
    assert uniform(0, 8, 4) == (1, 3, 5, 7)
    assert uniform(10, 12, 1) == (11,)


def test_no_time_at_all_gives_that_moment():
    assert uniform(3, 3, 3) == every(3, 3, 1, 3) == scene([], 3, 3, 3) == (3,)


def test_every_is_a_grid_from_the_start():
    assert every(10, 12, 2, 100) == (10, 10.5, 11, 11.5)
    assert every(0, 2.1, 1, 100) == (0, 1, 2)
    assert every(0, 0.3, 10, 100) == pytest.approx((0, 0.1, 0.2))


def test_every_covers_the_stretch_when_bounded():
    assert every(0, 10, 1, 5) == (0, 2, 4, 6, 8)
    assert every(0, 10, 1, 4) == (0, 3, 6, 9)
    assert every(0, 10, 1, 1) == (0,)


def test_scene_takes_the_middle_of_each_shot():
    assert scene([0, 4, 6], 0, 10, 3) == (2, 5, 8)
    assert scene([], 0, 10, 1) == (5,)
    assert scene([1, 12, 16, 30], 10, 20, 3) == (11, 14, 18)  # only what is in the stretch


def test_scene_cuts_up_the_longest_stretches():
    assert scene([0, 8], 0, 10, 3) == (2, 6, 9)
    assert scene([0, 8], 0, 10, 5) == (1, 3, 5, 7, 9)


def test_scene_chooses_evenly_among_many_shots():
    assert scene(range(10), 0, 10, 5) == (1.5, 3.5, 5.5, 7.5, 9.5)
    assert scene(range(10), 0, 10, 1) == (5.5,)


def test_keyframes_are_the_nearest_and_none_comes_twice():
    assert keyframes([0, 2, 4, 6, 8], 0, 10, 2) == (2, 8)
    assert keyframes([0, 9], 0, 10, 4) == (0, 9)
    assert keyframes([0, 5, 9], 4, 8, 8) == (5,)
    assert keyframes([4, 6], 0, 10, 1) == (4,)


@pytest.mark.parametrize(
    "call",
    [
        lambda: uniform(0, 1, 0),
        lambda: uniform(2, 1, 4),
        lambda: every(0, 1, 0, 4),
        lambda: every(0, 1, float("nan"), 4),
        lambda: every(0, 1, 1, 0),
        lambda: scene([], 2, 1, 4),
        lambda: scene([], 1, 2, 0),
        lambda: keyframes([], 0, 1, 4),
        lambda: keyframes([0, 9], 1, 8, 4),
    ],
)
def test_nonsense_is_refused(call):
    with pytest.raises(ValueError, match=r"^(uniform|every|scene|keyframes): "):
        call()


@pytest.mark.parametrize(
    "text", ["uniform", "paper", "scene", "keyframes", "fps:2", "fps:0.5", "fps:29.97"]
)
def test_a_sampling_is_written_as_it_is_read(text: str):
    assert str(Sampling.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "random", "fps", "fps:", "fps:0", "fps:-1", "fps:x", "fps:inf", "fps:nan", "fps:1e3",
     "fps:241", "fps:\u0661", "scene:2", "uniform:", "Uniform", " uniform"],
)  # fmt: skip
def test_other_texts_are_no_sampling(text: str):
    with pytest.raises(ValueError, match=r"sampling|Sampling"):
        Sampling.parse(text)


@pytest.mark.parametrize(("name", "rate"), [("fps", None), ("uniform", 2.0), ("nope", None)])
def test_a_sampling_makes_sense(name: str, rate: float | None):
    with pytest.raises(ValueError, match="Sampling"):
        Sampling(name, rate)  # type: ignore[arg-type]


def test_how_many_frames_at_most():
    assert Sampling().most(None, 8) == 8
    assert Sampling.parse("fps:1").most(None, 8) == MOST_BY_RATE
    assert Sampling.parse("fps:1").most(20, 8) == Sampling().most(20, 8) == 20
