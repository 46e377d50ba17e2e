"""Clips an hour of one `vidqa ask` over a folder, beside a shell loop over `vidqa ask`.

    python benchmarks/folder.py [--clips 96] [--looped 8] > benchmarks/results/folder-cpu.json

Two folders: copies of the bundled clip (23 s, somebody speaks), and silent ones of its first 3 s.
Each has bytes of its own behind it, and `--no-cache` has everything done again. The loop goes over
the first `--looped` of them: its clips an hour do not depend on how many there are, those of the
one command do, since it loads once. `startup_s` is a run over a folder with one broken clip:
Python, torch and the model are loaded, nothing is answered. `gain` is of clips an hour, load
included; `gain_without_load` has `startup_s` taken from the command once and from the loop once a
clip.
"""

import argparse
import datetime
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av

DEMO = Path(__file__).parents[1] / "src" / "vidqa" / "data" / "demo.mp4"
QUESTION = "Is there a dog?"
ASK = [sys.executable, "-m", "vidqa", "ask"]
HOW = ["--no-cache", "--model", "starter", "--quiet"]
LOOP = 'for clip in "$1"/*.mp4; do {ask} "$clip" "{question}" {how} || exit 1; done'


def main() -> None:
    """Time both ways over both folders."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--looped", type=int, default=8)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        broken = work / "broken"
        broken.mkdir()
        (broken / "broken.mp4").write_text("no video")
        run([*ASK, str(broken), QUESTION, *HOW], status=40)  # the libraries are in memory now
        startup = run([*ASK, str(broken), QUESTION, *HOW], status=40)
        results = {
            kind: compare(work / kind, clip, arguments, startup["s"])
            for kind, clip in (("silent, 3 s", cut(work / "cut.mp4")), ("speech, 23 s", DEMO))
        }
    print(
        json.dumps(
            {
                "date": datetime.date.today().isoformat(),
                "machine": platform.processor() or platform.machine(),
                "cores": os.cpu_count(),
                "startup_s": round(startup["s"], 2),
                "folders": results,
            },
            indent=2,
        )
    )


def compare(
    work: Path, clip: Path, how_many: argparse.Namespace, startup_s: float
) -> dict[str, object]:
    """One command over a folder, and a shell loop over a part of it."""
    clips, few = how_many.clips, how_many.looped
    loop = LOOP.format(ask=" ".join(ASK), question=QUESTION, how=" ".join(HOW))
    looped = run(["sh", "-c", loop, "sh", str(fill(Path(f"{work}, looped"), clip, few))])
    at_once = run([*ASK, str(fill(work, clip, clips)), QUESTION, *HOW])
    loop_s, folder_s = looped["s"] / few, at_once["s"] / clips
    working_s = (at_once["s"] - startup_s) / clips
    return {
        "shell_loop": told(looped, few),
        "folder": told(at_once, clips),
        "gain": round(loop_s / folder_s, 2),
        "gain_without_load": round((loop_s - startup_s) / working_s, 2),
    }


def told(ran: dict[str, float], clips: int) -> dict[str, float]:
    """Rounded, with the clips an hour and the cores at work."""
    return {
        "clips": clips,
        "s": round(ran["s"], 1),
        "clips_an_hour": round(clips / ran["s"] * 3600),
        "busy_cores": round(ran["cpu_s"] / ran["s"], 2),
    }


def run(command: list[str], *, status: int = 0) -> dict[str, float]:
    """Seconds on the clock and of the processors."""
    before, begun = cpu_s(), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != status:
        raise SystemExit(f"status {done.returncode}: {command}")
    return {"s": time.perf_counter() - begun, "cpu_s": cpu_s() - before}


def cpu_s() -> float:
    """Of all child processes that have ended, theirs included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def fill(folder: Path, clip: Path, count: int) -> Path:
    """Copies that differ in bytes no decoder looks at: an atom `free` at the end."""
    folder.mkdir()
    for number in range(count):
        atom = (16).to_bytes(4, "big") + b"free" + number.to_bytes(8, "big")
        (folder / f"{number:03}.mp4").write_bytes(clip.read_bytes() + atom)
    return folder


def cut(path: Path, end_s: float = 3.0) -> Path:
    """The pictures of the bundled clip's beginning, as they are."""
    with av.open(str(DEMO)) as source, av.open(str(path), "w") as target:
        pictures = source.streams.video[0]
        stream = target.add_stream_from_template(pictures)
        for packet in source.demux(pictures):
            if packet.dts is not None and packet.dts * packet.time_base < end_s:
                packet.stream = stream
                target.mux(packet)
    return path


if __name__ == "__main__":
    main()
