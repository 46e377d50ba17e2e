"""Find the voices in a sound, and the windows in which they are recognised."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vidqa.media.speech.audio import SAMPLE_RATE

Stretch = tuple[float, float]
"""Start and end, in seconds from the start of the sound."""

WINDOW_S = 27.0
"""Seconds of a window, less than Whisper's 30: it gives a sentence an end time only if silence
follows, so that a window full to its end would lose its last sentence."""

PAUSE_MS = 500
"""Milliseconds of silence below which a pause is within a sentence."""

MARGIN_MS = 200
"""Milliseconds added on both sides of a voice: consonants are quiet."""

WORTHWHILE = 0.6
"""Share of a window that must be filled before it may end at an earlier, longer pause."""

LONGER = 1.5
"""Ratio by which that pause must be longer."""

TOUCH_S = 0.3
"""Seconds of overlap of a sentence with a voice, up to which it is only an imprecise time."""

UNHEARD_S = 0.7
"""Seconds of voice after the last recognised sentence, above which another window is decoded."""


def find_voices(sound: NDArray[np.float32]) -> list[Stretch]:
    """Return the stretches of speech in a sound, none longer than a window (Silero VAD).

    Args:
        sound: mono samples at 16 kHz, between -1 and 1.

    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        max_speech_duration_s=WINDOW_S,
        min_silence_duration_ms=PAUSE_MS,
        speech_pad_ms=MARGIN_MS,
    )
    voices = get_speech_timestamps(sound, options)
    return [(one["start"] / SAMPLE_RATE, one["end"] / SAMPLE_RATE) for one in voices]


def touch_edges(voices: Sequence[Stretch], length_s: float) -> tuple[bool, bool]:
    """Tell whether somebody speaks where a sound begins, and where it ends."""
    return bool(voices) and voices[0][0] == 0, bool(voices) and voices[-1][1] >= length_s


def windows(voices: Sequence[Stretch]) -> list[Stretch]:
    """Cover all voices with few windows that end at long pauses."""
    found = []
    first = 0
    while first < len(voices):
        last = _last_of_window(voices, first)
        found.append((voices[first][0], voices[last][1]))
        first = last + 1
    return found


def _last_of_window(voices: Sequence[Stretch], first: int) -> int:
    """Return the index of the last voice that shares a window with `first`."""
    begin_s = voices[first][0]
    last = first
    while last + 1 < len(voices) and voices[last + 1][1] - begin_s <= WINDOW_S:
        last += 1
    if last + 1 == len(voices):
        return last
    pauses = {n: voices[n + 1][0] - voices[n][1] for n in range(first, last + 1)}
    best = last
    for n in range(last - 1, first - 1, -1):
        if voices[n][1] - begin_s < WORTHWHILE * WINDOW_S:
            break
        if pauses[n] > LONGER * pauses[best]:
            best = n
    return best


def unheard(window: Stretch, voices: Iterable[Stretch], heard: Iterable[Stretch]) -> Stretch | None:
    """Return the rest of a window if a voice goes on after all recognised text, else None."""
    ends = [end_s for begin_s, end_s in heard if window[0] <= begin_s < window[1]]
    if not ends:
        return None
    until_s = max(ends)
    inside = [one for one in voices if window[0] <= one[0] and one[1] <= window[1]]
    left_s = sum(max(0.0, end_s - max(begin_s, until_s)) for begin_s, end_s in inside)
    return (until_s, window[1]) if left_s > UNHEARD_S else None


def snapped(spoken: Stretch, voices: Iterable[Stretch]) -> Stretch:
    """Trim the silence around a sentence: Whisper lets it begin in a pause."""
    own = [
        (begin_s, end_s)
        for begin_s, end_s in voices
        if min(end_s, spoken[1]) - max(begin_s, spoken[0]) > TOUCH_S
    ]
    if not own:
        return spoken
    return max(spoken[0], own[0][0]), min(spoken[1], own[-1][1])
