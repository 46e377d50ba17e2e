"""How often the clip that is looked for comes first, out of 200.

    python scripts/evaluation_set -o build/evaluation
    python benchmarks/shelf.py > benchmarks/results/shelf-cpu.json

The clips are 200 of the evaluation set: one thing, a pattern, or several in turn. A sentence is put
under each, spoken by `flite` (a Debian package) and heard like any other. 25 queries are about what
is said, in other words; 15 about what is shown, by a name; 10 about both; 20 about what is nowhere.
Which clip is right was written down with the query. Found is what scores at least as much as a
threshold: by words alone, by words and meaning before anybody looked, and by all there is. Of what
is nowhere, the share of queries is given that find anything. Intervals of 95 % resample queries.
Seconds are of whole processes.
"""

import argparse
import datetime
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

FOLDER = Path("build/evaluation")
CLIPS, PICTURES, BOTH = 200, 15, 10
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
VOICES = ("slt", "rms", "awb", "kal16")
DRAWS = 4000

FACTS = (
    ("The ferry to the island leaves at nine and the ticket costs four dollars.",
     "how much is the boat trip to the island"),
    ("My grandmother baked bread in a stone oven behind the house.",
     "grandma's home made bread"),
    ("The bridge was closed because the water in the river was too high.",
     "why could nobody cross the bridge"),
    ("Our train broke down in the middle of the desert.", "the train stopped in the desert"),
    ("The doctor told him to stop smoking at once.", "medical advice against cigarettes"),
    ("Tomorrow the temperature falls below zero and snow is expected.", "weather forecast: cold"),
    ("The museum bought a painting for two million dollars.", "an expensive work of art"),
    ("She won the marathon although it rained all day.", "victory in a long race"),
    ("The new law forbids plastic bags in all shops.", "a ban on plastic"),
    ("He learned to play the violin when he was sixty years old.", "learning music late in life"),
    ("The thieves came through the roof and took only the silver spoons.", "a burglary"),
    ("Mix two eggs with a cup of flour and some milk.", "recipe for dough"),
    ("The astronauts repaired the telescope while they floated in space.",
     "a repair outside the spacecraft"),
    ("Our company sold more bicycles this year than ever before.", "record sales"),
    ("The volcano woke up after three hundred years.", "an eruption"),
    ("Please fasten your seat belts, we are about to land in Lisbon.", "landing of a plane"),
    ("The library has to be quiet because students prepare for exams.",
     "where people study without noise"),
    ("Wolves returned to the forest and the deer became shy.", "wild predators are back"),
    ("The old clock in the tower has been wrong since the war.", "a clock that tells wrong times"),
    ("He proposed to her on the beach at sunset.", "a marriage proposal"),
    ("The software update deleted all of my holiday photographs.", "lost pictures"),
    ("The farmer harvests apples in September and makes cider.", "fruit and cider"),
    ("Nobody knows who wrote this letter in the year seventeen ninety.", "a mysterious old letter"),
    ("The goalkeeper stopped the last penalty and the crowd cheered.", "end of a football match"),
    ("The king moved his capital to the mountains.", "a royal decision about the main city"),
    ("The dentist pulled two of my teeth this morning.", "a visit to the dentist"),
    ("The power was out and we lit candles.", "no electricity"),
    ("The bank will not lend us the money for the house.", "a mortgage that was refused"),
    ("The choir sings in the church every Sunday.", "singing in a church"),
    ("The taxi driver found a wallet and gave it back.", "an honest driver"),
    ("The bees died because of the poison in the fields.", "pesticides kill insects"),
    ("We painted the kitchen yellow last weekend.", "a new colour for the kitchen"),
    ("The judge sent him to prison for five years.", "a sentence in court"),
    ("The baby was born in the lift of the hospital.", "a birth in an elevator"),
    ("They found gold in the cellar of the castle.", "a treasure under a castle"),
)  # fmt: skip
"""What is said in 35 clips, and how somebody asks for it."""
WHO = ("My neighbour", "The teacher", "A friend", "The mayor", "My uncle", "The engineer", "Nobody",
       "The tourist", "My cousin", "The baker", "A stranger", "The captain", "The nurse",
       "A soldier")  # fmt: skip
DID = ("bought a lamp at the market", "forgot the keys in the office", "called me on Tuesday",
       "likes the new restaurant", "moved to a small town", "reads the newspaper at breakfast",
       "waited for an hour at the station", "planted roses in the garden", "fixed the roof",
       "sold the old car", "missed the meeting", "wrote a book about chess", "swims every day",
       "lost a glove in the park", "cooked soup for everyone")  # fmt: skip


NOWHERE = (
    "a submarine under the ice", "a wedding cake with five floors", "how to knit a scarf",
    "the history of paper money", "a sandstorm", "somebody feeds a parrot with grapes",
    "the election of a president", "a chess championship", "an avalanche buries a village",
    "a tunnel below the sea", "learning Spanish in a week", "the price of coffee in Brazil",
    "a ship that sank on its first voyage", "a lighthouse keeper", "how glass is made",
    "a circus tent in the rain", "the discovery of penicillin", "a broken elevator button",
    "a stolen bicycle was returned", "a vegetarian restaurant on the moon",
)  # fmt: skip
"""What is in no clip."""


@dataclass(frozen=True)
class Query:
    """What is looked for, and the clip that is right."""

    kind: str
    text: str
    clip: str | None
    """None if no clip is."""


def main() -> None:
    """Build the shelf, index it, search it, then print one JSON object."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(spare)
        queries = build(folder / "clips")
        seconds = {"of all clips": sum(map(length, (folder / "clips").glob("*.mp4")))}
        seconds["index --words-only"] = index(folder, "--words-only")
        heard = [asked(folder, query) for query in queries]
        seconds["index, captions"] = index(folder)
        begun = time.monotonic()
        seen = [asked(folder, query) for query in queries]
        seconds["a query"] = (time.monotonic() - begun) / len(queries)
    ways = {
        "words alone": (heard, "by_words"),
        "words and meaning": (heard, "score"),
        "words, meaning and captions": (seen, "score"),
    }
    print(
        json.dumps(
            {
                "command": "python benchmarks/shelf.py",
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "clips": CLIPS,
                "queries": len(queries),
                "seconds": {name: round(one, 2) for name, one in seconds.items()},
                "found": {
                    way: {str(least): figures(hits, by, least) for least in THRESHOLDS}
                    for way, (hits, by) in ways.items()
                },
                "hits": [
                    {
                        "kind": one.query.kind,
                        "query": one.query.text,
                        "clip": one.query.clip,
                        "first": [hit["text"] for hit in one.hits[:1]],
                        "rank": one.rank("score", 0.0),
                        "score": [hit["score"] for hit in one.hits[:1]],
                    }
                    for one in seen
                ],
            },
            indent=1,
        )
    )


def build(folder: Path) -> list[Query]:
    """Write the clips; returns what is looked for."""
    folder.mkdir()
    chance = random.Random(0)
    shown = things()
    clips = sorted({*shown, *(file.name for file in sorted(FOLDER.glob("*.mp4"))[:CLIPS])})[:CLIPS]
    names = [name for clip in clips for name in shown.get(clip, ())]
    alone = [clip for clip in clips if clip in shown and names.count(shown[clip][0]) == 1]
    chance.shuffle(alone)
    fillers = [f"{who} {did}." for who in WHO for did in DID]
    chance.shuffle(fillers)
    others = [clip for clip in clips if clip not in alone[: PICTURES + BOTH]]
    chance.shuffle(others)
    said = dict(zip(others, [fact for fact, _ in FACTS[BOTH:]], strict=False))
    said |= dict(zip(alone[:BOTH], [fact for fact, _ in FACTS[:BOTH]], strict=True))
    for number, clip in enumerate(clips):
        said.setdefault(clip, fillers[number])
        spoken(FOLDER / clip, said[clip], VOICES[number % len(VOICES)], folder / clip)
    asks = dict(FACTS)
    queries = [Query("said", asks[said[clip]], clip) for clip in others if said[clip] in asks]
    queries += [
        Query("shown", f"a {shown[clip][0]}", clip) for clip in alone[BOTH : BOTH + PICTURES]
    ]
    queries += [
        Query("both", f"a {shown[clip][0]}; {asks[said[clip]]}", clip) for clip in alone[:BOTH]
    ]
    return [*queries, *(Query("nowhere", text, None) for text in NOWHERE)]


def things() -> dict[str, list[str]]:
    """Return the names of the single thing that clips show."""
    lines = (FOLDER / "questions.jsonl").read_text().splitlines()
    return {
        one["video"]: one["answer"] for one in map(json.loads, lines) if one["skill"] == "naming"
    }


def spoken(source: Path, text: str, voice: str, target: Path) -> None:
    """Put a spoken sentence under the pictures of a clip."""
    wave = target.with_suffix(".wav")
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(wave)], check=True)
    with (
        av.open(str(source)) as clip,
        av.open(str(wave)) as voiced,
        av.open(str(target), "w") as out,
    ):
        (pictures,), (sound,) = clip.streams.video, voiced.streams.audio
        copied = out.add_stream_from_template(pictures)
        heard = out.add_stream("aac", rate=sound.rate, layout="mono")
        for packet in clip.demux(pictures):
            if packet.dts is not None:
                packet.stream = copied
                out.mux(packet)
        resampler = av.AudioResampler("fltp", "mono", sound.rate)
        for frame in voiced.decode(sound):
            for part in resampler.resample(frame):
                out.mux(heard.encode(part))
        out.mux(heard.encode(None))
    wave.unlink()


def length(file: Path) -> float:
    """Return how many seconds a clip lasts."""
    with av.open(str(file)) as clip:
        return float(clip.duration or 0) / av.time_base


@dataclass(frozen=True)
class Answer:
    """What a query finds, the best first."""

    query: Query
    hits: list[dict[str, Any]]

    def rank(self, by: str, least: float) -> int | None:
        """Return the rank of the right clip, from 1; None if it is not found."""
        clips = [Path(hit["video"]).name for hit in self.hits if hit[by] >= least]
        clips = list(dict.fromkeys(clips))
        return clips.index(self.query.clip) + 1 if self.query.clip in clips else None

    def finds(self, by: str, least: float) -> bool:
        """Return whether anything is found."""
        return any(hit[by] >= least for hit in self.hits)


def index(folder: Path, *words: str) -> float:
    """Index the clips in a process of its own; returns its seconds."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "vidqa", "index", str(folder / "clips"), "--quiet", *words]
    subprocess.run([*command, "--index", str(folder / "index")], check=True)
    return time.monotonic() - begun


def asked(folder: Path, query: Query) -> Answer:
    """Return all that a query finds, however badly it fits."""
    command = [sys.executable, "-m", "vidqa", "find", query.text, "--index", str(folder / "index")]
    command += ["--json", "--min-score", "0.1", "-n", "50", "--quiet"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return Answer(query, [json.loads(line) for line in done.stdout.splitlines()])


def figures(answers: Sequence[Answer], by: str, least: float) -> dict[str, list[float]]:
    """Return recall among the first and the first five of each kind, and false alarms."""
    found = {
        f"{kind}, recall@{most}": share(
            [
                (rank := one.rank(by, least)) is not None and rank <= most
                for one in answers
                if one.query.kind in kinds
            ]
        )
        for kind, kinds in (
            ("said", ["said"]),
            ("shown", ["shown"]),
            ("both", ["both"]),
            ("all", ["said", "shown", "both"]),
        )
        for most in (1, 5)
    }
    nowhere = [one.finds(by, least) for one in answers if one.query.kind == "nowhere"]
    return {**found, "nowhere, but found": share(nowhere)}


def share(right: Sequence[bool]) -> list[float]:
    """Return the percentage of what is right, its interval, and how many there are."""
    values = np.array(right, float)
    drawn = np.random.default_rng(0).choice(values, (DRAWS, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [*(round(100 * float(one), 1) for one in (values.mean(), low, high)), len(values)]


if __name__ == "__main__":
    main()
