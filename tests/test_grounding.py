"""What an answer rests on, and choices, on a tiny model of every family."""

import math
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers.cache_utils import DynamicLayer

from clips import make_clip
from families import MAKERS, family_spec
from vidqa.engine import Clip, Model, open_folder
from vidqa.engine.answer.grounding import RESTS_NATS, judged
from vidqa.engine.answer.rank import Likelihood, ranked
from vidqa.errors import ModelDamagedError
from vidqa.network.native.kv_cache import KeyValueLayer
from vidqa.system.footprint import CACHES
from vidqa.types import UNSURE

pytestmark = pytest.mark.numbers

QUESTION = "What happens?"
MUCH, LITTLE = RESTS_NATS + 1, RESTS_NATS - 1


@pytest.mark.parametrize(
    ("pictures", "words", "both", "verdict"),
    [
        (MUCH, LITTLE, MUCH, "seen"),
        (LITTLE, MUCH, MUCH, "heard"),
        (MUCH, MUCH, MUCH, "both"),
        (LITTLE, LITTLE, MUCH, "both"),
        (LITTLE, LITTLE, LITTLE, "guess"),
        (-MUCH, MUCH, MUCH, "heard"),
        (0.0, 0.0, -MUCH, "guess"),
    ],
)
def test_verdicts(pictures: float, words: float, both: float, verdict: str) -> None:
    found = judged(-5.0, -5.0 - pictures, -5.0 - words, -5.0 - both)
    assert found.verdict == verdict
    assert found.without_pictures == pytest.approx(pictures)
    assert found.without_both == pytest.approx(both)


def test_what_is_no_number_is_no_answer() -> None:
    for nll in (math.nan, -math.inf):
        with pytest.raises(ModelDamagedError, match="not numbers"):
            ranked(["yes", "no"], [Likelihood(-1.0, 1), Likelihood(nll, 1)], by="per_token")
        with pytest.raises(ModelDamagedError, match="not numbers"):
            judged(-1.0, nll, -1.0, -2.0)


@pytest.fixture(scope="module", params=list(MAKERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = MAKERS[request.param](tmp_path_factory.mktemp(request.param) / "model")
    settings = {"revision": "test", "device": "cpu", "dtype": "float32"}
    return open_folder(family_spec(request.param), folder, **settings)


@pytest.fixture
def clip(model: Model, tmp_path: Path) -> Clip:
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40))
    srt = "1\n00:00:00,100 --> 00:00:00,900\nthe cat is called Chelsea\n"
    (tmp_path / "clip.srt").write_text(srt)
    return model.watch(tmp_path / "clip.mp4")


def test_a_clip_is_held_as_often_as_is_planned_for(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_prefix = clip.video_prefix
    kinds = (DynamicLayer, KeyValueLayer)
    layers = [one for one in video_prefix.prefix.cache.layers if type(one) in kinds]
    kind = type(layers[0])
    most, update = 0, kind.update

    def held(layer: Any) -> torch.Tensor:
        return layer._keys if isinstance(layer, KeyValueLayer) else layer.keys

    def counted(self: object, *given: object, **told: object) -> object:
        nonlocal most
        result = update(self, *given, **told)
        seen.append(weakref.ref(held(self)))
        alive = {one.data_ptr() for ref in seen if (one := ref()) is not None and is_long(one)}
        most = max(most, len(alive))
        return result

    def is_long(keys: torch.Tensor) -> bool:
        return keys.shape[-2] > video_prefix.prefix_tokens // 2

    def copies(act: Callable[[], object]) -> float:
        nonlocal most
        most = 0
        act()
        return most / len(layers)

    seen = [weakref.ref(held(one)) for one in layers]
    monkeypatch.setattr(kind, "update", counted)
    assert copies(lambda: clip.ask(QUESTION)) == CACHES
    assert copies(lambda: clip.rank(QUESTION, ["a", "b", "c"])) == CACHES + 1
    assert copies(lambda: clip.grounded(QUESTION)) <= CACHES + 1
    assert copies(lambda: clip.grounds(QUESTION, ["a cat", "a dog"])) <= CACHES + 2
    chosen = clip.choose(QUESTION, ["a", "b", "c"])
    assert copies(lambda: clip.grounded(chosen)) <= CACHES + 2


def test_an_answer_is_scored_again_with_less(clip: Clip, model: Model, tmp_path: Path) -> None:
    answer = replace(clip.ask(QUESTION), text="The video shows a cat.")
    found = clip.grounded(answer).grounding
    assert found is not None

    def score(**less: object) -> float:
        (choice,) = model.watch(tmp_path / "clip.mp4", **less).rank(QUESTION, [answer.text])  # type: ignore[arg-type]
        return -choice.nll

    whole = score()
    assert found.without_pictures == pytest.approx(whole - score(blank=True), abs=1e-3)
    assert found.without_words == pytest.approx(whole - score(subtitles="off"), abs=1e-3)
    less = whole - score(blank=True, subtitles="off")
    assert found.without_both == pytest.approx(less, abs=1e-3)
    assert found.without_pictures != 0
    assert found.without_words != 0


def test_asking_what_it_rests_on_changes_no_later_answer(clip: Clip) -> None:
    before = clip.ask(QUESTION).to_record()
    clip.grounded(replace(clip.ask(QUESTION), text="a cat"))
    assert clip.ask(QUESTION).to_record() == before


def test_the_likeliest_choice_is_the_answer(clip: Clip) -> None:
    ranking = clip.rank(QUESTION, ["yes", "no", "a cat"], beginnings=True)
    answer = clip.choose(QUESTION, ["yes", "no", "a cat"])
    assert (answer.text, answer.choices, answer.is_sure) == (ranking[0].text, ranking, True)
    assert math.isclose(sum(choice.probability for choice in answer.choices), 1)
    assert answer.stopped_by == "chosen"
    assert answer.prompt_tokens == clip.ask(QUESTION).prompt_tokens
    assert clip.grounded(answer).grounding is not None
    doubtful = clip.choose(QUESTION, ["yes", "no"], threshold=1.0)
    assert (doubtful.text, doubtful.is_sure) == (UNSURE, False)


def test_an_empty_answer_rests_on_nothing(clip: Clip) -> None:
    answer = clip.grounded(replace(clip.ask(QUESTION), text=" "))
    assert answer.grounding is None
    assert answer.warnings[-1] == "an empty answer rests on nothing"


def test_a_choice_that_begins_another_is_taken_whole(clip: Clip) -> None:
    alone, pair = (
        {one.text: one.tokens for one in clip.rank(QUESTION, choices, beginnings=True)}
        for choices in (["a cat", "a dog"], ["a cat", "a cat and a dog"])
    )
    assert pair["a cat"] == alone["a cat"] + 1


def test_a_choice_rests_on_what_moves_its_odds(clip: Clip, model: Model, tmp_path: Path) -> None:
    answer = clip.choose(QUESTION, ["yes", "no"])
    found = clip.grounded(answer).grounding
    assert found is not None

    def odds(**less: object) -> float:
        watched = model.watch(tmp_path / "clip.mp4", **less)  # type: ignore[arg-type]
        nll = {one.text: one.nll for one in watched.choose(QUESTION, ["yes", "no"]).choices}
        other = "no" if answer.text == "yes" else "yes"
        return nll[other] - nll[answer.text]

    assert found.without_words == pytest.approx(odds() - odds(subtitles="off"), abs=1e-3)
