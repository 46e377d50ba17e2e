from collections.abc import Callable
from pathlib import Path

import pytest
from films import ONE, THREE, TWO, film

from clips import decode_all, make_clip, read_number
from vidqa.media.container.probe import probe
from vidqa.media.frames.read import collect, read_frames
from vidqa.media.sampling.samplers import Sampling
from vidqa.media.sampling.select import find_moments
from vidqa.media.sampling.strategies import uniform
from vidqa.types.clock import as_typed
from vidqa.types.media_info import VideoInfo

FOUR_SECONDS = range(0, 4000, 40)
UNEVEN = [0, 40, 80, 500, 540, 1800, 1840, 2000, 3000, 3960]

Numbers = Callable[..., list[int]]


@pytest.fixture
def clip(tmp_path: Path) -> VideoInfo:
    options = {"sc_threshold": "0"}  # keyframes at even places only
    make_clip(tmp_path / "clip.mp4", FOUR_SECONDS, key_every=10, options=options)
    return probe(tmp_path / "clip.mp4")


def numbers(
    info: VideoInfo, sample: str, count: int, start: float = 0, end: float = 4
) -> list[int]:
    """The numbers on the pictures that are read at the moments chosen."""
    chosen = find_moments(info, Sampling.parse(sample), start_s=start, end_s=end, count=count)
    return [
        read_number(frame.pixels) for frame in collect(read_frames(info, chosen.times_s)).frames
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (7.5, "7.5"),
        (59.999, "59.999"),
        (119.999, "2:00"),
        (3599.999, "1:00:00"),
        (90.25, "1:30.25"),
        (3723, "1:02:03"),
    ],
)
def test_times_as_people_type_them(seconds: float, text: str):
    assert as_typed(seconds) == text


def test_each_way_reaches_the_pictures_it_means(clip: VideoInfo):
    assert numbers(clip, "uniform", 4) == [12, 37, 62, 87]
    assert numbers(clip, "paper", 30) == list(range(0, 90, 3))
    assert numbers(clip, "fps:2", 100) == [0, 12, 25, 37, 50, 62, 75, 87]
    assert numbers(clip, "keyframes", 4) == [10, 40, 60, 90]


def test_a_scene_is_seen_in_its_middle(tmp_path: Path):
    info = probe(film(tmp_path / "film.mp4", [ONE] * 50 + [TWO] * 25 + [THREE] * 25))
    chosen = find_moments(info, Sampling("scene"), start_s=0, end_s=4, count=3)
    assert chosen.times_s == pytest.approx((1, 2.5, 3.5))


def test_a_stretch_is_kept_to(clip: VideoInfo):
    assert numbers(clip, "paper", 5, start=1, end=2) == [25, 30, 35, 40, 45]
    assert numbers(clip, "keyframes", 8, start=1, end=2) == [30, 40, 50]
    assert numbers(clip, "fps:4", 8, start=1, end=2) == [25, 31, 37, 43]


def test_the_paper_counts_frames_and_not_seconds(tmp_path: Path):
    path = tmp_path / "uneven.mkv"
    make_clip(path, UNEVEN)
    info = probe(path)
    assert len(decode_all(path)) == len(UNEVEN)
    wanted = (
        len(UNEVEN) if info.frame_rate is None else int(info.duration_s * info.frame_rate)
    ) // 3
    assert (
        numbers(info, "paper", 3, end=info.duration_s) == [0, wanted, 2 * wanted][: 9 // wanted + 1]
    )


def test_too_high_a_rate_is_lowered_and_said(clip: VideoInfo):
    chosen = find_moments(clip, Sampling.parse("fps:10"), start_s=0, end_s=4, count=8)
    assert chosen.times_s == (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)
    assert chosen.warnings == ("fps:10 would be 40 frames; 8 of them are seen",)


@pytest.mark.parametrize(
    ("sample", "reason"), [("keyframes", "there is no keyframe"), ("paper", "no frame begins")]
)
def test_where_there_is_nothing_it_is_said(clip: VideoInfo, sample: str, reason: str):
    chosen = find_moments(clip, Sampling.parse(sample), start_s=1.61, end_s=1.62, count=1)
    assert chosen.times_s == pytest.approx((1.615,))
    assert chosen.warnings == (f"{reason} in it; the frames are evenly spread instead",)


def test_uniform_is_what_it_was(clip: VideoInfo):
    chosen = find_moments(clip, Sampling(), start_s=0.3, end_s=3.1, count=7)
    assert chosen.times_s == uniform(0.3, 3.1, 7)
    assert not chosen.warnings
