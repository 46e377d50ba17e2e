"""How long `vidqa --help` takes beside Python with typer alone, and `import vidqa` beside Python.

    python benchmarks/startup.py [--runs 20] > benchmarks/results/startup.json

The programs take turns; times are medians.
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

PROGRAMS = {
    "python": ["-c", "pass"],
    "typer": ["-c", "import typer"],
    "import_vidqa": ["-c", "import vidqa"],
    "vidqa_version": ["-m", "vidqa", "--version"],
    "vidqa_help": ["-m", "vidqa", "--help"],
}


def main() -> None:
    """Run all programs again and again, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    times = {name: list[float]() for name in PROGRAMS}
    for _ in range(runs):
        for name, program in PROGRAMS.items():
            times[name].append(seconds(program))
    median = {name: statistics.median(some) for name, some in times.items()}
    print(
        json.dumps(
            {
                "date": datetime.date.today().isoformat(),
                "machine": platform.processor() or platform.machine(),
                "cores": os.cpu_count(),
                "runs": runs,
                "seconds": {name: round(one, 3) for name, one in median.items()},
                "help_over_typer": round(median["vidqa_help"] / median["typer"], 2),
                "import_vidqa_s_beyond_python": round(median["import_vidqa"] - median["python"], 3),
            },
            indent=2,
        )
    )


def seconds(program: list[str]) -> float:
    """The wall time of one run."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *program], check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
