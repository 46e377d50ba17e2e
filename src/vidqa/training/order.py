"""The order of lessons: a function of seed and step, so that a run can be resumed."""

import hashlib
from functools import lru_cache

import torch
from torch import Tensor


def lessons_of(
    step: int, *, seed: int, total: int, batch: int, rank: int = 0, ranks: int = 1
) -> list[int]:
    """Return the lessons of one forward pass.

    Every pass over all lessons is shuffled anew; the processes take turns in each batch.

    Args:
        step: forward passes so far, in each process.
        seed: the seed of the whole run.
        total: the number of lessons.
        batch: lessons per forward pass in one process.
        rank: the number of this process, from 0.
        ranks: the number of processes.

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
    """Derive one seed from several numbers, the same on every machine."""
    digest = hashlib.sha256(repr(numbers).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1  # torch takes 63 bits
