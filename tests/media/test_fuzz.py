"""Damaged files end in an answer or in one clear error, soon, and nothing else suffers."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mutants import make_clips, mutants

from vidqa.errors import VideoError
from vidqa.media.frames.read import FrameSet, collect
from vidqa.media.reader import Reader
from vidqa.media.sampling.strategies import uniform
from vidqa.media.speech.audio import audio_blocks
from vidqa.media.words.text_track import read_tracks

LONGEST_S = 30.0
"""No file may take longer."""


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


def read(reader: Reader, path: Path) -> FrameSet:
    """Everything vidqa ever wants of a clip."""
    info = reader.probe(path)
    frames = collect(reader.frames(info, uniform(0, info.duration_s, 4), size=(32, 32)))
    blocks = list(reader.stream(path, audio_blocks, path))
    assert all(len(block.samples) for block in blocks)
    reader.call(path, read_tracks, path, None)
    return frames


def outcome(reader: Reader, path: Path) -> str:
    """What became of a file, by kind."""
    started = time.monotonic()
    try:
        got = read(reader, path)
    except VideoError as error:
        kind = type(error).__name__
    else:
        times_s = [frame.time_s for frame in got.frames]
        assert times_s == sorted(set(times_s))
        assert all(frame.pixels.shape == (32, 32, 3) for frame in got.frames)
        kind = "read"
    assert time.monotonic() - started < LONGEST_S
    return kind


def run(tmp_path: Path, reader: Reader, count: int, seed: int) -> Counter[str]:
    clips, kinds = make_clips(tmp_path), Counter[str]()
    for name, content in mutants(clips, count, seed):
        path = tmp_path / name
        path.write_bytes(content)
        try:
            kinds[outcome(reader, path)] += 1
        except BaseException as error:
            error.add_note(f"the file: {name}")
            raise
        path.unlink()
    return kinds


def test_a_hundred_damaged_files(tmp_path: Path, reader: Reader):
    kinds = run(tmp_path, reader, 100, seed=1)
    assert kinds.total() == 100
    assert kinds["read"] > 10
    assert kinds["NotAVideoError"] > 10


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_thousands_of_damaged_files(
    tmp_path: Path, reader: Reader, rounds: Callable[[int, int], int]
):
    count = rounds(2400, 200)
    kinds = run(tmp_path, reader, count, seed=2)
    assert kinds.total() == count
    assert kinds["DecoderError"] <= count // 100, "containing crashes is the last resort"
