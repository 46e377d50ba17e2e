"""`fit`: a smaller plan instead of a refusal, and the answer says so."""

from pathlib import Path

import av
import numpy as np
import pytest

from tiny import spec, vidqa_folder
from vidqa.engine import open_folder
from vidqa.engine.local import memory
from vidqa.engine.local.memory import plan_for
from vidqa.errors import NotEnoughMemoryError
from vidqa.network.loading import load_processor
from vidqa.system import memory as system_memory
from vidqa.system.footprint import MemoryPlan


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "bgr0"
        for number in range(20):
            pixels = np.full((64, 64, 3), number * 12, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode())
    return path


def test_fewer_frames_are_taken_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, film: Path
) -> None:
    folder, wants = vidqa_folder(tmp_path / "model"), spec(frames=16)
    made = plan_for(
        wants, folder, load_processor(folder), device="cpu", dtype="float32", frames=None
    )
    half = made.smaller[0]
    assert (made.plan.frames, half.frames) == (16, 8)
    free = (made.plan.total_bytes + half.total_bytes) // 2
    for module in (system_memory, memory):
        monkeypatch.setattr(module, "free_memory_bytes", lambda _: free)
    settings = {"revision": "test", "device": "cpu", "dtype": "float32"}
    with pytest.raises(NotEnoughMemoryError, match="has free only") as caught:
        open_folder(wants, folder, **settings)
    assert "--fit" in str(caught.value.hint)
    plans = list[MemoryPlan]()
    model = open_folder(
        wants, folder, fit=True, on_plan=lambda one, _: plans.append(one), **settings
    )
    assert plans == [half]
    answer = model.watch(film).ask("Who?")
    assert len(answer.frame_times_s) == 8
    assert any("reduced to fit the memory" in warning for warning in answer.warnings)
    assert len(model.watch(film, frames=4).ask("Who?").frame_times_s) == 4


def test_nothing_changes_where_all_fits(tmp_path: Path, film: Path) -> None:
    folder = vidqa_folder(tmp_path / "model")
    settings = {"revision": "test", "device": "cpu", "dtype": "float32"}
    one, other = (
        open_folder(spec(), folder, fit=fit, **settings).watch(film).ask("Who?")
        for fit in (True, False)
    )
    assert (one.text, one.warnings) == (other.text, other.warnings)
