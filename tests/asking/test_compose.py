"""Windows and the rest of a clip in one prompt: the very frames that were encoded before."""

from pathlib import Path

import pytest
import torch

from families import MAKERS, family_spec
from vidqa.engine import Model, open_folder
from vidqa.engine.asking.compose import composed
from vidqa.engine.contents import ClipContents
from vidqa.engine.summaries.windows import Window
from vidqa.types import Cue, Words
from vidqa.types.evenly import evenly

pytestmark = pytest.mark.numbers

FIRST, LAST = Window(10, 30, "start"), Window(90, 110, "even")
CUES = (Cue(12, 13, "early"), Cue(29.5, 31, "late"), Cue(91, 92, "last"))


@pytest.fixture(scope="module", params=list(MAKERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = MAKERS[request.param](tmp_path_factory.mktemp(request.param) / "model")
    settings = {"revision": "test", "device": "cpu", "dtype": "float32"}
    return open_folder(family_spec(request.param), folder, **settings)


def seen(model: Model, clip: Path, window: Window | None = None) -> ClipContents:
    if window is None:
        return model.watch(clip, frames=8, words=Words("none")).contents
    cues = tuple(one for one in CUES if window.start_s <= one.start_s < window.end_s)
    words = Words("file", cues)
    part = {"start_s": window.start_s, "end_s": window.end_s}
    return model.watch(clip, frames=8, words=words, **part).contents


def test_frames_and_words_are_those_of_the_windows_and_of_the_rest(
    model: Model, long_clip: Path
) -> None:
    whole = seen(model, long_clip)
    parts = {window: seen(model, long_clip, window) for window in (FIRST, LAST)}
    made = composed(whole, parts, 8)
    times_s = made.encoded.frame_times_s
    assert list(times_s) == sorted(set(times_s))
    assert (len(times_s), made.moments.times_s) == (8, times_s)
    sources = {
        time_s: tokens
        for one in (whole, *parts.values())
        for time_s, tokens in zip(
            one.encoded.frame_times_s, one.encoded.frames.state()[0]["visual_tokens"], strict=True
        )
    }
    tokens, _ = made.encoded.frames.state()
    for time_s, row in zip(times_s, tokens["visual_tokens"], strict=True):
        assert torch.equal(row, sources[time_s]), f"the frame at {time_s} s"
    for window in parts:
        assert len([one for one in times_s if window.start_s <= one < window.end_s]) == 3
    inside = [one for one in times_s if FIRST.start_s <= one < FIRST.end_s]
    starts = {cue.text: cue.start_s for cue in made.words.cues}
    assert starts == {"early": 12, "late": min(29.5, inside[-1]), "last": 91}


def test_one_window_alone_is_as_if_it_were_watched_alone(model: Model, long_clip: Path) -> None:
    """With all frames of one window and none around, the prompt is that of the window."""
    part = seen(model, long_clip, LAST)
    made = composed(part, {LAST: part}, 8)
    shown, alone = made.encoded.frames, part.encoded.frames
    count = len(part.encoded.frame_times_s)
    assert made.encoded.frame_times_s == tuple(evenly(part.encoded.frame_times_s, 8))
    assert shown.counts(range(count)) == alone.counts(range(count))
    for name, tensor in alone.state()[0].items():
        assert torch.equal(shown.state()[0][name], tensor)


def test_evenly() -> None:
    assert evenly("abcdefgh", 2) == ["c", "g"]
    assert evenly("abc", 3) == ["a", "b", "c"]
    assert evenly("abc", 9) == ["a", "b", "c"]
    assert evenly("abc", 0) == evenly("", 4) == []
