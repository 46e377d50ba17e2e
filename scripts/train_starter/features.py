"""Clips in feature space: what the tower would say of photographs nobody had to collect."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor
from torch.nn import functional

from vidqa.model.processing import VidqaProcessor
from vidqa.model.vision import ConceptVisionModel

CELLS = 4
CROPS_PER_PHOTO = 24
NOISE_IMAGES = 48
RIDGE = 0.3
"""Share of plain identity mixed into the covariance of the few photographs' features."""
STRENGTHS = torch.linspace(0, 60, 61)
"""How far an object may be moved along its direction; the smallest that is enough is taken."""


@dataclass(frozen=True)
class FeatureSpace:
    """The classifier's head, how features vary, and real backgrounds."""

    weight: Tensor
    """(V, D)"""
    bias: Tensor
    """(V,)"""
    directions: Tensor
    """(V, D): one step along row c raises the logit of class c by 1."""
    backgrounds: Tensor
    """(N, 4, 4, D): cell features of photographs and noise."""


def build(
    tower: ConceptVisionModel, processor: VidqaProcessor, photos: Sequence[Path]
) -> FeatureSpace:
    """Measure the tower on crops of photographs and on coloured noise."""
    images = [crop for photo in photos for crop in _crops(Image.open(photo).convert("RGB"))]
    images += [_noise() for _ in range(NOISE_IMAGES)]
    cells = []
    for start in range(0, len(images), 16):
        pixels = processor.image_processor(images[start : start + 16], return_tensors="pt")
        features = tower.classifier.forward_features(pixels["pixel_values"])
        cells.append(functional.adaptive_avg_pool2d(features, CELLS).permute(0, 2, 3, 1))
    backgrounds = torch.cat(cells)  # (N, 4, 4, D)
    head = tower.classifier.get_classifier()
    weight, bias = head.weight.detach(), head.bias.detach()
    flat = backgrounds.flatten(0, 2)
    covariance = torch.cov(flat.T)
    scale = covariance.diagonal().mean()
    covariance = (1 - RIDGE) * covariance + RIDGE * scale * torch.eye(len(covariance))
    moved = weight @ covariance  # (V, D)
    directions = moved / (moved * weight).sum(dim=1, keepdim=True)
    return FeatureSpace(weight, bias, directions, backgrounds)


def _crops(photo: Image.Image) -> list[Image.Image]:
    crops = []
    for _ in range(CROPS_PER_PHOTO):
        side = random.uniform(0.25, 1.0)
        width, height = int(photo.width * side), int(photo.height * side)
        left = random.randint(0, photo.width - width)
        top = random.randint(0, photo.height - height)
        crops.append(photo.crop((left, top, left + width, top + height)).resize((256, 256)))
    return crops


def _noise() -> Image.Image:
    """A blurred cloud of one random colour scheme."""
    colours = np.random.default_rng(random.getrandbits(32)).integers(0, 256, (8, 8, 3))
    cloud = Image.fromarray(colours.astype(np.uint8)).resize((256, 256), Image.Resampling.BICUBIC)
    return cloud.filter(ImageFilter.GaussianBlur(random.uniform(0, 12)))


def clip(space: FeatureSpace, runs: Sequence[tuple[int | None, int]]) -> Tensor:
    """Visual tokens of a clip.

    Args:
        space: from `build`.
        runs: (class or None for nothing recognisable, number of frames), in order.

    Returns:
        (F, 20, V): class probabilities of 16 cells and 4 quadrants of each frame.

    """
    return torch.cat([_shot(space, concept, frames) for concept, frames in runs])


def _shot(space: FeatureSpace, concept: int | None, frames: int) -> Tensor:
    """Frames of one thing before one background: (F, 20, V)."""
    background = space.backgrounds[random.randrange(len(space.backgrounds))]  # (4, 4, D)
    tokens = [_frame(space, background, concept) for _ in range(frames)]
    return torch.stack(tokens)


def _frame(space: FeatureSpace, background: Tensor, concept: int | None) -> Tensor:
    """One frame: (20, V)."""
    cells = background + 0.1 * torch.randn_like(background) * background.std()
    dimmed = 0.3  # an unrecognisable picture: the classifier has no strong opinion
    if concept is None:
        return (dimmed * _logits(space, cells)).softmax(dim=-1)
    place = _place()  # (4, 4)
    peak = cells.flatten(0, 1)[place.argmax()]
    strength = _strength(space, peak, concept)
    cells = cells + strength * place.unsqueeze(-1) * space.directions[concept]
    return _logits(space, cells).softmax(dim=-1)


def _place() -> Tensor:
    """How much of the object is in each cell: (4, 4), at most 1."""
    y, x = random.uniform(0.3, 2.7), random.uniform(0.3, 2.7)
    size = random.uniform(0.7, 3.0)
    ys, xs = torch.meshgrid(torch.arange(4.0), torch.arange(4.0), indexing="ij")
    place = torch.exp(-((ys - y) ** 2 + (xs - x) ** 2) / (2 * size**2))
    return place / place.max()


def _strength(space: FeatureSpace, peak: Tensor, concept: int) -> Tensor:
    """The smallest step that makes the classifier sure enough, drawn anew each time."""
    wanted = random.choice([0.25, 0.4, 0.6, 0.8, 0.9, 0.97])
    steps = peak + STRENGTHS.unsqueeze(1) * space.directions[concept]  # (S, D)
    sure = (steps @ space.weight.T + space.bias).softmax(dim=-1)[:, concept] >= wanted
    return STRENGTHS[int(sure.float().argmax())] if sure.any() else STRENGTHS[-1]


def _logits(space: FeatureSpace, cells: Tensor) -> Tensor:
    """Class logits of 16 cells row by row, then of the 2 x 2 quadrants: (20, V)."""
    quadrants = functional.adaptive_avg_pool2d(cells.permute(2, 0, 1), 2).flatten(1).T  # (4, D)
    places = torch.cat([cells.flatten(0, 1), quadrants])  # (20, D)
    return places @ space.weight.T + space.bias
