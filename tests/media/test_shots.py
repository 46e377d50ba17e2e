"""Shots, told from pans, flashes and lights that change."""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import pytest
from films import BLACK, ONE, THREE, TWO, WIDTH, Picture, film, landscape

from clips import damage, encode_pictures, make_clip, picture_stream
from vidqa.media.container.probe import probe
from vidqa.media.container.timeline import read_timeline
from vidqa.media.sampling.shot_changes import Thumbnail, new_shots
from vidqa.media.sampling.shots import find_shots


def noisy(pictures: Iterable[Picture]) -> list[Picture]:
    random = np.random.default_rng(1)
    return [one + random.normal(0, 2, one.shape).astype(np.float32) for one in pictures]


def shots(pictures: Iterable[Picture], rate: float = 25) -> list[float]:
    row = (Thumbnail(number / rate, one) for number, one in enumerate(noisy(pictures)))
    return list(new_shots(row))


def mixed(before: Picture, after: Picture, frames: int) -> list[Picture]:
    shares = [(number + 1) / (frames + 1) for number in range(frames)]
    return [before * (1 - share) + after * share for share in shares]


@pytest.mark.parametrize("rate", [2, 10, 25, 30])
def test_cuts_are_found_to_the_frame(rate: float):
    found = shots([ONE] * 40 + [TWO] * 25 + [THREE] * 30, rate)
    assert found == [40 / rate, 65 / rate]


@pytest.mark.parametrize("seed", range(10, 30))
def test_any_two_pictures_are_two_shots(seed: int):
    assert shots([landscape(seed)] * 30 + [landscape(seed + 100)] * 30) == [30 / 25]


def test_a_still_picture_is_one_shot():
    assert shots([ONE] * 100) == []


@pytest.mark.parametrize("frames", [1, 2, 4])
@pytest.mark.parametrize("flash", [235.0, 16.0])
def test_a_flash_is_no_cut(frames: int, flash: float):
    assert shots([ONE] * 40 + [np.full_like(ONE, flash)] * frames + [ONE] * 40) == []


@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_a_pan_is_no_cut(step: int):
    """At eight places a frame the whole picture passes in four frames."""
    wide = landscape(7, width=WIDTH + step * 80)
    pan = [wide[:, step * number : step * number + WIDTH] for number in range(80)]
    still = [pan[0]] * 30 + pan + [pan[-1]] * 30
    assert shots(still) == []


@pytest.mark.parametrize("frames", [8, 12, 25, 50])
def test_a_dissolve_is_one_new_shot_at_its_middle(frames: int):
    (found,) = shots([ONE] * 50 + mixed(ONE, TWO, frames) + [TWO] * 50)
    assert found == pytest.approx((50 + frames / 2) / 25, abs=0.13)


@pytest.mark.parametrize("frames", [8, 12, 25, 50])
def test_a_fade_through_black_is_one_new_shot_with_the_new_picture(frames: int):
    out, in_ = mixed(ONE, BLACK, frames), mixed(BLACK, TWO, frames)
    (found,) = shots([ONE] * 50 + out + [BLACK] * 12 + in_ + [TWO] * 50)
    begins = 50 + frames + 12
    assert begins / 25 <= found <= (begins + frames) / 25


def test_black_belongs_to_the_shot_before():
    assert shots([ONE] * 40 + [BLACK] * 40 + [TWO] * 40) == [80 / 25]


def test_a_light_that_goes_on_is_no_new_shot():
    bright = np.clip(ONE * 1.6, 0, 255)
    assert shots([ONE] * 50 + mixed(ONE, bright, 12) + [bright] * 50) == []


def test_shots_shorter_than_the_span_are_not_told_apart():
    assert shots([ONE] * 40 + [TWO] * 3 + [THREE] * 40) in ([40 / 25], [43 / 25])


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_few_frames(count: int):
    assert shots([ONE] * count) == []


@pytest.mark.parametrize(("name", "codec"), [("film.mp4", "libx264"), ("film.avi", "mpeg4")])
def test_shots_of_a_clip(tmp_path: Path, name: str, codec: str):
    path = film(
        tmp_path / name, [ONE] * 50 + [TWO] * 30 + mixed(TWO, THREE, 20) + [THREE] * 40, codec
    )
    cut, dissolve = find_shots(probe(path), 0, 10)
    assert cut == pytest.approx(2, abs=0.001)
    assert dissolve == pytest.approx(3.6, abs=0.13)
    assert find_shots(probe(path), 0, 10) == (cut, dissolve)


def test_shots_of_a_stretch(tmp_path: Path):
    info = probe(film(tmp_path / "film.mp4", [ONE] * 50 + [TWO] * 50 + [THREE] * 50))
    assert find_shots(info, 1, 3) == pytest.approx((2,))
    assert find_shots(info, 2.5, 6) == pytest.approx((4,))
    assert find_shots(info, 5, 6) == ()


def test_a_damaged_clip_gives_the_same_shots_every_time(tmp_path: Path):
    path = film(tmp_path / "film.mp4", [ONE] * 50 + [TWO] * 50)
    damage(path, 0.4, 0.45)
    assert len({find_shots(probe(path), 0, 4) for _ in range(3)}) == 1


@pytest.mark.parametrize(
    ("name", "codec"), [("clip.mp4", "libx264"), ("clip.mkv", "libx264"), ("clip.avi", "mpeg4")]
)
def test_keyframes_are_found_without_decoding(tmp_path: Path, name: str, codec: str):
    path = tmp_path / name
    options = {"bf": "2"} if codec == "libx264" else {}
    make_clip(path, range(0, 2000, 40), codec=codec, key_every=10, options=options)
    info = probe(path)
    with av.open(str(path)) as opened:
        shown = list(opened.decode(video=0))
    times = [frame.time - info.start_s for frame in shown]
    keys = [time for time, frame in zip(times, shown, strict=True) if frame.key_frame]
    assert len(keys) >= 5
    assert read_timeline(info).key_times_s == pytest.approx(keys)
    assert read_timeline(info).frame_times_s == pytest.approx(times)


def test_a_clip_that_begins_late_still_begins_at_zero(tmp_path: Path):
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as out:
        encode_pictures(out, picture_stream(out), [500, 540, 580])
    assert read_timeline(probe(path)).key_times_s == (0,)
