"""Frames in feature space: what the tower would say of photographs nobody had to collect.

The classifier is linear behind its feature map, so real features can be moved until it sees a
wanted object there. Letters in shapes: C feature channels, V classes, N backgrounds.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor
from torch.nn import functional

from vidqa.network.concept_columns import COLOURS, PEOPLE
from vidqa.network.processing import VidqaProcessor
from vidqa.network.vision.certain import Certain
from vidqa.network.vision.colours import PATCH, colour_shares
from vidqa.network.vision.concepts import ConceptVisionModel

CELLS = 4
PLACES = CELLS * CELLS + 4
SIDE = 256
CROPS_PER_PHOTO = 40
CLOUDS = 80
TINTS = 220
"""Backgrounds of one colour, as many of each; those of photographs are mostly grey."""
BLANKS = 900
RIDGE = 0.3
"""Share of plain identity mixed into the covariance of the few photographs' features."""
STRENGTHS = torch.linspace(0, 60, 61)
"""How far an object may be moved along its direction; the smallest that is enough is taken."""
NOTHINGS = (
    *("plain", "grey", "dark", "cloud", "static", "gradient", "blurred", "stripes", "mosaic"),
    "ring",
)
"""Kinds of pictures in which nothing can be recognised."""
SURE = (0.4, 0.55, 0.7, 0.85, 0.95, 0.99)
"""How sure the classifier becomes of an object in the quadrant where it is best seen."""
SURE_NEAR_PEOPLE = (0.7, 0.95, 0.999)
"""The same where people are."""


@dataclass(frozen=True)
class FeatureSpace:
    """The classifier's head, how features vary, real backgrounds, and pictures of nothing."""

    weight: Tensor
    """(V, C)"""
    bias: Tensor
    """(V,)"""
    directions: Tensor
    """(V, C): one step along row c raises the logit of class c by 1."""
    backgrounds: Tensor
    """(N, 4, 4, C): cell features of photographs and clouds of colour."""
    background_colours: Tensor
    """(N, 4, 4, 11): their shares of colours."""
    blanks: Tensor
    """(M, 20, V + 13): whole frames in which nothing can be recognised."""
    certain: Certain
    """Takes back what the classifier is not sure of."""


@dataclass(frozen=True)
class Look:
    """How one thing looks in one shot."""

    concept: int
    """Its class."""
    colour: int | None
    """Its colour by number; None: as the background."""
    sure: float
    size: float
    """In cells."""
    path: tuple[tuple[float, float], tuple[float, float]]
    """Where its middle is in the first and in the last frame, in cells."""
    background: int
    """By number."""
    growth: float = 1.0
    """How much larger it is in the last frame."""


@torch.inference_mode()
def build(
    tower: ConceptVisionModel, processor: VidqaProcessor, photos: Sequence[Path]
) -> FeatureSpace:
    """Measure the tower on crops of photographs, clouds of colour and pictures of nothing."""
    chance = random.Random(0)
    opened = [Image.open(photo).convert("RGB") for photo in photos]
    seen = [crop(photo, chance) for photo in opened for _ in range(CROPS_PER_PHOTO)]
    seen += [cloud(chance) for _ in range(CLOUDS)]
    seen += [tint(number % len(COLOURS), chance) for number in range(TINTS)]
    backgrounds, colours = _measured(tower, processor, seen)
    blank = [nothing(chance, opened) for _ in range(BLANKS)]
    blanks = torch.cat(
        [
            tower(_pixels(processor, blank[start : start + 16])).last_hidden_state
            for start in range(0, len(blank), 16)
        ]
    )
    head: Any = tower.classifier.get_classifier()
    weight, bias = head.weight.detach(), head.bias.detach()
    covariance = torch.cov(backgrounds.flatten(0, 2).T)
    scale = covariance.diagonal().mean()
    covariance = (1 - RIDGE) * covariance + RIDGE * scale * torch.eye(len(covariance))
    moved = weight @ covariance  # (V, C)
    directions = moved / (moved * weight).sum(dim=1, keepdim=True)
    return FeatureSpace(weight, bias, directions, backgrounds, colours, blanks, tower.certain)


def _pixels(processor: VidqaProcessor, images: Sequence[Image.Image]) -> Tensor:
    pixels: Tensor = processor.image_processor(list(images), return_tensors="pt")["pixel_values"]
    return pixels


def _measured(
    tower: ConceptVisionModel, processor: VidqaProcessor, images: Sequence[Image.Image]
) -> tuple[Tensor, Tensor]:
    cells, colours = [], []
    for start in range(0, len(images), 16):
        pixels = _pixels(processor, images[start : start + 16])
        features = tower.classifier.forward_features(pixels)
        cells.append(functional.adaptive_avg_pool2d(features, CELLS).permute(0, 2, 3, 1))
        plain = pixels * tower.config.image_std + tower.config.image_mean
        colours.append(colour_shares(plain, CELLS).permute(0, 2, 3, 1))
    return torch.cat(cells), torch.cat(colours)


def crop(photo: Image.Image, chance: random.Random) -> Image.Image:
    """A part of a photograph."""
    side = chance.uniform(0.25, 1.0)
    width, height = int(photo.width * side), int(photo.height * side)
    left, top = chance.randint(0, photo.width - width), chance.randint(0, photo.height - height)
    return photo.crop((left, top, left + width, top + height)).resize((SIDE, SIDE))


def cloud(chance: random.Random) -> Image.Image:
    """A blurred cloud of one random colour scheme."""
    colours = np.random.default_rng(chance.getrandbits(32)).integers(0, 256, (8, 8, 3))
    grown = Image.fromarray(colours.astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return grown.filter(ImageFilter.GaussianBlur(chance.uniform(0, 12)))


def tint(name: int, chance: random.Random) -> Image.Image:
    """A wall of one colour: a little lighter to one side, a little rough."""
    numbers = np.random.default_rng(chance.getrandbits(32))
    while True:
        colour = numbers.uniform(0, 1, 3)
        patch = torch.from_numpy(colour).view(1, 3, 1, 1).expand(1, 3, PATCH, PATCH)
        if colour_shares(patch, 1)[0, name] == 1:
            break
    light = np.linspace(1, chance.uniform(0.85, 1), SIDE)[:, None, None]
    grain = numbers.normal(0, chance.uniform(0, 0.05), (SIDE, SIDE, 1))
    pixels = np.clip(colour * light + grain, 0, 1) * 255
    return Image.fromarray(pixels.astype(np.uint8)).rotate(chance.choice([0, 90, 180, 270]))


def nothing(chance: random.Random, photos: Sequence[Image.Image]) -> Image.Image:
    """A picture in which nothing can be recognised."""
    numbers = np.random.default_rng(chance.getrandbits(32))
    kind = chance.choice(NOTHINGS)
    colour = numbers.integers(0, 256, 3)
    if kind == "plain":
        pixels = np.full((SIDE, SIDE, 3), colour)
    elif kind == "grey":
        pixels = np.full((SIDE, SIDE, 3), colour[:1])
    elif kind == "mosaic":
        side = chance.choice([8, 16, 32, 64])
        grain = numbers.normal(colour, chance.uniform(5, 60), (side, side, 3))
        pixels = np.clip(grain, 0, 255).repeat(SIDE // side, axis=0).repeat(SIDE // side, axis=1)
    elif kind == "ring":
        ys, xs = np.mgrid[0:SIDE, 0:SIDE]
        far = np.hypot(ys - chance.uniform(0, SIDE), xs - chance.uniform(0, SIDE)) / SIDE
        pixels = colour * np.clip(1.2 - far, 0, 1)[..., None]
    elif kind == "dark":
        pixels = np.clip(numbers.normal(chance.uniform(0, 25), 4, (SIDE, SIDE, 3)), 0, 255)
    elif kind == "static":
        grain = numbers.integers(0, 256, (SIDE, SIDE, chance.choice([1, 3])))
        pixels = np.broadcast_to(grain, (SIDE, SIDE, 3))
    elif kind == "gradient":
        other, part = numbers.integers(0, 256, 3), np.linspace(0, 1, SIDE)[:, None, None]
        pixels = np.broadcast_to(colour * part + other * (1 - part), (SIDE, SIDE, 3))
        pixels = pixels.transpose(1, 0, 2) if chance.random() < 0.5 else pixels
    elif kind == "stripes":
        wave = np.sin(np.arange(SIDE) / chance.uniform(2, 30))[:, None, None] * 0.5 + 0.5
        pixels = np.broadcast_to(colour * wave, (SIDE, SIDE, 3))
        pixels = pixels.transpose(1, 0, 2) if chance.random() < 0.5 else pixels
    elif kind == "blurred":
        blurred = crop(chance.choice(photos), chance)
        return blurred.filter(ImageFilter.GaussianBlur(chance.uniform(14, 40)))
    else:
        return cloud(chance).filter(ImageFilter.GaussianBlur(chance.uniform(4, 16)))
    return Image.fromarray(np.ascontiguousarray(pixels).astype(np.uint8))


def blank_frames(space: FeatureSpace, people: Tensor, chance: random.Random) -> Tensor:
    """Frames of nothing that look alike, with people (F, 20, 2): (F, 20, V + 13)."""
    frame = space.blanks[chance.randrange(len(space.blanks)), :, : -len(PEOPLE)]
    return torch.cat([frame.expand(len(people), -1, -1), people], dim=-1)


def unknown_frames(space: FeatureSpace, people: Tensor, chance: random.Random) -> Tensor:
    """Frames before one background in which no thing is told, with people: (F, 20, V + 13)."""
    colours = _places(space.background_colours[chance.randrange(len(space.backgrounds))][None])
    frame = torch.cat([space.certain.nothing, colours[0]], dim=-1)
    return torch.cat([frame.expand(len(people), -1, -1), people], dim=-1)


def frames_of(
    space: FeatureSpace, look: Look, people: Tensor, chance: random.Random
) -> tuple[Tensor, Tensor]:
    """Frames of one thing before one background, with people (F, 20, 2).

    Returns:
        (F, 20, V + 13), and for each everyday name by number whether it is told, (N,).

    """
    frames = len(people)
    place = torch.stack([_place(look, part / max(1, frames - 1)) for part in range(frames)])
    background = space.backgrounds[look.background]
    generator = torch.Generator().manual_seed(chance.getrandbits(62))
    noise = torch.randn((frames, *background.shape), generator=generator)
    cells = background + 0.1 * noise * background.std()  # (F, 4, 4, C)
    moved = _strength(space, cells[0], place[0], look) * space.directions[look.concept]
    cells = cells + place.unsqueeze(-1) * moved
    classes = (_places(cells) @ space.weight.T + space.bias).softmax(dim=-1)  # (F, 20, V)
    near_people = people.flatten(1).any(dim=1)
    tokens = [space.certain(classes, near_people), _places(_colours(space, look, place)), people]
    return torch.cat(tokens, dim=-1), space.certain.told(classes, near_people).any(dim=0)


def _place(look: Look, part: float) -> Tensor:
    """How much of the object is in each cell at some part of the way: (4, 4), at most 1."""
    (y0, x0), (y1, x1) = look.path
    y, x = y0 + part * (y1 - y0), x0 + part * (x1 - x0)
    size = look.size * look.growth ** (part - 0.5)
    ys, xs = torch.meshgrid(torch.arange(4.0), torch.arange(4.0), indexing="ij")
    place = torch.exp(-((ys - y) ** 2 + (xs - x) ** 2) / (2 * size**2))
    return place / place.max()


def _strength(space: FeatureSpace, cells: Tensor, place: Tensor, look: Look) -> Tensor:
    """The smallest step that makes the classifier sure enough of a frame (4, 4, C)."""
    amounts = functional.adaptive_avg_pool2d(place[None], 2).flatten()  # (4,)
    best = int(amounts.argmax())
    quadrant = _places(cells[None])[0, best - len(amounts)]  # (C,)
    steps = quadrant + (STRENGTHS * amounts[best])[:, None] * space.directions[look.concept]
    sure = (steps @ space.weight.T + space.bias).softmax(dim=-1)[:, look.concept] >= look.sure
    return STRENGTHS[int(sure.float().argmax())] if sure.any() else STRENGTHS[-1]


def _colours(space: FeatureSpace, look: Look, place: Tensor) -> Tensor:
    """Shares of the colours (F, 4, 4, 11), the object's own where it is."""
    colours = space.background_colours[look.background].expand(len(place), -1, -1, -1)
    if look.colour is None:
        return colours
    own = torch.full((len(COLOURS),), 0.2 / (len(COLOURS) - 1))
    own[look.colour] = 0.8
    share = 0.9 * place.unsqueeze(-1)
    return (1 - share) * colours + share * own


def _places(cells: Tensor) -> Tensor:
    """(F, 4, 4, C) to (F, 20, C): 16 cells row by row, then the 2 x 2 quadrants."""
    quadrants = functional.adaptive_avg_pool2d(cells.permute(0, 3, 1, 2), 2).flatten(2)
    return torch.cat([cells.flatten(1, 2), quadrants.transpose(1, 2)], dim=1)
