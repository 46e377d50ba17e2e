from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clips import damage, encode_pictures, encode_tone, make_clip, picture_stream, tone_stream
from vidqa.errors import ClipNotFoundError, NotAVideoError
from vidqa.media.reader import Reader
from vidqa.media.speech.audio import (
    LONGEST_SILENCE_S,
    SAMPLE_RATE,
    AudioBlock,
    audio_blocks,
    probe_sound,
    quietest,
)

PICTURES = range(0, 3000, 40)


def joined(blocks: list[AudioBlock]) -> np.ndarray:
    """The blocks on one time line from the first one's start, silence between them."""
    start = round(blocks[0].start_s * SAMPLE_RATE)
    line = np.zeros(round(blocks[-1].end_s * SAMPLE_RATE) - start, np.int16)
    for block in blocks:
        place = round(block.start_s * SAMPLE_RATE) - start
        line[place : place + len(block.samples)] = block.samples
    return line


def heard(path: Path, **settings: float) -> np.ndarray:
    """The whole sound, between -1 and 1, from the start asked for."""
    blocks = list(audio_blocks(path, **settings))
    begin = np.zeros(round((blocks[0].start_s - settings.get("start_s", 0)) * SAMPLE_RATE))
    return np.concatenate([begin, joined(blocks) / 32768])


def loud(samples: np.ndarray, begin_s: float, end_s: float) -> float:
    """How loud a stretch is."""
    part = samples[round(begin_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
    return float(np.sqrt(np.mean(part**2)))


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_sound_comes_at_16_khz_and_in_tune(tmp_path: Path, name: str):
    codec = "libx264" if name == "a.mp4" else "libvpx"
    make_clip(tmp_path / name, PICTURES, codec=codec, sound_s=3)
    (block,) = audio_blocks(tmp_path / name)
    assert block.samples.dtype == np.int16
    samples = heard(tmp_path / name)
    assert len(samples) == pytest.approx(3 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)
    assert loud(samples, 0.2, 2.8) == pytest.approx(0.5 / 2**0.5, abs=0.02)
    spectrum = np.abs(np.fft.rfft(samples[: 2 * SAMPLE_RATE]))
    assert np.argmax(spectrum) / 2 == pytest.approx(440, abs=1)


def test_a_window_is_cut_exactly(tmp_path: Path):
    make_clip(tmp_path / "a.mp4", PICTURES, sound_s=3)
    whole = heard(tmp_path / "a.mp4")
    part = heard(tmp_path / "a.mp4", start_s=0.5, end_s=1.75)
    assert len(part) == 1.25 * SAMPLE_RATE
    assert np.array_equal(part, whole[round(0.5 * SAMPLE_RATE) :][: len(part)])
    (block,) = audio_blocks(tmp_path / "a.mp4", start_s=0.5, end_s=1.75)
    assert (block.start_s, block.end_s) == (0.5, 1.75)


def test_blocks_are_bounded_and_lose_nothing(tmp_path: Path):
    make_clip(tmp_path / "a.mp4", PICTURES, sound_s=3)
    (whole,) = audio_blocks(tmp_path / "a.mp4")
    blocks = list(audio_blocks(tmp_path / "a.mp4", block_s=0.7))
    assert len(blocks) > 4
    assert all(0 < len(block.samples) <= 0.7 * SAMPLE_RATE for block in blocks)
    for before, after in pairwise(blocks):
        assert after.start_s == pytest.approx(before.end_s, abs=1e-9)
    assert np.array_equal(np.concatenate([block.samples for block in blocks]), whole.samples)


def test_blocks_are_cut_in_the_pauses(tmp_path: Path):
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        tone = tone_stream(out)
        encode_tone(out, tone, 0.0, 1.5, end=False)
        encode_tone(out, tone, 2.2, 1.5, end=False)
        encode_tone(out, tone, 4.4, 1.0)
    starts = [block.start_s for block in audio_blocks(tmp_path / "a.mkv", block_s=2.8)]
    assert len(starts) == 3
    assert 1.5 < starts[1] < 2.2
    assert 3.7 < starts[2] < 4.4


@given(st.integers(0, 90), st.integers(30, 60))
@settings(max_examples=30)
def test_the_quiet_place_is_found(place: int, length: int):
    sound = np.full(2 * SAMPLE_RATE, 3000, np.int16)
    sound[1::2] *= -1
    begin, end = place * SAMPLE_RATE // 100, (place + length) * SAMPLE_RATE // 100
    sound[begin:end] = 5
    assert begin < quietest(sound) < end


def test_a_long_hole_is_skipped_instead_of_filled(tmp_path: Path):
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        video, tone = picture_stream(out), tone_stream(out)
        encode_pictures(out, video, PICTURES)
        encode_tone(out, tone, 0.0, 1.0, end=False)
        encode_tone(out, tone, LONGEST_SILENCE_S + 3, 1.0)
    first, second = audio_blocks(tmp_path / "a.mkv")
    assert first.end_s == pytest.approx(1, abs=0.1)
    assert second.start_s == pytest.approx(LONGEST_SILENCE_S + 3, abs=0.1)
    assert len(second.samples) == pytest.approx(SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)


def test_a_clip_without_sound_or_beyond_its_sound_has_none(tmp_path: Path):
    make_clip(tmp_path / "mute.mp4", PICTURES)
    assert list(audio_blocks(tmp_path / "mute.mp4")) == []
    assert probe_sound(tmp_path / "mute.mp4").tracks == 0
    make_clip(tmp_path / "short.mp4", PICTURES, sound_s=1)
    assert list(audio_blocks(tmp_path / "short.mp4", start_s=2, end_s=3)) == []
    sound = probe_sound(tmp_path / "short.mp4")
    assert sound.tracks == 1
    assert sound.duration_s == pytest.approx(3, abs=0.1)


def test_what_cannot_be_read_is_an_error(tmp_path: Path):
    (tmp_path / "text.mp4").write_text("no sound")
    with pytest.raises(NotAVideoError):
        list(audio_blocks(tmp_path / "text.mp4"))
    with pytest.raises(ClipNotFoundError):
        list(audio_blocks(tmp_path / "gone.mp4"))


def test_sound_alone_is_enough(tmp_path: Path):
    with av.open(str(tmp_path / "a.m4a"), "w") as out:
        encode_tone(out, tone_stream(out), 0, 2.0)
    assert loud(heard(tmp_path / "a.m4a"), 0.1, 1.9) > 0.3


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_times_count_from_where_players_begin(tmp_path: Path, name: str):
    with av.open(str(tmp_path / name), "w") as out:
        video, tone = picture_stream(out), tone_stream(out)
        encode_pictures(out, video, [time + 1000 for time in PICTURES])
        encode_tone(out, tone, 0, 1.0, end=False)
        encode_tone(out, tone, 3.0, 1.0)
    samples = heard(tmp_path / name)
    assert loud(samples, 0.1, 0.9) > 0.3
    assert loud(samples, 1.1, 2.9) < 0.01
    assert loud(samples, 3.1, 3.9) > 0.3
    assert len(samples) == pytest.approx(4 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)


def test_sound_that_starts_late_starts_late(tmp_path: Path):
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        video, tone = picture_stream(out), tone_stream(out)
        encode_pictures(out, video, PICTURES)
        encode_tone(out, tone, 1.5, 1.0)
    samples = heard(tmp_path / "a.mkv")
    assert loud(samples, 0, 1.4) == 0
    assert loud(samples, 1.6, 2.4) > 0.3


def test_damaged_sound_is_skipped_and_the_rest_stays_in_place(tmp_path: Path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        encode_tone(out, tone_stream(out), 0, 2.0)
    damage(path, 0.4, 0.6)
    samples = heard(path)
    assert len(samples) == pytest.approx(2 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)
    assert loud(samples, 0.1, 0.7) > 0.3
    assert loud(samples, 1.6, 1.9) > 0.3
    assert sum(block.lost_packets for block in audio_blocks(path)) > 0


def test_the_track_in_the_language_asked_for_is_heard(tmp_path: Path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        low, high = tone_stream(out), tone_stream(out)
        low.metadata["language"], high.metadata["language"] = "eng", "ger"
        encode_tone(out, low, 0, 2.0)
        encode_tone(out, high, 0, 0.5)
    lengths = {
        language: round(sum(len(b.samples) for b in audio_blocks(path, language=language)), -4)
        for language in (None, "en", "de", "fr")
    }
    assert lengths[None] == lengths["en"] == lengths["fr"] > 2 * lengths["de"] > 0


def test_blocks_pass_between_processes(tmp_path: Path):
    make_clip(tmp_path / "a.mp4", PICTURES, sound_s=3)
    reader = Reader()
    there = list(reader.stream(tmp_path, audio_blocks, tmp_path / "a.mp4", block_s=1.0))
    reader.close()
    here = list(audio_blocks(tmp_path / "a.mp4", block_s=1.0))
    assert len(there) == len(here) >= 3
    for one, other in zip(there, here, strict=True):
        assert one.start_s == other.start_s
        assert np.array_equal(one.samples, other.samples)


def test_sound_that_ends_before_its_stated_end_was_cut_off(tmp_path: Path):
    path = tmp_path / "a.mp4"
    make_clip(path, range(0, 6000, 40), sound_s=6.0, flags="+faststart")
    (whole,) = audio_blocks(path)
    assert not whole.cut_off
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    *_, last = audio_blocks(path)
    assert last.end_s < 5
    assert last.cut_off
