"""Peak memory of one `vidqa ask` over a folder, after its first clips and after all of them.

    python benchmarks/folder_memory.py [--clips 1000] > benchmarks/results/folder-memory-cpu.json

The clips are silent copies of the bundled clip's first 3 s, each with bytes of its own behind it,
so that none is known from another. The peaks are what Linux counts as `VmHWM` of the command.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from folder import cut, fill

ASK = [sys.executable, "-m", "vidqa", "ask"]
QUESTION = "Is there a dog?"
COUNTED_AT = (10, 100, 300, 1000)


def main() -> None:
    """Ask about all clips, and look at the memory on the way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=1000)
    clips = parser.parse_args().clips
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        folder = fill(work / "clips", cut(work / "cut.mp4"), clips)
        out = work / "answers.jsonl"
        command = [*ASK, str(folder), QUESTION, "-m", "starter", "--quiet", "-o", str(out)]
        process = subprocess.Popen(command)
        peaks = watch(process, out, sorted({*COUNTED_AT, clips}))
        if process.wait() != 0:
            raise SystemExit(f"status {process.returncode}: {command}")
        told = {
            "command": "python benchmarks/folder_memory.py",
            "date": datetime.date.today().isoformat(),
            "machine": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "clips": clips,
            "peak_mb_after": peaks,
        }
    print(json.dumps(told, indent=2))


def watch(process: "subprocess.Popen[bytes]", out: Path, counts: list[int]) -> dict[int, float]:
    """The peak memory, in MB, when so many clips are answered."""
    peaks = dict[int, float]()
    for count in counts:
        while lines(out) < count and process.poll() is None:
            time.sleep(0.002)
        if process.poll() is None:
            told = Path(f"/proc/{process.pid}/status").read_text()
            peaks[count] = round(int(told.split("VmHWM:")[1].split()[0]) / 1000, 1)
    return peaks


def lines(path: Path) -> int:
    """Records that are on disk."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


if __name__ == "__main__":
    main()
