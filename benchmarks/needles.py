"""Whether facts of long films are found, answered and placed, and whether others are not.

    python scripts/evaluation_set -o build/evaluation
    python benchmarks/needles.py > benchmarks/results/needles-cpu.json

Films of 10 minutes, 1 hour and 3 hours (`benchmarks/made_films.py`) hold the same 40 facts: 25
sentences that are said once, and 15 pictures of single things of the evaluation set that are shown
for 12 s; between them others talk of something else before grey pictures. Facts, questions and
right answers are in `benchmarks/needles.json`, and were written before any answer was seen; 20
more questions are about what is nowhere in the films. All are asked by `vidqa ask`, once as it
is and once with `--windows off`, which looks at frames of all of the film.

A place is right if what is asked for begins within 30 s of it. Intervals of 95 % resample
questions. Seconds and memory are of whole processes, in a cache that holds nothing of the films;
the second run asks the same again.
"""

import argparse
import datetime
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

import made_films
import shelf

FACTS = Path(__file__).with_name("needles.json")
MINUTES = (10, 60, 180)
NEAR_S = 30.0


@dataclass(frozen=True)
class Needle:
    """A question, and what is known of its answer."""

    kind: str
    question: str
    right: Sequence[str]
    """An answer has any of these."""
    at_s: float | None
    """When it is said or shown; None if it is nowhere."""


def main() -> None:
    """Write the films, ask, then print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, nargs="+", default=MINUTES)
    parser.add_argument("--facts", type=Path, default=FACTS)
    parser.add_argument("--seed", type=int, default=1, help="of which pictures are shown")
    parser.add_argument("--keep", type=Path, help="a folder for the films and answers")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = given.keep or Path(spare)
        folder.mkdir(exist_ok=True)
        facts = json.loads(given.facts.read_text())
        found = {
            f"{minutes} min": figures_of(folder, minutes, facts, given.seed)
            for minutes in given.minutes
        }
    print(
        json.dumps(
            {
                "command": "python benchmarks/needles.py",
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "films": found,
            },
            indent=1,
        )
    )


def figures_of(folder: Path, minutes: int, facts: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Ask about a film of so many minutes, in windows and as a whole."""
    film = folder / f"{minutes}.mp4"
    needles = written(film, minutes, facts, seed)
    (folder / "questions.txt").write_text("".join(f"{one.question}\n" for one in needles))
    runs = {
        "windows": run(folder, film),
        "windows, again": run(folder, film),
        "whole": run(folder, film, "--windows", "off"),
    }
    return {
        "found": {way: figures(needles, runs[way][0]) for way in ("windows", "whole")},
        "seconds": {way: round(one[1], 1) for way, one in runs.items()},
        "peak MiB": {way: round(one[2]) for way, one in runs.items()},
        "answers": [
            {
                "kind": one.kind,
                "question": one.question,
                "at_s": None if one.at_s is None else round(one.at_s, 1),
                "answer": record["answer"],
                "spans": [span for claim in record.get("claims", ()) for span in claim["spans"]],
            }
            for one, record in zip(needles, runs["windows"][0], strict=True)
        ],
    }


def written(film: Path, minutes: int, facts: Mapping[str, Any], seed: int) -> list[Needle]:
    """Write a film; returns what is asked about it, with the true times."""
    chance = random.Random(seed)
    shown = shelf.things()
    names = [name for some in shown.values() for name in some]
    alone = sorted(clip for clip, some in shown.items() if names.count(some[0]) == 1)
    clips = chance.sample(alone, facts["pictures"])
    count = len(facts["said"]) + len(clips)
    step_s = 60.0 * minutes / count
    slots = [round(step_s * (number + 0.2)) for number in range(count)]
    chance.shuffle(slots)
    said_at = dict(zip(slots, facts["said"], strict=False))
    shown_at = dict(zip(slots[len(said_at) :], clips, strict=True))
    fillers = [f"{who} {did}." for who in shelf.WHO for did in shelf.DID]
    begun = made_films.write_film(
        film,
        60 * minutes,
        said={float(at): one["text"] for at, one in said_at.items()},
        shown={float(at): first_picture(clip) for at, clip in shown_at.items()},
        fillers=fillers,
    )
    needles = [
        Needle("said", one["question"], one["answer"], begun[float(at)])
        for at, one in said_at.items()
    ]
    needles += [
        Needle("shown", f"Is there {article(shown[clip][0])}?", ["yes"], float(at))
        for at, clip in shown_at.items()
    ]
    taken = {one.question for one in needles}
    nowhere = [one for one in facts["nowhere"] if one not in taken]
    return [*needles, *(Needle("nowhere", one, [], None) for one in nowhere)]


def first_picture(clip: str) -> Any:
    """Return the first frame of a clip of the evaluation set."""
    with av.open(str(shelf.FOLDER / clip)) as opened:
        return next(opened.decode(video=0)).to_image()


def article(name: str) -> str:
    """Return a name as it is asked for."""
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def run(folder: Path, film: Path, *words: str) -> tuple[list[dict[str, Any]], float, float]:
    """Ask all questions in a process; returns the records, its seconds and its peak in MiB."""
    command = [sys.executable, "-m", "vidqa", "ask", str(film), "--json", "--quiet"]
    command += ["--questions", str(folder / "questions.txt"), *words]
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "it is a pipe"
        records = [json.loads(line) for line in process.stdout]
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return records, time.monotonic() - begun, used.ru_maxrss / 1024


def figures(needles: Sequence[Needle], records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is answered and placed rightly, as percentages with intervals."""
    pairs = list(zip(needles, records, strict=True))
    rows: dict[str, Any] = {}
    for kind in ("said", "shown"):
        some = [(one, record) for one, record in pairs if one.kind == kind]
        rows[f"{kind}, right answer"] = shelf.share([is_right(*pair) for pair in some])
        rows[f"{kind}, right place"] = shelf.share([is_placed(*pair) for pair in some])
        rows[f"{kind}, both"] = shelf.share([is_right(*pair) and is_placed(*pair) for pair in some])
    nowhere = [bool(place(record)) for one, record in pairs if one.kind == "nowhere"]
    rows["nowhere, but placed"] = shelf.share(nowhere)
    return rows


def is_right(needle: Needle, record: Mapping[str, Any]) -> bool:
    """Return whether the answer has what it should; places in it do not count."""
    text = re.sub(r"\[[^\]]*\d:\d\d[^\]]*\]", "", record["answer"]).lower()
    return any(re.search(rf"\b{re.escape(word)}", text) for word in needle.right)


def is_placed(needle: Needle, record: Mapping[str, Any]) -> bool:
    """Return whether what is asked for begins near the first place that is named."""
    span = place(record)
    assert needle.at_s is not None, "it is somewhere"
    return span is not None and span[0] - NEAR_S <= needle.at_s <= span[1] + NEAR_S


def place(record: Mapping[str, Any]) -> Sequence[float] | None:
    """Return the first place that an answer names."""
    spans = [span for claim in record.get("claims", ()) for span in claim["spans"]]
    return spans[0] if spans else None


if __name__ == "__main__":
    main()
