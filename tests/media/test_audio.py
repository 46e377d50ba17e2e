from pathlib import Path

import av
import numpy as np
import pytest
from clips import damage, encode_pictures, encode_tone, make_clip, picture_stream, tone_stream

from vidqa.media.audio import SAMPLE_RATE, read_audio

PICTURES = range(0, 3000, 40)


def loud(samples: np.ndarray, begin_s: float, end_s: float) -> float:
    """How loud a stretch is."""
    part = samples[round(begin_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
    return float(np.sqrt(np.mean(part**2)))


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_sound_comes_at_16_khz_and_in_tune(tmp_path: Path, name: str):
    codec = "libx264" if name == "a.mp4" else "libvpx"
    make_clip(tmp_path / name, PICTURES, codec=codec, sound_s=3)
    samples = read_audio(tmp_path / name)
    assert samples is not None
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(3 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)
    assert loud(samples, 0.2, 2.8) == pytest.approx(0.5 / 2**0.5, abs=0.02)
    spectrum = np.abs(np.fft.rfft(samples[: 2 * SAMPLE_RATE]))
    assert np.argmax(spectrum) / 2 == pytest.approx(440, abs=1)


def test_a_window_is_cut_exactly(tmp_path: Path):
    make_clip(tmp_path / "a.mp4", PICTURES, sound_s=3)
    whole = read_audio(tmp_path / "a.mp4")
    part = read_audio(tmp_path / "a.mp4", start_s=0.5, end_s=1.75)
    assert whole is not None
    assert part is not None
    assert len(part) == 1.25 * SAMPLE_RATE
    assert np.array_equal(part, whole[round(0.5 * SAMPLE_RATE) :][: len(part)])


def test_a_clip_without_sound_or_beyond_its_sound_has_none(tmp_path: Path):
    make_clip(tmp_path / "mute.mp4", PICTURES)
    assert read_audio(tmp_path / "mute.mp4") is None
    make_clip(tmp_path / "short.mp4", PICTURES, sound_s=1)
    assert read_audio(tmp_path / "short.mp4", start_s=2, end_s=3) is None


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_times_count_from_the_first_picture(tmp_path: Path, name: str):
    with av.open(str(tmp_path / name), "w") as out:
        video, tone = picture_stream(out), tone_stream(out)
        encode_pictures(out, video, [time + 1000 for time in PICTURES])
        encode_tone(out, tone, 0, 1.0, end=False)
        encode_tone(out, tone, 3.0, 1.0)
    samples = read_audio(tmp_path / name)
    assert samples is not None
    assert loud(samples, 0.1, 1.8) < 0.02  # the first tone was over before the first picture
    assert loud(samples, 2.2, 2.8) > 0.3
    assert len(samples) == pytest.approx(3 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)


def test_sound_that_starts_late_starts_late(tmp_path: Path):
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        video, tone = picture_stream(out), tone_stream(out)
        encode_pictures(out, video, PICTURES)
        encode_tone(out, tone, 1.5, 1.0)
    samples = read_audio(tmp_path / "a.mkv")
    assert samples is not None
    assert loud(samples, 0, 1.4) == 0
    assert loud(samples, 1.6, 2.4) > 0.3


def test_damaged_sound_is_skipped_and_the_rest_stays_in_place(tmp_path: Path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        encode_tone(out, tone_stream(out), 0, 2.0)
    damage(path, 0.4, 0.6)
    samples = read_audio(path)
    assert samples is not None
    assert len(samples) == pytest.approx(2 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)
    assert loud(samples, 0.1, 0.7) > 0.3
    assert loud(samples, 1.6, 1.9) > 0.3
