"""How much faster than real time a film is indexed, and what a search in it takes.

    python benchmarks/indexing.py > benchmarks/results/indexing-cpu.json

The film lasts ten minutes and says a sentence every few seconds (`benchmarks/made_films.py`). Each
step is a process of its own, in a cache that holds the models and nothing of the film. Seconds are
those of whole processes; what importing and loading take is in them.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import made_films
import shelf

MINUTES = 10
RUNS = 5


def main() -> None:
    """Write the film, index it, search it, then print one JSON object."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(spare)
        facts = {60.0 * minute + 20: fact for minute, (fact, _) in enumerate(shelf.FACTS[:MINUTES])}
        fillers = [f"{who} {did}." for who in shelf.WHO for did in shelf.DID]
        made_films.write_film(
            folder / "film.mp4", 60 * MINUTES, said=facts, shown={}, fillers=fillers[::3]
        )
        seconds = {
            "index --words-only": vidqa(folder, "index", "film.mp4", "--words-only", "--no-cache"),
            "index, what is seen": vidqa(folder, "index", "film.mp4", "--no-cache"),
            "find, by words": typical(folder, "the ferry to the island", "--index", "plain"),
            "find, by words and meaning": typical(folder, "the boat trip"),
        }
    print(
        json.dumps(
            {
                "command": "python benchmarks/indexing.py",
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "film_s": 60 * MINUTES,
                "seconds": {name: round(one, 2) for name, one in seconds.items()},
                "times faster than real time": {
                    name: round(60 * MINUTES / one, 1)
                    for name, one in seconds.items()
                    if name.startswith("index")
                },
            },
            indent=1,
        )
    )


def vidqa(folder: Path, *words: str) -> float:
    """Run a command in a folder; returns its seconds."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "vidqa", *words, "--quiet"]
    environment = {**os.environ, "VIDQA_DATA_DIR": str(folder / "data")}
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    assert done.returncode in (0, 1), "1 is that nothing was found"
    return time.monotonic() - begun


def typical(folder: Path, query: str, *words: str) -> float:
    """Return the median seconds of a search."""
    if words:
        vidqa(folder, "index", "film.mp4", "--words-only", "--embeddings", "off", *words)
    return statistics.median(vidqa(folder, "find", query, *words) for _ in range(RUNS))


if __name__ == "__main__":
    main()
