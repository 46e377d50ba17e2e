"""One `vidqa ask` from the command to its end, beside another checkout of vidqa.

    python benchmarks/start.py [CLIP] [--beside CHECKOUT] > benchmarks/results/start-cpu.json

The checkouts take turns, each run a process of its own; nothing is kept of clips, weights are in
the page cache. `import torch` by itself is what no command with torch can be faster than.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

OWN = Path(__file__).parents[1]
DEMO = OWN / "src" / "vidqa" / "data" / "demo.mp4"
ASK = ["--no-cache", "--json", "--timings", "--quiet"]
STAGES = ("start", "load", "decode", "speech", "vision", "prefill", "generate")


def main() -> None:
    """Take turns and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", default=str(DEMO))
    parser.add_argument("--question", default="What happens in the video?")
    parser.add_argument("--model", default="starter")
    parser.add_argument("--beside", type=Path, help="another checkout")
    parser.add_argument("--max-new-tokens", default="8")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    checkouts = {"this": OWN} | ({"other": arguments.beside} if arguments.beside else {})
    words = ["ask", arguments.clip, arguments.question, "-m", arguments.model, *ASK]
    words += ["--max-new-tokens", arguments.max_new_tokens]
    for checkout in checkouts.values():
        ask(checkout, words)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in checkouts}
    torch = []
    for _ in range(arguments.runs):
        torch.append(seconds_of([sys.executable, "-c", "import torch"]))
        for name, checkout in checkouts.items():
            found[name].append(ask(checkout, words))
    report = {
        "command": "python benchmarks/start.py " + " ".join(sys.argv[1:]),
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "commits": {name: commit(checkout) for name, checkout in checkouts.items()},
        "import_torch_s": round(statistics.median(torch), 2),
        **{name: medians(runs) for name, runs in found.items()},
        "same_answer": len({run["answer"] for runs in found.values() for run in runs}) == 1,
    }
    print(json.dumps(report, indent=2))


def ask(checkout: Path, words: list[str]) -> dict[str, Any]:
    """Run the command of a checkout; return its record and the seconds it took."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "vidqa", *words],
        check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(checkout.resolve() / "src")},
    )  # fmt: skip
    return {**json.loads(done.stdout), "whole_s": time.perf_counter() - begun}


def seconds_of(command: list[str]) -> float:
    """Return the seconds that a command takes."""
    begun = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - begun


def medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the medians of the whole command and of its stages, in seconds."""
    stages = {
        stage: round(statistics.median(run["timings_s"][stage] for run in runs), 2)
        for stage in STAGES
    }
    whole = sorted(run["whole_s"] for run in runs)
    return {
        "whole_s": round(statistics.median(whole), 2),
        "whole_range_s": [round(whole[0], 2), round(whole[-1], 2)],
        **stages,
        "new_tokens": runs[0]["new_tokens"],
        "dtype": runs[0]["dtype"],
    }


def commit(checkout: Path) -> str:
    """Return the commit that a checkout stands at."""
    done = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


if __name__ == "__main__":
    main()
