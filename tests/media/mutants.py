"""Damaged files: clips of many containers, cut, flipped, shuffled and crossed."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from clips import Pipe, make_clip

EVEN = tuple(range(0, 1000, 40))

CLIPS: dict[str, dict] = {
    "a.mp4": {"sound_s": 1.0, "options": {"bf": "2"}},
    "b.mov": {"codec": "libx265", "options": {"x265-params": "log-level=0"}},
    "c.mkv": {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "deadline": "realtime"}},
    "d.webm": {"codec": "libvpx", "sound_s": 1.0},
    "e.avi": {"codec": "mpeg4"},
    "f.ts": {"sound_s": 1.0},
    "g.mpg": {"codec": "mpeg2video", "container": "mpeg"},
    "h.flv": {"codec": "flv", "container": "flv"},
    "i.gif": {"codec": "gif", "pix_fmt": "rgb8"},
    "j.mp4": {"codec": "libsvtav1", "options": {"preset": "12"}, "flags": "frag_keyframe"},
}
"""Ten clips in eight containers."""


def make_clips(folder: Path) -> list[bytes]:
    """The undamaged files' contents."""
    contents = []
    for name, how in CLIPS.items():
        make_clip(folder / name, EVEN, **how)
        contents.append((folder / name).read_bytes())
    pipe = Pipe()
    make_clip(pipe, EVEN, container="matroska")
    return [*contents, bytes(pipe.content)]


def cut(content: bytes, draw: random.Random, _: list[bytes]) -> bytes:
    """Lose the end."""
    return content[: draw.randrange(len(content))]


def flip(content: bytes, draw: random.Random, _: list[bytes]) -> bytes:
    """Turn some bits, most of them near the beginning, where the headers are."""
    damaged = bytearray(content)
    for _ in range(draw.choice([1, 4, 16, 64, 256])):
        reach = draw.choice([64, 1024, len(damaged)])
        damaged[draw.randrange(min(reach, len(damaged)))] ^= 1 << draw.randrange(8)
    return bytes(damaged)


def overwrite(content: bytes, draw: random.Random, _: list[bytes]) -> bytes:
    """Put the largest, the smallest or any number where another was."""
    damaged = bytearray(content)
    for _ in range(draw.choice([1, 3, 9])):
        place = draw.randrange(max(1, len(damaged) - 8))
        damaged[place : place + 4] = draw.choice([b"\xff" * 4, bytes(4), draw.randbytes(4)])
    return bytes(damaged)


def swap(content: bytes, draw: random.Random, _: list[bytes]) -> bytes:
    """Exchange two stretches, boxes and packets among them."""
    places = sorted(draw.randrange(len(content)) for _ in range(4))
    a, b, c, d = places
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def repeat(content: bytes, draw: random.Random, _: list[bytes]) -> bytes:
    """Say a stretch several times."""
    begin, end = sorted(draw.randrange(len(content)) for _ in range(2))
    return content[:end] + content[begin:end] * draw.randrange(1, 5) + content[end:]


def behead(content: bytes, draw: random.Random, others: list[bytes]) -> bytes:
    """Give it the beginning of another file."""
    length = draw.choice([16, 64, 512, 2048])
    return draw.choice(others)[:length] + content[length:]


MUTATIONS: tuple[Callable[[bytes, random.Random, list[bytes]], bytes], ...] = (
    cut,
    flip,
    overwrite,
    swap,
    repeat,
    behead,
)


def mutants(clips: list[bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged files, each with a name that says how it came about."""
    for number in range(count):
        draw = random.Random(f"{seed}/{number}")
        clip, mutate = draw.randrange(len(clips)), draw.choice(MUTATIONS)
        content = mutate(clips[clip], draw, clips)
        if draw.random() < 0.25:
            content = draw.choice(MUTATIONS)(content or b"\0" * 8, draw, clips)
        yield f"{seed}-{number}-clip{clip}-{mutate.__name__}", content
