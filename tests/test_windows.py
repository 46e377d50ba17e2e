"""Where a clip is cut."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidqa.engine.windows import CutAt, Window, said_in, scenes, together, windows
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
)
@pytest.mark.parametrize("cut", [windows, scenes])
def test_parts_follow_each_other_and_every_cue_is_in_one(
    cut: object, start_s: float, lasts_s: float, most_s: float, begun: list[float],
    shots: list[float],
) -> None:  # fmt: skip
    said = cues(*((time_s, time_s + 1) for time_s in sorted(begun)))
    end_s = start_s + lasts_s
    parts = cut(start_s, end_s, most_s, cues=said, shots=sorted(shots))  # type: ignore[operator]
    assert (parts[0].start_s, parts[-1].end_s) == (start_s, end_s)
    assert all(one.end_s == two.start_s for one, two in pairwise(parts))
    assert all(part.start_s < part.end_s for part in parts)
    inside = [cue for cue in said if cue.start_s < end_s]  # one may have begun before the stretch
    assert [cue for part in parts for cue in said_in(part, said)] == inside
    if cut is windows:
        assert all(part.end_s - part.start_s <= 1.5 * most_s + 1e-6 for part in parts)
