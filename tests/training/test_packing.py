"""Packed lessons cost what they would cost one by one; what stands beside them is not seen."""

import random

import pytest
import torch
from torch import Tensor

import tiny
from vidqa.network.loading import load_folder
from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.training.data.packing import UNSCORED, pack
from vidqa.training.data.samples import Exchange, Lesson
from vidqa.training.objective import AnswerLoss

pytestmark = pytest.mark.numbers

WORDS = 40


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> VidqaForConditionalGeneration:
    folder = tiny.vidqa_folder(tmp_path_factory.mktemp("tiny"))
    network = load_folder(folder, device="cpu", dtype="float32").network
    assert isinstance(network, VidqaForConditionalGeneration)
    return network


def lesson(network: VidqaForConditionalGeneration, chance: random.Random, frames: int) -> Lesson:
    config = network.config
    prefix = [
        token
        for _ in range(frames)
        for token in [*[config.image_token_id] * config.image_seq_length, *words(chance)]
    ]
    tower = config.vision_config
    places = torch.rand(frames, tower.tokens_per_image, tower.hidden_size)
    exchanges = [Exchange(words(chance), words(chance)) for _ in range(chance.randint(1, 4))]
    return Lesson(places, prefix, exchanges)


def words(chance: random.Random) -> list[int]:
    return [chance.randrange(1, WORDS) for _ in range(chance.randint(1, 6))]


def alone(one: Lesson) -> list[Lesson]:
    return [Lesson(one.places, one.prefix_ids, [exchange]) for exchange in one.exchanges]


@torch.inference_mode()
def loss(network: VidqaForConditionalGeneration, lessons: list[Lesson]) -> Tensor:
    return AnswerLoss(network)(**pack(lessons, pad_id=0).to(torch.device("cpu")))


def test_packed_lessons_cost_what_they_cost_alone(network: VidqaForConditionalGeneration) -> None:
    chance = random.Random(1)
    lessons = [lesson(network, chance, frames) for frames in (1, 4, 2)]
    together = loss(network, lessons)
    single = [(loss(network, [one]), one) for each in lessons for one in alone(each)]
    tokens = [len(one.exchanges[0].answer_ids) for _, one in single]
    mean = sum(value * n for (value, _), n in zip(single, tokens, strict=True)) / sum(tokens)
    torch.testing.assert_close(together, mean, atol=1e-6, rtol=1e-5)


def test_only_answers_are_scored(network: VidqaForConditionalGeneration) -> None:
    one = lesson(network, random.Random(2), 2)
    (labels,) = pack([one], pad_id=0).labels.tolist()
    scored = [label for label in labels if label != UNSCORED]
    assert scored == [token for exchange in one.exchanges for token in exchange.answer_ids]


def test_an_exchange_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Exchange([1], [])
