"""The starter's summaries of clips of which it is written down what they hold.

    python scripts/evaluation_set -o build/evaluation
    python benchmarks/summaries.py build/evaluation/summaries.jsonl \\
        > benchmarks/results/summaries-cpu.json

Every picture shown and every sentence spoken is a fact; a summary holds it if one of its names, or
all of its words, are in it. A sentence is false if it says that something is shown which is not, or
quotes what was not said: that can be read off the starter's sentences, which have two forms, and
off no other model's. Intervals are of 95 %, by resampling facts or sentences.
"""

import argparse
import datetime
import json
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import vidqa
from vidqa.engine import Model
from vidqa.engine.summaries.summary import sentences
from vidqa.tasks.evaluate.bootstrap import Share, share
from vidqa.types.summaries import Length

MODEL = "starter"
SHOWS, SAYS = "The video shows ", 'voice says: "'
WAYS: dict[str, dict[str, Any]] = {
    "all": {},
    "without words": {"subtitles": "off"},
    "without frames": {"blank": True},
}
"""How a clip is watched."""
LENGTHS: tuple[Length, ...] = ("short", "medium", "long")
Clip = Mapping[str, Any]
"""A line of the set: `video`, `shown` (names of each thing), `said` (words of each sentence)."""


def main() -> None:
    """Sum all clips up, then print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("summaries", type=Path)
    file = parser.parse_args().summaries
    clips = [json.loads(line) for line in file.read_text().splitlines()]
    model = vidqa.load(MODEL)
    print(
        json.dumps(
            {
                "command": "python benchmarks/summaries.py " + " ".join(sys.argv[1:]),
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "model": model.revision,
                "dtype": model.dtype,
                "clips": len(clips),
                "percent_with_interval_and_count": {
                    way: {
                        length: of_all(model, clips, file.parent, length, how) for length in LENGTHS
                    }
                    for way, how in WAYS.items()
                },
            },
            indent=1,
        )
    )


def of_all(
    model: Model, clips: list[Clip], folder: Path, length: Length, how: Mapping[str, Any]
) -> dict[str, list[float] | None]:
    """The shares of facts held and of sentences that are false."""
    seen, heard, false = list[bool](), list[bool](), list[bool]()
    for clip in clips:
        text = model.watch(folder / clip["video"], **how).summarize(length).text
        seen += [any(holds(text, name) for name in names) for names in clip["shown"]]
        heard += [all(holds(text, word) for word in words) for words in clip["said"].values()]
        false += [is_false(sentence, clip) for sentence, _ in sentences(text)]
    return {
        "facts held": percent(seen + heard),
        "of pictures": percent(seen),
        "of words": percent(heard),
        "sentences false": percent(false),
    }


def holds(text: str, name: str) -> bool:
    """Whether a name is in a text as words of their own, or as their plural."""
    return re.search(rf"\b{re.escape(name.lower())}(?:s|es)?\b", text.lower()) is not None


def is_false(sentence: str, clip: Clip) -> bool:
    """Whether something else is shown, or was said, than it says."""
    things, _, quote = sentence.partition(SAYS)
    if any(not is_shown(thing, clip) for thing in things_in(things)):
        return True
    spoken = " ".join(clip["said"])
    return any(one not in spoken for one, _ in sentences(quote.rstrip('"')))


def things_in(text: str) -> Iterator[str]:
    """What it says is shown."""
    if text.startswith(SHOWS):
        yield from re.split(r",? (?:and )?then ", text.removeprefix(SHOWS).partition(";")[0])


def is_shown(thing: str, clip: Clip) -> bool:
    """Whether it is one of the clip's, by any of its names."""
    return any(holds(thing, name) for names in clip["shown"] for name in names)


def percent(values: list[bool]) -> list[float] | None:
    """The share, its interval and the count; None of nothing."""
    if not values:
        return None
    found: Share = share([float(value) for value in values], [""] * len(values))
    return [round(100 * part, 1) for part in (found.mean, found.low, found.high)] + [found.count]


if __name__ == "__main__":
    main()
