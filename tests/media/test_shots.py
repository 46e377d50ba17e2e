"""Cuts are found where they are; flashes, fades and pans are none."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from clips import make_clip
from vidqa.media.moments import find_moments
from vidqa.media.probe import probe
from vidqa.media.sampling import Sampling
from vidqa.media.shots import find_shots, key_times

RATE = 25


def texture(seed: int, width: int = 640) -> NDArray[np.uint8]:
    draw = np.random.default_rng(seed)
    coarse = draw.integers(0, 255, (9, width // 16, 3)).astype(np.uint8)
    return coarse.repeat(16, 0).repeat(16, 1)


def shot(seed: int, count: int) -> Iterator[NDArray[np.uint8]]:
    """A picture that drifts a little."""
    wide = texture(seed)
    for step in range(count):
        yield wide[:, step : step + 256]


def pan(seed: int, count: int) -> Iterator[NDArray[np.uint8]]:
    wide = texture(seed, 4096)
    for step in range(count):
        yield wide[:, 24 * step : 24 * step + 256]


def fade(seeds: tuple[int, int], count: int) -> Iterator[NDArray[np.uint8]]:
    one, other = (texture(seed)[:, :256].astype(float) for seed in seeds)
    for step in range(count):
        yield (one + (other - one) * step / (count - 1)).astype(np.uint8)


def film(path: Path, *parts: Iterator[NDArray[np.uint8]]) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", RATE, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 256, 144, "yuv420p"
        number = 0
        for part in parts:
            for pixels in part:
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
                frame.pts, frame.time_base = number, Fraction(1, RATE)
                out.mux(stream.encode(frame))
                number += 1
        out.mux(stream.encode(None))
    return path


def white(count: int) -> Iterator[NDArray[np.uint8]]:
    for _ in range(count):
        yield np.full((144, 256, 3), 255, np.uint8)


def test_cuts_are_found(tmp_path: Path):
    info = probe(film(tmp_path / "a.mp4", shot(1, 30), shot(2, 50), shot(3, 20)))
    assert find_shots(info, 0, 4) == pytest.approx((1.2, 3.2))
    assert find_shots(info, 2, 4) == pytest.approx((3.2,))


def test_a_flash_is_no_cut(tmp_path: Path):
    drift = shot(1, 60)
    clip = film(tmp_path / "a.mp4", islice(drift, 30), white(2), drift)
    assert find_shots(probe(clip), 0, 9) == ()


def test_a_fast_pan_and_a_fade_are_no_cuts(tmp_path: Path):
    clip = film(tmp_path / "a.mp4", pan(1, 50))
    assert find_shots(probe(clip), 0, 9) == ()
    clip = film(tmp_path / "b.mp4", fade((1, 2), 50))
    assert find_shots(probe(clip), 0, 9) == ()


def test_each_shot_gets_a_moment(tmp_path: Path):
    info = probe(film(tmp_path / "a.mp4", shot(1, 30), shot(2, 50), shot(3, 20)))
    found = find_moments(info, Sampling("scene"), start_s=0, end_s=4, count=3)
    assert found.times_s == pytest.approx((0.6, 2.2, 3.6))


def test_keyframes_are_known_without_decoding(tmp_path: Path):
    make_clip(tmp_path / "a.mp4", range(0, 2000, 40), options={"sc_threshold": "0"})
    info = probe(tmp_path / "a.mp4")
    assert key_times(info) == pytest.approx([0, 0.48, 0.96, 1.44, 1.92])
    found = find_moments(info, Sampling("keyframes"), start_s=0, end_s=2, count=3)
    assert found.times_s == pytest.approx((0.48, 0.96, 1.44))
    assert not found.warnings


def test_unknown_keyframes_are_said(tmp_path: Path):
    path = tmp_path / "a.ts"
    make_clip(path, range(0, 2000, 40))
    path.write_bytes(path.read_bytes() * 2)  # every time is there twice
    info = probe(path)
    found = find_moments(info, Sampling("keyframes"), start_s=0, end_s=2, count=4)
    assert found.times_s == pytest.approx((0.25, 0.75, 1.25, 1.75))
    assert "keyframe" in found.warnings[0]


def test_the_authors_frames_by_the_stated_rate(tmp_path: Path):
    make_clip(tmp_path / "a.mp4", range(0, 2000, 40))
    info = probe(tmp_path / "a.mp4")
    found = find_moments(info, Sampling("paper"), start_s=0, end_s=2, count=30)
    assert [round(time_s * 25) for time_s in found.times_s] == list(range(30))
