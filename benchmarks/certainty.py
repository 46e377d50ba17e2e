"""How many names would be true if the starter had to be surer of them, and in how many files.

    python benchmarks/certainty.py FOLDER/manifest.json... > benchmarks/results/certainty-cpu.json

Nothing is asked: counted is which names the tower tells of any frame of a file, and how probable
each is there. The manifests are those of `benchmarks/truth.py`, and so are the parts of files.
People are left out, whom another network finds. For each least probability the result gives how
many names would be told, the share of them that is written down, and in how many files one is.
"""

import argparse
import datetime
import json
import os
import platform
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import vidqa
from claims import is_shown
from truth import MODEL, named, part
from vidqa.models.sources.fetch import fetch
from vidqa.models.store.store import Store
from vidqa.network.vision.certain import QUADRANTS, Certain

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts" / "train_starter"))
from names import spoken_names
from sources import CLASS_NAMES, NAMES_WHEEL

LEAST = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
AGAIN = 0.2
"""Part of the frames that have to tell a name, in the second count."""
FEW_FRAMES = 5
"""Below, one frame is enough."""

Told = Mapping[int, tuple[float, float]]
"""Of each name's number: its highest probability where it is told, and the part of frames."""


def main() -> None:
    """Look at all files, then print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifests", type=Path, nargs="+", metavar="FOLDER/manifest.json")
    given = parser.parse_args()
    names = everyday_names()
    model = vidqa.load(MODEL, keep=False)
    rows = defaultdict[str, list[list[tuple[bool, float, float]]]](list)
    for manifest in given.manifests:
        for entry in json.loads(manifest.read_text()):
            with listening() as frames:
                model.watch(manifest.parent / entry["file"], subtitles="off", screen_text="off")
            rows[part(entry)].append(
                [
                    (is_shown(names[number], entry["truth"]), *seen)
                    for number, seen in told(frames).items()
                ]
            )
    print(
        json.dumps(
            {
                "command": "python benchmarks/certainty.py "
                + " ".join(map(named, given.manifests)),
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "model": model.revision,
                "columns": ["names told", "percent true", "percent of files with a true one"],
                **{
                    name: {
                        "files": len(files),
                        "by least probability": {
                            str(least): counted(files, least, 0.0) for least in LEAST
                        },
                        f"and told of {AGAIN:.0%} of the frames": {
                            str(least): counted(files, least, AGAIN) for least in LEAST
                        },
                    }
                    for name, files in rows.items()
                },
            },
            indent=1,
        )
    )


def everyday_names() -> list[str]:
    """Return the names of the tower's classes, in the order of their numbers."""
    folder = fetch(NAMES_WHEEL, Store())
    return sorted(set(spoken_names(json.loads((folder / CLASS_NAMES).read_text()))))


@contextmanager
def listening() -> Iterator[list[tuple[Tensor, Tensor]]]:
    """Collect what the tower tells: (B, N) probabilities of names, and whether they are told."""
    frames, usual = list[tuple[Tensor, Tensor]](), Certain.told

    def told(self: Certain, probabilities: Tensor, near_people: Tensor) -> Tensor:
        quadrants = probabilities[:, -QUADRANTS:]
        sums = quadrants.new_zeros(*quadrants.shape[:2], len(self.least))
        best = sums.index_add(2, self.names, quadrants).amax(dim=1)
        is_told = usual(self, probabilities, near_people)
        frames.append((best.float(), is_told))
        return is_told

    Certain.told = told  # type: ignore[method-assign]
    try:
        yield frames
    finally:
        Certain.told = usual  # type: ignore[method-assign]


def told(frames: Sequence[tuple[Tensor, Tensor]]) -> Told:
    """Return what is told of a file."""
    best = torch.cat([one for one, _ in frames])  # (F, N)
    is_told = torch.cat([one for _, one in frames])
    shares = is_told.float().mean(dim=0)
    if len(best) < FEW_FRAMES:
        shares = is_told.any(dim=0).float()
    highest = torch.where(is_told, best, torch.zeros_like(best)).amax(dim=0)
    return {
        int(number): (float(highest[number]), float(shares[number]))
        for number in is_told.any(dim=0).nonzero()[:, 0]
    }


def counted(files: Sequence[Sequence[tuple[Any, ...]]], least: float, share: float) -> list[float]:
    """Return how many names are told, and the two percentages."""
    kept = [
        [is_true for is_true, best, part in names if best >= least and part >= share]
        for names in files
    ]
    every = [is_true for names in kept for is_true in names]
    true = 100 * sum(every) / max(1, len(every))
    return [len(every), round(true, 1), round(100 * sum(map(any, kept)) / len(files), 1)]


if __name__ == "__main__":
    main()
