"""The clips and questions that the starter is taught with: true, and in the engine's own form."""

import random
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tiny import vidqa_folder
from vidqa.network.loading import load_folder
from vidqa.network.vision.certain import Certain

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_starter"
NAMES = ["cat", "cat", "dog", "mug", "rocket", "apple"]
"""Of six classes."""
LOOKS = 40


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The script's modules, and a world of six classes, of which everything is told."""
    monkeypatch.syspath_prepend(str(SCRIPT))
    features, scenes, questions, lessons = (
        import_module(name) for name in ("features", "scenes", "questions", "lessons")
    )
    monkeypatch.setattr(scenes, "EVERYDAY", dict.fromkeys(NAMES))
    monkeypatch.setattr(features, "TINTS", 2)
    chance = torch.Generator().manual_seed(0)
    weight = torch.randn(len(NAMES), 8, generator=chance)
    vocabulary = sorted(set(NAMES))
    certain = Certain(len(NAMES), len(vocabulary), features.PLACES)
    certain.names.copy_(torch.tensor([vocabulary.index(name) for name in NAMES]))
    certain.nothing.fill_(1 / len(NAMES))
    colours = torch.full((4, 4, 4, 11), 1 / 11)
    space = features.FeatureSpace(
        weight=weight,
        bias=torch.zeros(len(NAMES)),
        directions=weight / (weight * weight).sum(1, keepdim=True),
        backgrounds=torch.zeros(4, 4, 4, 8),
        background_colours=colours,
        blanks=torch.full((3, features.PLACES, len(NAMES) + 13), 1 / len(NAMES)),
        certain=certain,
    )
    world = scenes.World(space, NAMES, {"the weather": ["The weather is fine today."]})
    return SimpleNamespace(
        features=features, scenes=scenes, questions=questions, lessons=lessons, world=world
    )


def drawn(made: SimpleNamespace) -> list[tuple[Any, torch.Tensor]]:
    return [made.scenes.make(made.world, random.Random(number)) for number in range(LOOKS)]


@torch.inference_mode()
def test_people_are_in_the_frames_if_they_are_in_the_answers(made: SimpleNamespace) -> None:
    numbers = set()
    for scene, tokens in drawn(made):
        assert tokens.shape == (scene.frames, made.features.PLACES, len(NAMES) + 13)
        peopled = int(tokens[..., -2:].flatten(1).any(dim=1).sum())
        least = 1 if scene.frames < made.scenes.ENOUGH else 2
        assert peopled >= least if scene.people else peopled < 2
        assert any(made.scenes.PERSON in names for names in scene.entries) == (scene.people > 0)
        numbers.add(scene.people)
    assert numbers == {0, 1, 2}


@torch.inference_mode()
def test_what_is_not_sure_is_not_named(made: SimpleNamespace) -> None:
    assert any(scene.things for scene, _ in drawn(made))
    made.world.space.certain.least.fill_(2)
    made.world.space.certain.least_near_people.fill_(2)
    for scene, tokens in drawn(made):
        assert scene.things == ()
        classes = tokens[..., : len(NAMES)]
        assert torch.allclose(classes, torch.full_like(classes, 1 / len(NAMES)))


@torch.inference_mode()
def test_answers_follow_from_what_is_known(made: SimpleNamespace) -> None:
    kinds = set()
    for number, (scene, _) in enumerate(drawn(made)):
        asked = made.questions.exchanges(scene, made.world, random.Random(number), count=30)
        assert len(asked) == len({question for question, _ in asked})
        for question, answer in asked:
            if "people" in question and answer.startswith(("Yes", "No")):
                assert answer.startswith("Yes") == (scene.people > 0), question
                kinds.add(answer)
            if answer.startswith("The video shows") and "cannot" not in answer:
                shown = answer.partition('"')[0]
                assert all(thing.name in shown for thing in scene.things)
                assert ("several people" in shown) == (scene.people == 2)
                assert ("a person" in shown) == (scene.people == 1)
            if answer == made.questions.CANNOT_TELL:
                assert not scene.things
    assert len(kinds) == 3


def test_lessons_are_in_the_form_that_the_engine_asks_in(
    made: SimpleNamespace, tmp_path: Path
) -> None:
    processor = load_folder(vidqa_folder(tmp_path), device="cpu", dtype="float32").processor
    lessons = made.lessons.MadeLessons(made.world, processor, seed=3, count=8)
    for number in range(len(lessons)):
        lesson = lessons[number]
        images = sum(one == processor.image_token_id for one in lesson.prefix_ids)
        assert images == len(lesson.places) * processor.image_seq_length
        text = processor.tokenizer.decode(lesson.prefix_ids)
        assert "seconds>" not in text, "no times"
        assert all(exchange.answer_ids for exchange in lesson.exchanges)
        assert lesson.exchanges
