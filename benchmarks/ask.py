"""Where the time of one `vidqa ask` goes, cold and warm, and what it needs of memory.

    python benchmarks/ask.py [CLIP] [--runs 5] > benchmarks/results/ask-cpu.json

Every run is a process of its own. `cold` is the first one after the page cache was dropped
(Linux, as root; else it says so); the others are warm. Times are medians over the warm runs.
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

DEMO = Path(__file__).parents[1] / "src" / "vidqa" / "data" / "demo.mp4"
DROP_CACHES = Path("/proc/sys/vm/drop_caches")
CHILD = """
import json, resource, sys, time
started = time.perf_counter()
import vidqa
from vidqa.engine import load
imported = time.perf_counter() - started
model = load("starter", keep=False)
clip = model.watch(sys.argv[1])
answer = clip.ask(sys.argv[2])
print(json.dumps({
    "import": imported,
    **answer.timings_s,
    "total": time.perf_counter() - started,
    "new_tokens": answer.new_tokens,
    "prompt_tokens": answer.prompt_tokens,
    "frames": len(answer.frame_times_s),
    "dtype": answer.dtype,
    "device": answer.device,
    "revision": answer.revision,
    "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "answer": answer.text,
}))
"""
NOT_TIMES = ("new_tokens", "prompt_tokens", "frames", "dtype", "device", "revision", "answer")


def main() -> None:
    """Run the child processes and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", default=str(DEMO))
    parser.add_argument("--question", default="What happens in the video?")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    dropped = drop_page_cache()
    cold = run(arguments.clip, arguments.question)
    warm = [run(arguments.clip, arguments.question) for _ in range(arguments.runs)]
    print(
        json.dumps(
            {
                "command": "python benchmarks/ask.py " + " ".join(sys.argv[1:]),
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores, {processor()}",
                "clip": Path(arguments.clip).name,
                "page_cache_dropped_before_cold": dropped,
                "cold": rounded(cold),
                "warm_median": rounded(
                    {
                        key: statistics.median(run[key] for run in warm)
                        for key in warm[0]
                        if key not in NOT_TIMES
                    }
                ),
                "same_answer_every_run": len({run["answer"] for run in [cold, *warm]}) == 1,
            },
            indent=2,
        )
    )


def drop_page_cache() -> bool:
    """Forget cached files, where the system lets us."""
    try:
        subprocess.run(["sync"], check=True)
        DROP_CACHES.write_text("3")
    except OSError:
        return False
    return True


def run(clip: str, question: str) -> dict[str, object]:
    """One fresh process, its whole wall time included."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, clip, question], check=True, capture_output=True, text=True
    )
    result: dict[str, object] = json.loads(done.stdout)
    result["process"] = time.perf_counter() - started
    return result


def rounded(values: dict[str, object]) -> dict[str, object]:
    """Milliseconds are enough."""
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in values.items()}


def processor() -> str:
    """The name of the CPU."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.is_file():
        return platform.processor()
    names = [
        line.split(":")[1].strip()
        for line in cpuinfo.read_text().splitlines()
        if "model name" in line
    ]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
