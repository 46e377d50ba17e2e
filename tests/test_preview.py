"""What `vidqa frames` writes is what `Model.watch` shows to a model."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from clips import make_clip
from families import MAKERS, family_spec
from vidqa.cli.app import run
from vidqa.cli.parse import read_time
from vidqa.engine import Model, open_folder
from vidqa.media.frames.resize import resized
from vidqa.media.sampling.samplers import Sampling
from vidqa.models import registry
from vidqa.network.inference.frame_encoder import FrameEncoder

pytestmark = pytest.mark.numbers

SUBTITLES = """1
00:00:00,100 --> 00:00:00,900
the cat is called Chelsea

2
00:00:02,400 --> 00:00:02,900
and she sleeps all day
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    make_clip(path, range(0, 4000, 40))
    path.with_suffix(".srt").write_text(SUBTITLES)
    return path


@pytest.fixture(scope="module", params=list(MAKERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return open_folder(
        family_spec(request.param),
        MAKERS[request.param](tmp_path_factory.mktemp(request.param)),
        revision="test",
        device="cpu",
        dtype="float32",
    )


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.uint8]]:
    """Every picture that a model is shown."""
    pictures: list[NDArray[np.uint8]] = []
    push = FrameEncoder.push

    def spy(self: FrameEncoder, pixels: NDArray[np.uint8]) -> None:
        pictures.append(pixels.copy())
        push(self, pixels)

    monkeypatch.setattr(FrameEncoder, "push", spy)
    return pictures


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"frames": "7"},
        {"frames": "5", "start": "0.5", "end": "2.5"},
        {"sample": "scene"},
        {"sample": "keyframes", "frames": "6"},
        {"sample": "paper", "frames": "3"},
        {"sample": "fps:2"},
        {"subtitles": "off"},
    ],
    ids=str,
)
def test_the_frames_written_are_those_the_model_is_shown(
    model: Model,
    clip: Path,
    shown: list[NDArray[np.uint8]],
    options: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    watched = model.watch(
        clip,
        frames=int(options["frames"]) if "frames" in options else None,
        sampling=Sampling.parse(options.get("sample", "uniform")),
        start_s=read_time(options.get("start"), "--start"),
        end_s=read_time(options.get("end"), "--end"),
        subtitles=options.get("subtitles", "auto"),
    )
    monkeypatch.setitem(registry.MODELS, model.name, model.spec)
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    status = run(["frames", str(clip), "--save", str(tmp_path / "f"), "-m", model.name, *words])
    _, *rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    assert [row[0] for row in rows] == [f"{one.time_s:.3f}" for one in watched.segments]
    assert [row[2] for row in rows] == [one.text or "-" for one in watched.segments]
    assert len(shown) == len(rows) == len(list((tmp_path / "f").iterdir()))
    for (_, file, _), pixels in zip(rows, shown, strict=True):
        with Image.open(file) as image:
            written = np.asarray(image)
        assert written.shape == (96, 160, 3)
        np.testing.assert_array_equal(
            resized(written, model.loaded.picture_size or (160, 96)), pixels
        )
