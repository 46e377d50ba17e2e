"""How fast speech is heard, and in how much memory, beside faster-whisper's own defaults.

    python benchmarks/speech.py [--runs 5] > benchmarks/results/speech-cpu.json

The sound is the demo clip's, looped and written as AAC: 3 minutes for the times, an hour more for
the memory. Every run is a process of its own that loads the model, then hears the file once; ours
decodes in a worker process, whose memory is added. The runs of the two take turns, so that a busy
machine is busy for both. Both compute in 8-bit integers; all else of faster-whisper is its default.
`real_time_factor` is seconds of work a second of sound, loading left out.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from ask import processor

DEMO = Path(__file__).parents[1] / "src" / "vidqa" / "data" / "demo.mp4"
RATE = 16_000
PEAK = """
import psutil, resource, sys, threading, time
children = [0]
def watch():
    while True:
        sizes = []
        for child in psutil.Process().children(recursive=True):
            try:
                sizes.append(child.memory_info().rss)
            except psutil.Error:
                pass
        children[0] = max(children[0], sum(sizes))
        time.sleep(0.05)
threading.Thread(target=watch, daemon=True).start()
def report(**values):
    import json
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**values, "peak_mb": own, "worker_peak_mb": children[0] / 2**20}))
"""
OURS = (
    PEAK
    + """
from pathlib import Path
from vidqa.media.words.request import WordRequest
from vidqa.tasks.transcribe.transcriber import Transcriber
from vidqa.types import Cue, Words
transcriber = Transcriber(WordRequest("speech"), device="cpu")
transcriber.word_finder.recognizer._pipeline
path = Path(sys.argv[1])
started, first, cues = time.perf_counter(), None, []
for event in transcriber.stream(path, transcriber.probe(path)):
    if isinstance(event, Cue):
        first = first or time.perf_counter() - started
        cues.append(event.text)
report(seconds=time.perf_counter() - started, first_cue=first, text=" ".join(cues))
"""
)
THEIRS = (
    PEAK
    + """
from faster_whisper import WhisperModel
from vidqa.models.registry import find_speech
from vidqa.models.installed import helper_folder
from vidqa.models.store.store import Store
folder = helper_folder(find_speech("whisper-tiny.en"), Store())
model = WhisperModel(str(folder), device="cpu", compute_type="int8")
started, first, said = time.perf_counter(), None, []
for segment in model.transcribe(sys.argv[1])[0]:
    first = first or time.perf_counter() - started
    said.append(segment.text.strip())
report(seconds=time.perf_counter() - started, first_cue=first, text=" ".join(said))
"""
)
PROGRAMS = {"vidqa": OURS, "faster_whisper": THEIRS}


def main() -> None:
    """Write the sounds, run the child processes, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--hours", type=float, default=1.0, help="of the long file; 0 for none")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        short = write_loop(Path(folder) / "3min.m4a", 180)
        runs = [
            {name: run(name, short) for name in PROGRAMS} for _ in range(max(1, arguments.runs))
        ]
        results = {name: summary([one[name] for one in runs], 180) for name in PROGRAMS}
        if arguments.hours:
            seconds = round(3600 * arguments.hours)
            long = write_loop(Path(folder) / "long.m4a", seconds)
            for name in PROGRAMS:
                results[name]["long"] = {"sound_s": seconds, **summary([run(name, long)], seconds)}
    print(json.dumps({**circumstances(arguments.runs), **results}, indent=2))


def write_loop(path: Path, seconds: int) -> Path:
    """The demo's sound, over and over, as AAC of 16 kHz."""
    once = demo_sound()
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", RATE, layout="mono")
        for begin in range(0, seconds * RATE, RATE):
            piece = np.take(once, range(begin, begin + RATE), mode="wrap")
            frame = av.AudioFrame.from_ndarray(piece[None], format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), begin
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def demo_sound() -> np.ndarray:
    """Mono samples of 16 bits."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(DEMO)) as container:
        frames = container.decode(container.streams.audio[0])
        pieces = [one.to_ndarray()[0] for frame in frames for one in resampler.resample(frame)]
    return np.concatenate(pieces)


def run(name: str, sound: Path) -> dict[str, object]:
    """One fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS[name], str(sound)],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, object] = json.loads(done.stdout)
    return result


def summary(runs: list[dict[str, object]], sound_s: int) -> dict[str, object]:
    """Medians over the runs; of memory the most."""
    seconds = statistics.median(one["seconds"] for one in runs)
    return {
        "seconds": round(seconds, 2),
        "real_time_factor": round(seconds / sound_s, 4),
        "first_cue_s": round(statistics.median(one["first_cue"] for one in runs), 2),
        "peak_mb": round(max(one["peak_mb"] for one in runs)),
        "worker_peak_mb": round(max(one["worker_peak_mb"] for one in runs)),
        "words": len(str(runs[0]["text"]).split()),
        "same_words_every_run": len({one["text"] for one in runs}) == 1,
        "all_seconds": [round(one["seconds"], 2) for one in runs],
    }


def circumstances(runs: int) -> dict[str, object]:
    """What was run where."""
    packages = ("faster-whisper", "ctranslate2", "onnxruntime", "av")
    return {
        "command": " ".join(["python benchmarks/speech.py", *sys.argv[1:]]),
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {processor()}",
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "model": "whisper-tiny.en",
        "sound": "the demo clip's, looped, AAC mono 16 kHz",
        "runs": runs,
    }


if __name__ == "__main__":
    main()
