"""How much of what the starter says of real footage is true.

    python benchmarks/truth.py FOLDER/manifest.json... > benchmarks/results/truth-cpu.json

A manifest is a list; each entry names a clip or a photograph beside it as `file`, and says in
`truth` what is to be seen: `things` (names of each, split by `/`), `place`, `has_person`, in
`people_accept` how many people may be told (0, 1, 2, "several", "hands only"), and in `not_there`
things that are surely not. It must be written before any answer was seen.

Of each the starter is asked what it shows, whether there is a person, how many, and whether there
is what is not there. What it hears is left out. A claim is true if it is written down; who wrote it
may have left something out, so every answer is in the result, to be read. Half of the files, by the
hash of their names, may be used to choose settings (`tuned`), the others may not (`apart`). Those
of a manifest that says `untouched` of them nobody had looked at before the model was done;
`benchmarks/footage` says where they are from.
Percentages have intervals of 95 %, by resampling files, and the number of files.
"""

import argparse
import datetime
import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import vidqa
from claims import claims_of, is_doubt, is_shown
from vidqa.engine import Clip

MODEL = "starter"
SHOWN, PERSON, THERE = "What does the video show?", "a person", "Is there {} in the video?"
HOW_MANY = "How many people are there?"
DRAWS = 4000

Seen = Mapping[str, Any]
"""What was answered of one file."""


def main() -> None:
    """Ask about all files, then print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifests", type=Path, nargs="+", metavar="FOLDER/manifest.json")
    manifests: list[Path] = parser.parse_args().manifests
    model = vidqa.load(MODEL, keep=False)
    entries = [
        (manifest.parent, one) for manifest in manifests for one in json.loads(manifest.read_text())
    ]
    seen = [
        answered(model.watch(folder / one["file"], subtitles="off"), one) for folder, one in entries
    ]
    parts = {"all": seen} | {
        name: [
            answers for answers, (_, one) in zip(seen, entries, strict=True) if part(one) == name
        ]
        for name in ("tuned", "apart", "untouched")
    }
    parts["looked at"] = parts["tuned"] + parts["apart"]
    print(
        json.dumps(
            {
                "command": f"python benchmarks/truth.py {' '.join(map(named, manifests))}",
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "model": model.revision,
                "dtype": model.dtype,
                **{name: figures(part) for name, part in parts.items() if part},
                "answers": seen,
            },
            indent=1,
        )
    )


def named(manifest: Path) -> str:
    """Return a manifest's name for the command, without where it is on this machine."""
    return f"{manifest.parent.name}/{manifest.name}"


def part(entry: Mapping[str, Any]) -> str:
    """Return whether settings were chosen by a file, or could have been."""
    if entry.get("untouched"):
        return "untouched"
    is_tuned_on = hashlib.sha256(entry["file"].encode()).digest()[0] % 2 == 0
    return "tuned" if is_tuned_on else "apart"


def answered(clip: Clip, entry: Mapping[str, Any]) -> Seen:
    """Ask about one file."""
    truth = entry["truth"]
    text = clip.ask(SHOWN).text
    return {
        "file": entry["file"],
        "answer": text,
        "claims": {claim: is_shown(claim, truth) for claim in claims_of(text)},
        "doubts": is_doubt(text),
        "person": [truth["has_person"], says_yes(clip, PERSON)],
        "people": [truth["people_accept"], clip.ask(HOW_MANY).text],
        "not_there": {name: says_yes(clip, with_article(name)) for name in truth["not_there"]},
    }


def says_yes(clip: Clip, thing: str) -> bool:
    """Return whether a thing is said to be there."""
    return clip.ask(THERE.format(thing)).text.startswith("Yes")


def with_article(name: str) -> str:
    """`cat` -> `a cat`, `umbrella` -> `an umbrella`, `glasses` -> `glasses`."""
    if name.split()[0].endswith("s"):
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def figures(seen: Sequence[Seen]) -> dict[str, list[float]]:
    """Return percentages with intervals, and the number of files."""
    return {
        "claims that are true": share(seen, lambda one: list(one["claims"].values())),
        "files with a true claim": share(seen, lambda one: [any(one["claims"].values())]),
        "files of which it says that it cannot tell": share(seen, lambda one: [one["doubts"]]),
        "a person is seen where there is one": share(seen, lambda one: person(one, there=True)),
        "none is seen where there is none": share(seen, lambda one: person(one, there=False)),
        "a person is seen or not, balanced": balanced(seen),
        "where people are told, one or several is right": share(seen, number),
        "things that are not there are denied": share(
            seen, lambda one: [not is_seen for is_seen in one["not_there"].values()]
        ),
    }


def person(one: Seen, *, there: bool) -> list[bool]:
    """Return whether the answer about people is right, for files with people or without."""
    is_there, said = one["person"]
    return [said == is_there] if is_there is there else []


def number(one: Seen) -> list[bool]:
    """Return whether one or several is told rightly, where people are there and told."""
    accepted, said = one["people"]
    told = set[Any]()
    if "one person" in said:
        told = {1, "hands only"}
    elif "several people" in said:
        told = {2, "several"}
    return [bool(told & set(accepted))] if told and accepted != [0] else []


def balanced(seen: Sequence[Seen]) -> list[float]:
    """Return the mean of the shares of files with people and without that are told right."""
    parts = [[one for one in seen if one["person"][0] is there] for there in (True, False)]
    if not all(parts):
        return [0.0, 0.0, 100.0, 0]
    rights = [np.array([one["person"][0] == one["person"][1] for one in part]) for part in parts]
    draws = np.random.default_rng(0)
    drawn = [right[draws.integers(0, len(right), (DRAWS, len(right)))] for right in rights]
    means = sum(one.mean(axis=1) for one in drawn) / 2
    mean = sum(right.mean() for right in rights) / 2
    low, high = np.quantile(means, [0.025, 0.975])
    return [*(round(100 * float(one), 1) for one in (mean, low, high)), len(seen)]


def share(seen: Sequence[Seen], right: Callable[[Seen], list[bool]]) -> list[float]:
    """Return the percentage of what is right, its interval, and the number of files it is of."""
    counted = [found for one in seen if (found := right(one))]
    if not counted:
        return [0.0, 0.0, 100.0, 0]
    sums = np.array([(sum(found), len(found)) for found in counted])  # (files, 2)
    drawn = np.random.default_rng(0).integers(0, len(sums), (DRAWS, len(sums)))
    shares = sums[drawn].sum(axis=1)  # (DRAWS, 2)
    low, high = np.quantile(shares[:, 0] / shares[:, 1], [0.025, 0.975])
    mean = sums[:, 0].sum() / sums[:, 1].sum()
    return [*(round(100 * float(one), 1) for one in (mean, low, high)), len(counted)]


if __name__ == "__main__":
    main()
