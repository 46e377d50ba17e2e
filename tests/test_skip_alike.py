"""`--skip-alike`: frames that look like the last one shown are left out, and how many is said."""

import json
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from films import ONE, THREE, TWO, Picture, film

from families import family_spec
from tiny import native_folder
from vidqa.cli.app import run
from vidqa.engine import open_folder
from vidqa.errors import UsageError
from vidqa.media.frames.alike import without_alike
from vidqa.media.frames.read import FrameReport
from vidqa.media.viewing import Viewing
from vidqa.models.registry import MODELS
from vidqa.types import Frame

REPORT = FrameReport("pyav", "")


def stream(pictures: list[np.ndarray]) -> Generator[Frame | FrameReport]:
    for number, one in enumerate(pictures):
        yield Frame(float(number), np.clip(one, 0, 255).astype(np.uint8))
    yield REPORT


def kept(pictures: list[np.ndarray]) -> list[float]:
    *frames, report = without_alike(stream(pictures))
    assert report is REPORT
    return [one.time_s for one in frames if isinstance(one, Frame)]


def textured() -> np.ndarray:
    return np.random.default_rng(0).integers(40, 200, (180, 320, 3)).astype(np.float64)


def test_noise_is_no_change() -> None:
    noise = np.random.default_rng(1).normal(0, 6, (4, 180, 320, 3))
    assert kept([textured() + one for one in noise]) == [0.0]
    assert kept([textured(), textured() + 5, textured() + 5]) == [0.0]


def test_a_small_thing_that_comes_or_goes_is_one() -> None:
    with_thing = textured()
    with_thing[80:100, 160:184] = 255
    assert kept([textured(), with_thing, with_thing, textured()]) == [0.0, 1.0, 3.0]
    tinted = textured()
    tinted[..., 0] += 30  # as bright in grey, but redder
    tinted[..., 1] -= 15
    assert kept([textured(), tinted]) == [0.0, 1.0]


def test_a_slow_change_is_shown_in_the_end() -> None:
    assert kept([textured() + 3 * step for step in range(7)]) == [0.0, 3.0, 6.0]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenes: list[Picture] = [ONE] * 40 + [TWO] * 20 + [THREE] * 40
    return film(tmp_path_factory.mktemp("films") / "slides.mp4", scenes)


SAID = "8 frames were asked for, only 3 differ"


def test_a_model_sees_each_slide_once(clip: Path, tmp_path: Path) -> None:
    folder = native_folder(tmp_path / "model")
    model = open_folder(family_spec("vidqa"), folder, revision="1", device="cpu", dtype="float32")
    every = model.watch(clip, subtitles="off", frames=8).ask("Who?", max_new_tokens=2)
    answer = model.watch(clip, subtitles="off", frames=8, skip_alike=True).ask(
        "Who?", max_new_tokens=2
    )
    assert len(every.frame_times_s) == 8
    assert len(answer.frame_times_s) == 3
    assert set(answer.frame_times_s) < set(every.frame_times_s)
    assert answer.visual_tokens * 8 == every.visual_tokens * 3
    assert answer.prompt_tokens < every.prompt_tokens
    assert SAID in answer.warnings
    assert SAID not in every.warnings


def test_frames_shows_the_same(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["frames", str(clip), "--frames", "8", "--subtitles", "off", "--json", "--skip-alike"]
    assert run(words) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)["frames"]) == 3, out
    assert SAID in err + out


def test_the_papers_recipe_shows_what_its_authors_do() -> None:
    model = MODELS["minigpt4-video-mistral"]
    Viewing(recipe="paper").recipe_for(model)
    with pytest.raises(UsageError, match="that the authors do"):
        Viewing(recipe="paper", skip_alike=True).recipe_for(model)
