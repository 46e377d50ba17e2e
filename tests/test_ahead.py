"""Clip after clip: the next ones are fetched while one is answered."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from test_engine import clip  # noqa: F401  (a fixture)
from tiny import spec, talkative, vidqa_folder
from vidqa.engine import Clip, Model, open_folder
from vidqa.errors import UsageError, VidqaError
from vidqa.media.viewing import Viewing
from vidqa.types import Frame

pytestmark = pytest.mark.numbers


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = talkative(vidqa_folder(tmp_path_factory.mktemp("tiny")))
    return open_folder(spec(), folder, revision="test", device="cpu", dtype="float32")


@pytest.fixture
def clips(clip: Path, tmp_path: Path) -> list[str]:  # noqa: F811
    paths = [tmp_path / f"{number}.mp4" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_bytes(b"no video" if number == 2 else clip.read_bytes())
    return [str(path) for path in paths]


def test_clips_in_turn_are_answered_as_one_by_one(model: Model, clips: list[str]) -> None:
    watched = dict(model.watch_all((one, Viewing(frames=4)) for one in clips))
    assert list(watched) == clips
    error = watched[clips[2]]
    assert isinstance(error, VidqaError)
    assert error.__traceback__ is None, "the frames of functions hold tensors"
    for video in clips[:2]:
        one = watched[video]
        assert isinstance(one, Clip)
        assert one.ask("Who?").text == model.watch(video, frames=4).ask("Who?").text


def test_the_next_clips_are_read_while_one_is_answered(
    model: Model, clips: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    frames = model.reader.frames

    def noted(info: Any, *settings: Any, **more: Any) -> Any:
        begun.append(info.path.name)
        return frames(info, *settings, **more)

    monkeypatch.setattr(model.reader, "frames", noted)
    coming = model.watch_all((one, Viewing(frames=2)) for one in clips)
    next(coming)
    end = time.monotonic() + 120
    while len(begun) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert set(begun) == {"0.mp4", "1.mp4"}  # 2.mp4 is no video, 3.mp4 is too far ahead
    coming.close()


def test_a_clip_that_is_ready_need_not_wait_for_a_slow_one(
    model: Model, clips: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, slow = model.reader.probe, threading.Event()

    def slowly(path: Path) -> Any:
        if path.name == "0.mp4":
            assert slow.wait(60)
        return probe(path)

    monkeypatch.setattr(model.reader, "probe", slowly)
    order = []
    for video, _ in model.watch_all(
        ((one, Viewing(frames=2)) for one in clips[:2]), in_order=False
    ):
        order.append(Path(video).name)
        slow.set()
    assert order == ["1.mp4", "0.mp4"]


def test_what_nobody_wants_any_more_ends(
    model: Model, clips: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> Iterator[Frame]:
        while True:
            yield Frame(0.0, np.zeros((48, 64, 3), np.uint8))

    before = threading.active_count()
    monkeypatch.setattr(model.reader, "frames", endless)
    monkeypatch.setattr("vidqa.engine.watch.fetch.BUFFER_BYTES", 3 * 48 * 64 * 4)
    fetch = model.fetch(Path(clips[0]), Viewing())
    assert isinstance(next(fetch.frames()), Frame)
    fetch.cancel()
    end = time.monotonic() + 120
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_a_viewing_that_makes_no_sense_ends_all_of_it(model: Model, clips: list[str]) -> None:
    with pytest.raises(UsageError, match="recipe"):
        list(model.watch_all((one, Viewing(recipe="cake")) for one in clips))


def test_every_question_about_every_clip_is_a_record(model: Model, clips: list[str]) -> None:
    asked = ["Who?", "Where?"]
    how = {"frames": 4, "subtitles": "off"}
    records = list(model.ask_many(clips, asked, max_new_tokens=5, frames=4, subtitles="off"))
    assert [(one["video"], one["question"]) for one in records] == [
        (video, question) for video in clips for question in asked
    ]
    assert [one["video"] for one in records if "error" in one] == [clips[2]] * 2
    assert records[4]["error"]["kind"] == "not_a_video"
    assert records[4]["model"] == records[0]["model"]
    alone = model.watch(clips[0], frames=4, subtitles="off").ask("Who?", max_new_tokens=5)
    assert records[0] == {**records[0], **alone.to_record()}
    assert all(records[4]["settings"][name] == value for name, value in how.items())
    assert [one["answer"] for one in model.ask_many([Path(clips[0])], "Who?")]
    with pytest.raises(UsageError, match="recipe"):
        list(model.ask_many(clips, "Who?", recipe="none"))
