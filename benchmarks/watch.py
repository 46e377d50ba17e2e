"""How far decoding, listening and looking overlap, and what an hour needs of memory.

    python benchmarks/watch.py [--lengths 3min 1h] > benchmarks/results/watch-cpu.json

Every clip (1080p with speech, see clips.py) is watched by the starter in a process of its own, its
model pulled before. Reported are the wall time of `watch` beside the sum and the longest of its
stages, how busy the cores were, and the peak memory of the process and its workers together.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from clips import make_clip

LENGTHS_S = {"3min": 180, "1h": 3600}
FRAMES = 90
CHILD = """
import json, os, sys, time
from pathlib import Path
import vidqa

model = vidqa.load("starter", keep=False)
before, started = os.times(), time.perf_counter()
clip = model.watch(sys.argv[1], frames=int(sys.argv[2]), sampling=vidqa.Sampling(sys.argv[3]))
wall = time.perf_counter() - started
workers = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
processes = [str(os.getpid()), *workers]
status = [Path(f"/proc/{process}/status").read_text() for process in processes]
peak = sum(int(text.split("VmHWM:")[1].split()[0]) for text in status) / 1024
model.reader.close()
after = os.times()
busy = sum(after[:4]) - sum(before[:4])
stages = {name: seconds for name, seconds in clip.timings_s.items() if name != "load"}
print(json.dumps({
    "wall_s": wall,
    "stages_s": stages,
    "sum_of_stages_s": sum(stages.values()),
    "longest_stage_s": max(stages.values()),
    "cores_busy": busy / wall,
    "peak_rss_mb": peak,
    "words": sum(len(cue.text.split()) for cue in clip.words.cues),
    "frames": len(clip.segments),
}))
"""


def main() -> None:
    """Watch each clip once and print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--source", type=Path)
    parser.add_argument("--lengths", nargs="*", default=list(LENGTHS_S), choices=list(LENGTHS_S))
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--sample", default="uniform")
    parser.add_argument("--keep", type=Path, help="a folder to keep the clips in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        results = {}
        for length in arguments.lengths:
            clip = folder / f"{length}.mp4"
            make_clip(clip, LENGTHS_S[length], arguments.source)
            results[length] = watch(clip, arguments.frames, arguments.sample)
    print(
        json.dumps(
            {
                "command": "python benchmarks/watch.py " + " ".join(sys.argv[1:]),
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "frames": arguments.frames,
                "sample": arguments.sample,
                "clips": results,
            },
            indent=2,
        )
    )


def watch(clip: Path, frames: int, sample: str) -> dict[str, object]:
    """One clip in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(clip), str(frames), sample],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return rounded(json.loads(done.stdout.splitlines()[-1]))


def rounded(values: dict[str, object]) -> dict[str, object]:
    """Hundredths are enough."""
    return {
        name: rounded(value)
        if isinstance(value, dict)
        else round(value, 2)
        if isinstance(value, float)
        else value
        for name, value in values.items()
    }


if __name__ == "__main__":
    main()
