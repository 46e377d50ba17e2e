"""How clips are cut into the windows of an index."""

from itertools import pairwise

import numpy as np
import pytest
from shelves import said

from vidqa.engine.finding.cut import OVERLAP_S, cut
from vidqa.types import Cue


@pytest.mark.parametrize("duration_s", [0.0, 0.04, 5.0, 46.0])
def test_a_short_clip_is_one_window(duration_s: float) -> None:
    (only,) = cut(duration_s, ())
    assert (only.start_s, only.end_s) == (0.0, duration_s)


@pytest.mark.parametrize("duration_s", [46.5, 60.0, 93.0, 600.0, 10_800.0])
@pytest.mark.parametrize("speaks", [False, True])
def test_windows_last_20_to_60_s_and_overlap_a_little(duration_s: float, speaks: bool) -> None:
    times = np.arange(1, duration_s - 6, 7.3) if speaks else ()
    cues = [Cue(time_s, time_s + 4.1, "somebody says something new") for time_s in times]
    windows = cut(duration_s, cues)
    assert windows[0].start_s == 0
    assert windows[-1].end_s == duration_s
    for one in windows:
        assert 18 < one.end_s - one.start_s <= 60
    for before, after in pairwise(windows):
        assert 0 < before.end_s - after.start_s <= 2 * OVERLAP_S + 0.001


def test_a_cut_lies_at_a_shot_where_nobody_speaks() -> None:
    first, second = cut(80, (), shots=[12.0, 42.5, 60.0])
    assert first.end_s - OVERLAP_S == second.start_s + OVERLAP_S == 42.5


def test_words_after_the_pictures_are_in_a_window() -> None:
    assert cut(10, said("late", begin_s=12))[-1].end_s == pytest.approx(21)
