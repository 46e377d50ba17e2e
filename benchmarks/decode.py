"""Sampling 90 frames of a clip at 224 x 224: vidqa beside other ways, in one run.

    pip install opencv-python-headless torchcodec    # what it is compared with
    python benchmarks/decode.py [--source CLIP] [--rounds 3] > benchmarks/results/decode-cpu.json

The clips last 10 s, 3 minutes and 1 hour, at 1920 x 1080: a source (by default made here, a
textured picture in motion with hard cuts) is scaled up, encoded with x264 and repeated without
encoding it again. Every reading is a process of its own and starts its clock after its imports;
rounds are interleaved and medians reported. vidqa's worker is warm, as in the second clip of a
folder; what starting it costs is reported apart.

- opencv: what the authors' program does: every frame decoded, converted, each n-th one kept and
  resized by Pillow.
- pyav: every frame decoded in order, the wanted ones converted and resized by Pillow.
- pyav_seek: a seek to each moment, decoded on to it.
- torchcodec: its frame-exact decoder, by index.
- decord: the same, with vidqa's checks left out.
- vidqa: `auto`; vidqa_keyframes: the moments moved to the nearest keyframe.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clips import make_clip

FRAMES = 90
SIZE = (224, 224)
LENGTHS_S = {"10 s": 10, "3 min": 180, "1 h": 3600}
SKIPPED = {"1 h": {"pyav_seek": "as on 3 min", "decord": "as on 3 min"}}
Pictures = list[NDArray[np.uint8]]


def small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What every way does with a frame it keeps."""
    return np.asarray(Image.fromarray(pixels).resize(SIZE, Image.Resampling.BICUBIC))


def moments(duration_s: float) -> list[float]:
    """The centres of equal slices."""
    return [duration_s * (n + 0.5) / FRAMES for n in range(FRAMES)]


def opencv() -> Callable[[str], Pictures]:
    """As the authors' program reads."""
    import cv2

    def read(clip: str) -> Pictures:
        capture = cv2.VideoCapture(clip)
        step = max(1, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) // FRAMES)
        kept, number = [], 0
        while True:
            there, pixels = capture.read()
            if not there:
                return kept
            rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
            if number % step == 0 and len(kept) < FRAMES:
                kept.append(small(rgb))
            number += 1

    return read


def pyav() -> Callable[[str], Pictures]:
    """Every frame in order."""

    def read(clip: str) -> Pictures:
        with av.open(clip) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            wanted = moments(float(stream.duration * stream.time_base))
            kept: Pictures = []
            for frame in container.decode(stream):
                if frame.time >= wanted[len(kept)]:
                    kept.append(small(frame.to_ndarray(format="rgb24")))
                    if len(kept) == FRAMES:
                        break
            return kept

    return read


def pyav_seek() -> Callable[[str], Pictures]:
    """A seek to every moment."""

    def read(clip: str) -> Pictures:
        with av.open(clip) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            kept = []
            for time_s in moments(float(stream.duration * stream.time_base)):
                container.seek(int(time_s / stream.time_base), stream=stream)
                frame = next(one for one in container.decode(stream) if one.time >= time_s - 0.02)
                kept.append(small(frame.to_ndarray(format="rgb24")))
            return kept

    return read


def torchcodec() -> Callable[[str], Pictures]:
    """Frame-exact, by index."""
    from torchcodec.decoders import VideoDecoder

    def read(clip: str) -> Pictures:
        decoder = VideoDecoder(clip, dimension_order="NHWC", num_ffmpeg_threads=0)
        count = len(decoder)
        return [small(decoder[int(count * (n + 0.5) / FRAMES)].numpy()) for n in range(FRAMES)]

    return read


def decord() -> Callable[[str], Pictures]:
    """By index."""
    import decord as library

    def read(clip: str) -> Pictures:
        reader = library.VideoReader(clip, ctx=library.cpu(0))
        count = len(reader)
        numbers = [int(count * (n + 0.5) / FRAMES) for n in range(FRAMES)]
        return [small(reader[number].asnumpy()) for number in numbers]

    return read


def vidqa(strategy: str = "uniform") -> Callable[[str], Pictures]:
    """This project's way, with a warm worker."""
    from vidqa.media.frames.read import collect
    from vidqa.media.reader import Reader

    reader = Reader()
    reader.warm()
    reader.probe(Path(sys.argv[3]))

    def read(clip: str) -> Pictures:
        info = reader.probe(Path(clip))
        times_s: Any = moments(info.duration_s)
        if strategy == "keyframes":
            times_s = keyframe_times(reader, info, times_s)
        read_set = collect(reader.frames(info, times_s, size=SIZE))
        return [frame.pixels for frame in read_set.frames]

    return read


def keyframe_times(reader: Any, info: Any, times_s: list[float]) -> Any:
    """The moments moved to keyframes."""
    from vidqa.media.sampling.samplers import Sampling

    how = Sampling("keyframes")
    found = reader.moments(info, how, (0.0, info.duration_s), len(times_s))
    return found.times_s


CONTENDERS: dict[str, Callable[[], Callable[[str], Pictures]]] = {
    "opencv": opencv,
    "pyav": pyav,
    "pyav_seek": pyav_seek,
    "torchcodec": torchcodec,
    "decord": decord,
    "vidqa": vidqa,
    "vidqa_keyframes": lambda: vidqa("keyframes"),
}


def child(name: str, clip: str) -> None:
    """Read one clip in one way; the clock starts after the imports."""
    read = CONTENDERS[name]()
    started = time.perf_counter()
    pictures = read(clip)
    seconds = time.perf_counter() - started
    assert all(picture.shape == (*SIZE, 3) for picture in pictures)
    print(json.dumps({"s": seconds, "frames": len(pictures), "rss_mb": peak_mb()}))


def peak_mb() -> float:
    """The peak memory of this process and its workers together (Linux)."""
    children = Path("/proc/self/task") / str(os.getpid()) / "children"
    processes = [str(os.getpid()), *children.read_text().split()]
    kib = 0
    for process in processes:
        status = Path(f"/proc/{process}/status").read_text()
        kib += int(status.split("VmHWM:")[1].split()[0])
    return kib / 1024


def measure(name: str, clip: Path) -> dict[str, float]:
    """One reading in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", name, str(clip)],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Make the clips, run everything, print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--source", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lengths", nargs="*", default=list(LENGTHS_S), choices=list(LENGTHS_S))
    parser.add_argument("--keep", type=Path, help="a folder to keep the clips in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        results = {}
        for length in arguments.lengths:
            clip = folder / f"{length.replace(' ', '')}.mp4"
            make_clip(clip, LENGTHS_S[length], arguments.source)
            rounds = 1 if length == "1 h" else arguments.rounds
            results[length] = compare(length, clip, rounds)
    print(json.dumps(report(results, arguments.source), indent=2))


def compare(length: str, clip: Path, rounds: int) -> dict[str, object]:
    """Interleaved rounds of all contenders over one clip."""
    names = [name for name in CONTENDERS if name not in SKIPPED.get(length, {})]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            runs[name].append(measure(name, clip))
            print(length, name, runs[name][-1], file=sys.stderr)
    seconds = {name: statistics.median(run["s"] for run in runs[name]) for name in names}
    others = {name: s for name, s in seconds.items() if not name.startswith("vidqa")}
    return {
        "seconds": {name: round(s, 3) for name, s in seconds.items()},
        "frames": {name: runs[name][-1]["frames"] for name in names},
        "peak_rss_mb": {name: round(runs[name][-1]["rss_mb"]) for name in names},
        "fastest_other": min(others, key=others.__getitem__),
        "vidqa_speed_over_fastest_other": round(min(others.values()) / seconds["vidqa"], 2),
        "vidqa_speed_over_opencv": round(others["opencv"] / seconds["vidqa"], 2),
        "keyframes_speed_over_opencv": round(others["opencv"] / seconds["vidqa_keyframes"], 2),
        "skipped": SKIPPED.get(length, {}),
    }


def report(results: dict[str, object], source: Path | None) -> dict[str, object]:
    """The numbers and what they were measured on."""
    return {
        "command": "python benchmarks/decode.py " + " ".join(sys.argv[1:]),
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "source": "made by the benchmark" if source is None else source.name,
        "frames": FRAMES,
        "empty_worker_start_s": round(statistics.median(start_cost() for _ in range(5)), 3),
        "clips": results,
    }


def start_cost() -> float:
    """What starting a worker adds to its first job, the import of decoders apart."""
    from vidqa.media.worker.pool import Worker

    worker = Worker()
    cold = clock(lambda: worker.call(os.getpid))
    warm = clock(lambda: worker.call(os.getpid))
    worker.close()
    return cold - warm


def clock(work: Callable[[], object]) -> float:
    """Seconds a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3])
    else:
        main()
