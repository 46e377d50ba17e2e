"""Windows over voices: all are heard, none is heard twice."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vidqa.media.speech.audio import SAMPLE_RATE, audio_blocks
from vidqa.media.speech.voice_activity import (
    WINDOW_S,
    Stretch,
    find_voices,
    snapped,
    unheard,
    windows,
)
from vidqa.system.paths import data_dir

VOICES = st.lists(
    st.tuples(st.integers(1, 200), st.integers(1, int(WINDOW_S * 10))), max_size=30
).map(lambda rows: _in_order(rows))


def _in_order(rows: list[tuple[int, int]]) -> list[Stretch]:
    """Voices from pauses and lengths in tenths of a second."""
    found, now = [], 0
    for pause, length in rows:
        found.append(((now + pause) / 10, (now + pause + length) / 10))
        now += pause + length
    return found


@given(VOICES)
def test_every_voice_is_in_exactly_one_window(voices: list[Stretch]):
    found = windows(voices)
    inside = [[one for one in voices if begin <= one[0] and one[1] <= end] for begin, end in found]
    assert [one for group in inside for one in group] == voices
    assert all(end - begin <= WINDOW_S + 1e-9 for begin, end in found)
    assert all(group[0][0] == begin for group, (begin, _) in zip(inside, found, strict=True))
    assert all(before[1] <= after[0] for before, after in pairwise(found))


def test_windows_end_at_long_pauses():
    voices = [(0.0, 10.0), (10.2, 18.0), (21.0, 25.0), (25.3, 33.0)]
    assert windows(voices) == [(0.0, 18.0), (21.0, 33.0)]
    assert windows([(0.0, 10.0), (15.0, 25.0), (25.3, 33.0)]) == [(0.0, 25.0), (25.3, 33.0)]
    assert windows([]) == []


def test_the_rest_of_a_window_is_found():
    voices = [(0.0, 5.0), (6.0, 12.0), (20.0, 25.0)]
    assert unheard((0.0, 12.0), voices, [(0.0, 4.0), (4.0, 8.0)]) == (8.0, 12.0)
    assert unheard((0.0, 12.0), voices, [(0.0, 11.6)]) is None
    assert unheard((0.0, 12.0), voices, []) is None
    assert unheard((20.0, 25.0), voices, [(0.0, 4.0)]) is None


def test_times_do_not_reach_into_pauses():
    voices = [(0.0, 5.0), (16.8, 20.0), (20.5, 25.0)]
    assert snapped((4.9, 20.2), voices) == (16.8, 20.0)
    assert snapped((1.0, 4.0), voices) == (1.0, 4.0)
    assert snapped((17.0, 30.0), voices) == (17.0, 25.0)
    assert snapped((8.0, 9.0), voices) == (8.0, 9.0)


def test_the_demo_is_spoken_for_the_most_part():
    sound = np.concatenate([one.samples for one in audio_blocks(data_dir() / "demo.mp4")])
    voices = find_voices(sound.astype(np.float32) / 32768)
    assert sum(end - begin for begin, end in voices) > 15
    assert all(0 <= begin < end <= len(sound) / SAMPLE_RATE for begin, end in voices)
    assert find_voices(np.zeros(3 * SAMPLE_RATE, np.float32)) == []
