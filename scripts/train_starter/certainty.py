"""How sure the tower must be of a name before it is told.

Letters in shapes: V classes, N names, P places.
"""

import random
from collections.abc import Sequence

import features
import torch
from PIL import Image
from questions import with_article
from torch import Tensor

from vidqa.network.modeling import VidqaForConditionalGeneration
from vidqa.network.processing import VidqaProcessor
from vidqa.network.vision.places import concept_tokens

ALONE = 0.5
"""The least probability of a name where nobody is to be seen."""
NEAR_PEOPLE = -8.0
"""Where people are: the least log odds of a name, its log probability as a word added to them. The
classifier knows no people and takes them for what is often beside them."""
BEGINNINGS = ("In the video you can see", "In this photo there is", "Look, there is")
"""Of sentences that go on with a thing; how probable a word is there, the decoder knows."""
NOTHING = 200
"""Pictures in which nothing can be recognised."""


def untold(names: Sequence[str]) -> dict[str, Tensor]:
    """Return tensors of the right shapes, by which everything is told."""
    vocabulary = sorted(set(names))
    return {
        "names": torch.tensor([vocabulary.index(name) for name in names]),  # (V,)
        "least": torch.zeros(len(vocabulary)),  # (N,)
        "least_near_people": torch.zeros(len(vocabulary)),  # (N,)
        "nothing": torch.full((features.PLACES, len(names)), 1 / len(names)),  # (P, V)
    }


@torch.inference_mode()
def measure(
    model: VidqaForConditionalGeneration,
    processor: VidqaProcessor,
    names: Sequence[str],
    photos: Sequence[Image.Image],
) -> dict[str, Tensor]:
    """Return the tensors of `Certain` for an untrained model."""
    vocabulary = sorted(set(names))
    common = torch.tensor([_log_probability(model, processor, name) for name in vocabulary])
    return {
        **untold(names),
        "least": torch.full_like(common, ALONE),
        "least_near_people": (NEAR_PEOPLE - common).sigmoid(),
        "nothing": _nothing(model, processor, photos),
    }


def _log_probability(
    model: VidqaForConditionalGeneration, processor: VidqaProcessor, name: str
) -> float:
    """Return the mean log probability of a name where a thing is wanted."""
    total = 0.0
    for beginning in BEGINNINGS:
        whole = f"{beginning} {with_article(name)}"
        start = whole.removesuffix(name).rstrip()  # the article says nothing
        before, ids = (
            processor.tokenizer(text, add_special_tokens=False).input_ids for text in (start, whole)
        )
        logits = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        total += sum(float(logits[at - 1, ids[at]]) for at in range(len(before), len(ids)))
    return total / len(BEGINNINGS)


def _nothing(
    model: VidqaForConditionalGeneration,
    processor: VidqaProcessor,
    photos: Sequence[Image.Image],
) -> Tensor:
    """Return the mean probabilities at every place of pictures of nothing, (P, V)."""
    chance, tower = random.Random(5), model.model.vision_tower
    blank = [features.nothing(chance, photos) for _ in range(NOTHING)]
    pixels = processor.image_processor(blank, return_tensors="pt")["pixel_values"]
    seen = concept_tokens(
        tower.classifier.forward_features(pixels),
        tower.classifier.get_classifier(),
        pixels,
        image_mean=tower.config.image_mean,
        image_std=tower.config.image_std,
        cells_per_side=tower.config.cells_per_side,
    )
    return seen[..., : tower.config.classes].mean(dim=0)
