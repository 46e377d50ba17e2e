"""Made clips: what is seen in them, when, and what is said."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import features
import torch
from features import FeatureSpace, Look
from names import EVERYDAY
from torch import Tensor

from speech import Said, speech
from vidqa.network.configuration import COLOURS

FRAMES = 8
MOST_THINGS = 5
WHOLE = 0.65
"""Share of clips with as many frames as ship."""
UNRECOGNISABLE = 0.22
BLANK_SHOT = 0.15
COLOURED = 0.6
MOTIONS: Mapping[str, tuple[tuple[float, float], tuple[float, float], float]] = {
    "from left to right": ((1.5, 0.2), (1.5, 2.8), 1.0),
    "from right to left": ((1.5, 2.8), (1.5, 0.2), 1.0),
    "up": ((2.8, 1.5), (0.2, 1.5), 1.0),
    "down": ((0.2, 1.5), (2.8, 1.5), 1.0),
    "closer": ((1.5, 1.5), (1.5, 1.5), 4.0),
}
"""Where a thing is in the first and the last frame, in cells, and how much it grows."""
BEFORE_WALL = 0.5
"""Share of things shown alone that stand small before a wall of one colour."""
BACKGROUND_SHARE = 0.5
"""A background has a colour where so much of it has that colour."""


@dataclass(frozen=True)
class Thing:
    """Something that is seen, once."""

    name: str
    concept: int
    colour: str | None
    motion: str | None
    """None: it stays where it is."""
    background: str | None
    """The colour behind it."""


@dataclass(frozen=True)
class Scene:
    """What is known of a made clip."""

    things: tuple[Thing, ...]
    """In order; none where nothing can be recognised."""
    said: Said
    frames: int
    is_one_shot: bool


@dataclass(frozen=True)
class World:
    """What clips are made of."""

    space: FeatureSpace
    names: Sequence[str]
    """Of every class, what people call it."""
    written: Mapping[str, list[str]]
    """Sentences by topic."""

    @cached_property
    def vocabulary(self) -> list[str]:
        """The names without repeats."""
        return sorted(set(self.names))

    def classes_of(self, name: str) -> list[int]:
        """The classes that people call so."""
        return [number for number, other in enumerate(self.names) if other == name]


def make(world: World, chance: random.Random) -> tuple[Scene, Tensor]:
    """Draw a clip: what is known of it, and its frames (F, 20, V + 11)."""
    frames = FRAMES if chance.random() < WHOLE else chance.randint(1, FRAMES)
    if chance.random() < UNRECOGNISABLE:
        said = _said(world, (), frames, chance)
        return Scene((), said, frames, False), _blank(world, frames, chance)
    count = min(frames, chance.choice([1, 1, 1, 2, 2, 3, 4, MOST_THINGS]))
    has_blank = count < frames and chance.random() < BLANK_SHOT
    lengths = _lengths(frames, count + has_blank, chance)
    blank_at = chance.randrange(len(lengths)) if has_blank else None
    names, things, shots = list[str](), list[Thing](), list[Tensor]()
    for number, length in enumerate(lengths):
        if number == blank_at:
            shots.append(_blank(world, length, chance))
            continue
        name = _name(world, names, chance)
        names.append(name)
        is_alone = len(lengths) == 1
        thing, look = _thing(world, name, chance, is_alone=is_alone, moves=is_alone and frames > 3)
        things.append(thing)
        shots.append(features.frames_of(world.space, look, length, chance))
    said = _said(world, names, frames, chance)
    return Scene(tuple(things), said, frames, len(lengths) == 1), torch.cat(shots)


def _blank(world: World, frames: int, chance: random.Random) -> Tensor:
    return features.blank_frames(world.space, frames, chance)


def _said(world: World, shown: Sequence[str], frames: int, chance: random.Random) -> Said:
    return speech(float(frames), shown, world.vocabulary, world.written, chance)


def _lengths(frames: int, parts: int, chance: random.Random) -> list[int]:
    cuts = sorted(chance.sample(range(1, frames), parts - 1))
    return [end - start for start, end in zip([0, *cuts], [*cuts, frames], strict=True)]


def _name(world: World, taken: Sequence[str], chance: random.Random) -> str:
    """A thing that is not there yet; everyday ones more often."""
    while True:
        name = chance.choice(list(EVERYDAY) if chance.random() < 0.5 else world.vocabulary)
        if name not in taken:
            return name


def _thing(
    world: World, name: str, chance: random.Random, *, is_alone: bool, moves: bool
) -> tuple[Thing, Look]:
    concept = chance.choice(world.classes_of(name))
    colour = chance.randrange(len(COLOURS)) if chance.random() < COLOURED else None
    before_wall = is_alone and chance.random() < BEFORE_WALL
    every = len(world.space.backgrounds)
    background = chance.randrange(every - features.TINTS if before_wall else 0, every)
    motion = chance.choice([*MOTIONS, None, None]) if moves and chance.random() < 0.6 else None
    middle = (chance.uniform(0.3, 2.7), chance.uniform(0.3, 2.7))
    start, end, growth = (middle, middle, 1.0) if motion is None else MOTIONS[motion]
    most = 1.5 if before_wall else 3.0
    size = chance.uniform(0.7, most) if motion is None else chance.uniform(0.6, 1.1)
    sure = chance.choice(features.SURE)
    look = Look(concept, colour, sure, size, (start, end), background, growth)
    shown = None if colour is None else COLOURS[colour]
    return Thing(name, concept, shown, motion, _background(world, look)), look


def _background(world: World, look: Look) -> str | None:
    """The colour behind a thing, where it fills most of what is to be seen of it."""
    shares = world.space.background_colours[look.background].mean((0, 1))  # (11,)
    best = int(shares.argmax())
    return COLOURS[best] if shares[best] >= BACKGROUND_SHARE and look.size < 1.6 else None
