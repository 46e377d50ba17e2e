"""A tiny model and a clip that is too long for it."""

from pathlib import Path

import pytest
from films import ONE, THREE, TWO, film
from long_clips import LASTS_S, RATE, SUBTITLES

from tiny import talkative, vidqa_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talkative(vidqa_folder(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes of three pictures."""
    path = tmp_path_factory.mktemp("clips") / "two minutes.mp4"
    film(path, ((ONE, TWO, THREE)[at // (40 * RATE)] for at in range(LASTS_S * RATE)), rate=RATE)
    path.with_suffix(".srt").write_text(SUBTITLES)
    return path
