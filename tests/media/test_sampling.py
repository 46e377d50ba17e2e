from itertools import pairwise

import pytest

from vidqa.media.sampling import uniform


def test_times_are_the_centres_of_equal_slices():
    assert uniform(0, 8, 4) == (1, 3, 5, 7)
    assert uniform(10, 12, 1) == (11,)


def test_times_stay_inside_and_increase_strictly():
    times = uniform(1.5, 7.25, 45)
    assert len(times) == 45
    assert times[0] > 1.5
    assert times[-1] < 7.25
    assert all(a < b for a, b in pairwise(times))


def test_no_time_at_all_gives_that_moment():
    assert uniform(0, 0, 3) == (0, 0, 0)


@pytest.mark.parametrize(("start_s", "end_s", "count"), [(0, 1, 0), (2, 1, 4)])
def test_nonsense_is_refused(start_s, end_s, count):
    with pytest.raises(ValueError, match="uniform"):
        uniform(start_s, end_s, count)
