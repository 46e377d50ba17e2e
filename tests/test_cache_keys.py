"""The keys of what is kept: with another one, nothing is found that users have.

Whoever changes one on purpose writes its new digest here.
"""

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace as Fake
from typing import Any

import pytest
import torch

from vidqa.engine.local import read_clip, runtime
from vidqa.engine.local import saved as sights
from vidqa.engine.summaries.piecewise import Piecewise
from vidqa.engine.watch import sight_key
from vidqa.engine.watch.encode_frames import FrameRequest
from vidqa.media.speech.device import Place
from vidqa.media.viewing import Viewing
from vidqa.media.words import finder, request, saved
from vidqa.models.spec import Family
from vidqa.network.inference.prompt_ids import Pictures
from vidqa.prompt.form import PromptForm
from vidqa.system.cache import Cache, written
from vidqa.types import Words

FAMILY = Family({"a": 1}, {"b": 2}, {"c": 3}, PromptForm("h", "u", "q", "a", ("m",), "f"))

# of files below the cache directory
LOOKED = "results/looked/3fb274f02e8f1adec0709849c3089ec6b9a1c4d52eb0f9748b5445c228ccf2cb"
READ = "results/read/8ed7fab43343ad184bb1fb0e3ba65559502c1c398836f8cd9b84a653ca6c2e93"
HEARD = "results/heard/bd2f738ce32e27156208d240e0603f604ffa623c6b21372547453772e5b87dab"
ANSWERS = "results/told/bd20ae097bbace1448fcc7a09006892bbf7e005b64eea8f8a0736232ca6a6622"


class Spy(Cache):
    """A cache that has words for every key, and remembers the key."""

    def __init__(self) -> None:
        self.key: Any = None

    def get(self, _: str, key: Any) -> bytes:
        self.key = key
        return written(Words("none"))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """What keys tell of a model; all libraries are in version 1."""
    for module in (sight_key, saved):
        monkeypatch.setattr(module, "version", lambda _: "1")
    monkeypatch.setattr(finder, "known_fingerprint", lambda _: "mark")
    spec = Fake(family=FAMILY, max_new_tokens=9)
    how = {
        "revision": "r",
        "device": "cpu",
        "dtype": "float32",
        "read_dtype": "float32",
        "most_frames": lambda _: 8,
    }
    return Fake(spec=spec, cache=Spy(), **how)


def place(root: Path, kind: str, key: Any) -> str:
    return str(Cache(root, limit_bytes=0)._file(kind, key).relative_to(root))


def test_what_was_seen(model: Fake, tmp_path: Path):
    frame_request = FrameRequest("uniform", (0.0, 2.0), 8, (4, 2), "auto", False)
    key = runtime.Runtime._sight_key(model, "mark", frame_request)
    assert place(tmp_path, sights.LOOKED, key) == LOOKED


def test_what_was_seen_without_frames_that_look_alike(model: Fake, tmp_path: Path):
    frame_request = FrameRequest("uniform", (0.0, 2.0), 8, (4, 2), "auto", False, True)
    key = runtime.Runtime._sight_key(model, "mark", frame_request)
    assert key["skip_alike"] is True
    assert place(tmp_path, sights.LOOKED, key) != LOOKED


def test_what_was_read(model: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pictures = Pictures(torch.arange(3)[None], torch.ones(1, 2))
    fitter = Fake(turn=lambda _: None, pictures=lambda *_: pictures)
    clip = Fake(model=model, _fitter=fitter, _shown=None)
    model.loaded = Fake(network=None)
    seen: list[Any] = []

    def look_for(_: object, key: Any, *__: object) -> None:
        seen.append(key)
        raise LookupError

    monkeypatch.setattr(read_clip, "kept_context", look_for)
    with pytest.raises(LookupError):
        read_clip.ReadClip._open_once(clip, "a.mp4")
    assert place(tmp_path, sights.READ, seen[0]) == READ


def test_what_was_read_elsewhere_or_with_other_integers_is_not_the_same(
    monkeypatch: pytest.MonkeyPatch,
):
    how = {"model": "r", "device": "cpu", "dtype": "int8"}
    shown = Pictures(torch.arange(3)[None], torch.ones(1, 2))
    placed = [replace(shown, positions=torch.arange(n, n + 3).expand(3, 1, -1)) for n in (0, 1)]
    keys = [sights.read_key(one, **how)["prompt"] for one in (shown, *placed)]
    assert len(set(keys)) == 3
    wide = {**how, "dtype": "float32"}
    before = [sights.read_key(shown, **one) for one in (how, wide)]
    own = {"onnxruntime": "0"}
    monkeypatch.setattr(sights, "version", lambda name: own.get(name, version(name)))
    after = [sights.read_key(shown, **one) for one in (how, wide)]
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_what_was_heard(model: Fake, tmp_path: Path):
    recognizer = Fake(name="parrot", model_dir=Path("m/1"), place=Place("cpu", 1))
    word_finder = finder.WordFinder(Fake(), recognizer, cache=model.cache)
    list(
        word_finder._cached(
            tmp_path, request.WordRequest("auto", "de", audio_track="2"), (0.0, None)
        )
    )
    assert place(tmp_path, saved.KIND, model.cache.key) == HEARD


def test_what_was_told(model: Fake, tmp_path: Path):
    clip = Fake(model=model, fingerprint="mark", viewing=Viewing())
    parts = Fake(clip=clip, max_new_tokens=None, _view=lambda _: Viewing(start_s=1.0))
    key = Piecewise._key(parts, Fake(), ("What?",))
    assert place(tmp_path, "told", key) == ANSWERS
