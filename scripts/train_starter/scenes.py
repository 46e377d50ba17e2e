"""Made clips: what is seen in them, when, and what is said."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import features
import torch
from features import FeatureSpace, Look
from names import EVERYDAY
from signs import signs
from torch import Tensor

from speech import Said, speech
from vidqa.network.concept_columns import COLOURS, PEOPLE
from vidqa.network.vision.people import places_of
from vidqa.types import Cue

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
PEOPLED = 0.45
"""Share of clips with people."""
ALWAYS_THERE = 0.6
"""Share of those in which they are there from the first to the last frame."""
ALONE = 0.6
"""Share of those with one person."""
MISSED = 0.12
"""Share of their frames in which they are missed, or counted wrong."""
FALSE_ALARM = 0.25
"""Share of clips without people in which one frame looks as if there were some."""
ENOUGH = 5
"""With so many frames, people are seen in at least two; what is in one is a false alarm."""


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
    people: int
    """0, 1, or 2 for several."""
    entries: tuple[tuple[str, ...], ...]
    """What is seen, in order; what is seen together, together. People are called `PERSON`."""
    said: Said
    read: tuple[Cue, ...]
    """What stands on the screen."""
    frames: int
    is_one_shot: bool


PERSON = ""
"""Stands for people among the names of what is seen."""


@dataclass(frozen=True)
class World:
    """What clips are made of."""

    space: FeatureSpace
    names: Sequence[str]
    """Of every class, what people call it."""
    written: Mapping[str, list[str]]
    """Sentences by topic."""

    def tells(self, told: Tensor, name: str) -> bool:
        """Return whether a name is among those that are told (N,)."""
        return bool(told[self.vocabulary.index(name)])

    @cached_property
    def vocabulary(self) -> list[str]:
        """The names without repeats."""
        return sorted(set(self.names))

    def classes_of(self, name: str) -> list[int]:
        """The classes that people call so."""
        return [number for number, other in enumerate(self.names) if other == name]


def make(world: World, chance: random.Random) -> tuple[Scene, Tensor]:
    """Draw a clip: what is known of it, and its frames (F, 20, V + 13)."""
    frames = FRAMES if chance.random() < WHOLE else chance.randint(1, FRAMES)
    people, columns = _people(frames, chance)
    if chance.random() < UNRECOGNISABLE:
        said = _said(world, (), frames, chance)
        entries = ((PERSON,),) if people else ()
        blank = chance.choice([features.blank_frames, features.unknown_frames])
        read = signs(float(frames), world.vocabulary, world.written, chance)
        scene = Scene((), people, entries, said, read, frames, False)
        return scene, blank(world.space, columns, chance)
    count = min(frames, chance.choice([1, 1, 1, 2, 2, 3, 4, MOST_THINGS]))
    has_blank = count < frames and chance.random() < BLANK_SHOT
    lengths = _lengths(frames, count + has_blank, chance)
    blank_at = chance.randrange(len(lengths)) if has_blank else None
    drawn, things, shots = list[str](), list[Thing | None](), list[Tensor]()
    for number, part in enumerate(columns.split(lengths)):
        if number == blank_at:
            shots.append(features.blank_frames(world.space, part, chance))
            things.append(None)
            continue
        name = _name(world, drawn, chance)
        drawn.append(name)
        is_alone = len(lengths) == 1
        sure = chance.choice(features.SURE_NEAR_PEOPLE if part.any() else features.SURE)
        moves = is_alone and frames > 3
        thing, look = _thing(world, name, chance, sure=sure, is_alone=is_alone, moves=moves)
        shot, told = features.frames_of(world.space, look, part, chance)
        things.append(thing if world.tells(told, name) else None)
        shots.append(shot)
    seen = tuple(thing for thing in things if thing is not None)
    said = _said(world, [thing.name for thing in seen], frames, chance)
    entries = _entries(things, [people > 0 and bool(part.any()) for part in columns.split(lengths)])
    read = signs(float(frames), world.vocabulary, world.written, chance)
    scene = Scene(seen, people, entries, said, read, frames, len(lengths) == 1)
    return scene, torch.cat(shots)


def _entries(
    things: Sequence[Thing | None], peopled: Sequence[bool]
) -> tuple[tuple[str, ...], ...]:
    """Name what is in each shot; people once, where they are first seen."""
    entries, is_told = list[tuple[str, ...]](), False
    for thing, has_people in zip(things, peopled, strict=True):
        names = [] if thing is None else [thing.name]
        if has_people and not is_told:
            names, is_told = [*names, PERSON], True
        if names:
            entries.append(tuple(names))
    return tuple(entries)


def _people(frames: int, chance: random.Random) -> tuple[int, Tensor]:
    """Draw how many people there are, and where: (F, 20, 2)."""
    columns = torch.zeros(frames, features.PLACES, len(PEOPLE))
    if chance.random() >= PEOPLED:
        if frames >= ENOUGH and chance.random() < FALSE_ALARM:
            number = chance.choice([1, 1, 2])
            columns[chance.randrange(frames)] = _columns(_faces(number, chance), chance)
        return 0, columns
    number = 1 if chance.random() < ALONE else chance.randint(2, 6)
    fewest = 2 if frames >= ENOUGH else 1
    length = frames if chance.random() < ALWAYS_THERE else chance.randint(fewest, frames)
    start, faces = chance.randint(0, frames - length), _faces(number, chance)
    wrong = [at for at in range(length) if chance.random() < MISSED][: (length - fewest) // 2]
    for at in range(length):
        found = chance.choice([[], faces[:1], [*faces, *faces][:2]]) if at in wrong else faces
        columns[start + at] = _columns(found, chance)
    return min(number, 2), columns


Face = tuple[float, float, float]
"""Its middle, its upper edge and its width, as shares of the frame."""


def _faces(number: int, chance: random.Random) -> list[Face]:
    sizes = [chance.choice([0.03, 0.06, 0.1, 0.2, 0.35]) for _ in range(number)]
    return [(chance.uniform(0, 1), chance.uniform(0, 0.8), size) for size in sizes]


def _columns(faces: Sequence[Face], chance: random.Random) -> Tensor:
    """Return the places of faces in one frame, a little moved: (20, 2)."""
    moved = [(x + chance.gauss(0, 0.02), y + chance.gauss(0, 0.02), w) for x, y, w in faces]
    boxes = [(x - w / 2, y, x + w / 2, y + w * 1.6) for x, y, w in moved]
    return places_of(torch.tensor(boxes).reshape(-1, 4), features.CELLS)


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
    world: World, name: str, chance: random.Random, *, sure: float, is_alone: bool, moves: bool
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
    look = Look(concept, colour, sure, size, (start, end), background, growth)
    shown = None if colour is None else COLOURS[colour]
    return Thing(name, concept, shown, motion, _background(world, look)), look


def _background(world: World, look: Look) -> str | None:
    """The colour behind a thing, where it fills most of what is to be seen of it."""
    shares = world.space.background_colours[look.background].mean((0, 1))  # (11,)
    best = int(shares.argmax())
    return COLOURS[best] if shares[best] >= BACKGROUND_SHARE and look.size < 1.6 else None
