"""Which lessons are taken when: a function of the seed and the step, so that a run can go on."""

import hashlib
from functools import lru_cache

import torch
from torch import Tensor


def lessons_of(
    step: int, *, seed: int, total: int, batch: int, rank: int = 0, ranks: int = 1
) -> list[int]:
    """The lessons of one forward.

    Every pass over all lessons is shuffled anew; of each batch the machines take turns.

    Args:
        step: forwards so far, on each machine.
        seed: of the whole run.
        total: how many lessons there are.
        batch: lessons of a forward on one machine.
        rank: the number of this machine, from 0.
        ranks: how many machines there are.

    Returns:
        `batch` numbers below `total`.

    """
    start = (step * ranks + rank) * batch
    return [_taken(place, seed=seed, total=total) for place in range(start, start + batch)]


def _taken(place: int, *, seed: int, total: int) -> int:
    turn, place = divmod(place, total)
    return int(_shuffled(seed, turn, total)[place])


@lru_cache(maxsize=2)
def _shuffled(seed: int, turn: int, total: int) -> Tensor:
    return torch.randperm(total, generator=torch.Generator().manual_seed(seed_of(seed, turn)))


def seed_of(*numbers: int) -> int:
    """One seed out of several numbers, the same on every machine."""
    digest = hashlib.sha256(repr(numbers).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1  # torch takes 63 bits
