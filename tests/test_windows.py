"""Where a clip is cut."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidqa.engine.summaries.windows import (
    CutAt,
    Window,
    at_least,
    between,
    said_in,
    scenes,
    together,
    windows,
)
from vidqa.types import Cue

times = st.floats(0, 1000, allow_nan=False).map(lambda time_s: round(time_s, 3))


def cues(*spans: tuple[float, float]) -> tuple[Cue, ...]:
    return tuple(Cue(start_s, end_s, "words") for start_s, end_s in spans)


TALK = cues((0, 24), (26, 49), (49.5, 71), (74, 99))
"""Pauses of two and three seconds, and a breath."""


def cuts(parts: Sequence[Window]) -> list[tuple[float, CutAt]]:
    return [(part.start_s, part.cut_at) for part in parts]


def test_a_clip_of_one_budget_is_not_cut() -> None:
    assert windows(5, 30, 25, cues=TALK, shots=[12]) == (Window(5, 30, "start"),)


def test_cuts_are_moved_to_where_words_begin_after_a_pause() -> None:
    found = windows(0, 100, 25, cues=TALK, shots=[])
    assert cuts(found) == [(0, "start"), (26, "pause"), (50, "even"), (74, "pause")]
    assert found[-1].end_s == 100


def test_a_shot_within_the_pause_is_the_best_of_cuts() -> None:
    found = windows(0, 50, 25, cues=TALK, shots=[23.9, 25.5, 27])
    assert cuts(found) == [(0, "start"), (25.5, "shot")]


def test_where_nobody_speaks_shots_are_cuts() -> None:
    found = windows(0, 60, 20, cues=(), shots=[1, 18, 23, 33])
    assert cuts(found) == [(0, "start"), (18, "shot"), (40, "even")]


def test_of_several_pauses_the_longest_ends_most() -> None:
    found = windows(0, 40, 20, cues=cues((0, 17), (18.5, 20), (22.5, 40)), shots=[])
    assert cuts(found) == [(0, "start"), (22.5, "pause")]


def test_a_cue_that_begins_before_the_stretch_is_in_its_first_part() -> None:
    parts = windows(30, 60, 15, cues=cues((28, 33), (46, 50)), shots=[])
    assert [len(said_in(part, cues((28, 33), (46, 50)))) for part in parts] == [1, 1]


def test_neighbours_are_joined_up_to_so_many_words() -> None:
    parts = windows(0, 50, 10, cues=(), shots=[])
    joined = together(dict(zip(parts, (4, 5, 3, 20, 1), strict=True)), 10)
    assert [(one.start_s, one.end_s) for one in joined] == [(0, 20), (20, 30), (30, 40), (40, 50)]
    assert joined[0].cut_at == "start"


def test_scenes_end_only_where_something_ends() -> None:
    found = scenes(0, 100, 20, cues=TALK, shots=[10, 25, 73, 90])
    assert cuts(found) == [(0, "start"), (25, "shot"), (73, "shot")]
    assert scenes(0, 100, 5, cues=(), shots=[]) == (Window(0, 100, "start"),)


@given(
    start_s=times,
    lasts_s=st.floats(0.1, 1000),
    most_s=st.floats(5, 200),
    begun=st.lists(times, max_size=20),
    shots=st.lists(times, max_size=20),
    topics=st.lists(times, max_size=5),
)
@pytest.mark.parametrize("cut", [windows, scenes])
def test_parts_follow_each_other_and_every_cue_is_in_one(
    cut: object, start_s: float, lasts_s: float, most_s: float, begun: list[float],
    shots: list[float], topics: list[float],
) -> None:  # fmt: skip
    said = cues(*((time_s, time_s + 1) for time_s in sorted(begun)))
    end_s = start_s + lasts_s
    ends = {"shots": sorted(shots), "topics": sorted(topics)}
    parts = cut(start_s, end_s, most_s, cues=said, **ends)  # type: ignore[operator]
    assert (parts[0].start_s, parts[-1].end_s) == (start_s, end_s)
    assert all(one.end_s == two.start_s for one, two in pairwise(parts))
    assert all(part.start_s < part.end_s for part in parts)
    inside = [cue for cue in said if cue.start_s < end_s]  # one may have begun before the stretch
    assert [cue for part in parts for cue in said_in(part, said)] == inside
    if cut is windows:
        assert all(part.end_s - part.start_s <= 1.5 * most_s + 1e-6 for part in parts)


def test_short_parts_are_joined_to_the_shorter_neighbour() -> None:
    parts = between([(0, "start"), (8, "pause"), (21, "shot"), (24, "even"), (40, "topic")], 50)
    joined = at_least(parts, 10, most=9)
    assert cuts(joined) == [(0, "start"), (24, "even"), (40, "topic")]
    assert [one.end_s for one in joined] == [24, 40, 50]
    assert cuts(at_least(parts, 0, most=2)) == [(0, "start"), (24, "even")]
    assert at_least(parts[:1], 10, most=9) == parts[:1]


@given(cut_s=st.lists(times, max_size=40), least_s=st.floats(0, 50), most=st.integers(1, 30))
def test_parts_are_as_long_and_as_few_as_they_have_to_be(
    cut_s: list[float], least_s: float, most: int
) -> None:
    first, *others = sorted({0.0, *cut_s})
    parts = between([(first, "start"), *((time_s, "shot") for time_s in others)], 2000)
    joined = at_least(parts, least_s, most=most)
    assert len(joined) <= most
    assert len(joined) == 1 or all(one.end_s - one.start_s >= least_s for one in joined)
    assert (joined[0].start_s, joined[-1].end_s) == (0, 2000)
    assert all(one.end_s == two.start_s for one, two in pairwise(joined))
