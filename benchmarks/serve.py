"""What a warm server saves: `vidqa ask` with and without one, and a question in the same process.

    python benchmarks/serve.py > benchmarks/results/serve-cpu.json

All take the bundled clip, the starter, and a cache in which the clip was seen and heard. Processes
are timed as a whole, and until the first byte of the answer; with a server and without it by turns.
In one process, a question about a clip that is open is timed beside the same over the socket.
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

import vidqa
from vidqa.serve.socket.client import NoServerError, Server

CLIP = Path(vidqa.__file__).parent / "data" / "demo.mp4"
QUESTIONS = ("What happens?", "Is there a dog?", "What is said about the rocket?", "Who is seen?")
WAITS_S = 120


def main() -> None:
    """Time everything, then print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2, help="of the four questions")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as spare:
        os.environ["VIDQA_RUNTIME_DIR"] = str(Path(spare) / "run")
        command = [sys.executable, "-m", "vidqa", "serve", "-m", "starter", "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            wait_for_it()
            ask(QUESTIONS[0])  # the clip is open from here on
            questions = QUESTIONS * rounds
            pairs = [(ask(one), ask(one, "--no-server")) for one in questions]
            over_socket, in_process = in_turns(questions)
            server.terminate()
    served, own = ([pair[side] for pair in pairs] for side in (0, 1))
    report = {
        "command": "python benchmarks/serve.py",
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "questions": len(questions),
        "seconds": {
            "with a server": spread([whole for whole, _ in served]),
            "with a server, first byte": spread([first for _, first in served]),
            "without": spread([whole for whole, _ in own]),
            "over the socket, clip open": spread(over_socket),
            "in one process, clip open": spread(in_process),
        },
        "times quicker with a server": ratio([one for one, _ in own], [one for one, _ in served]),
        "socket over process": ratio(over_socket, in_process),
    }
    print(json.dumps(report, indent=1))


def wait_for_it() -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + WAITS_S
    while time.monotonic() < deadline:
        try:
            Server.here().call("status")
        except NoServerError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the server does not answer")


def ask(question: str, *how: str) -> tuple[float, float]:
    """Return the seconds of a command, and those until the first byte of its answer."""
    command = ["vidqa", "ask", str(CLIP), question, "-m", "starter", "--quiet", *how]
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        first = time.monotonic() - begun
        process.stdout.read()
    if process.returncode:
        sys.exit(f"status {process.returncode}")
    return time.monotonic() - begun, first


def in_turns(questions: tuple[str, ...]) -> tuple[list[float], list[float]]:
    """Return the seconds of answers over the socket, and of the same in this process."""
    from vidqa.serve.socket.remote import RemoteClip, RemoteModel
    from vidqa.types import Maker
    from vidqa.types.generation import GenerationSettings

    viewing = vidqa.Viewing()
    here = vidqa.load("starter").watch(CLIP)
    model = RemoteModel(Server.here(), Maker("", "", "", ""), lambda *_: here)
    clip, how = RemoteClip(model, str(CLIP), viewing), GenerationSettings()
    here.ask(questions[0])
    over_socket, in_process = list[float](), list[float]()
    for question in questions:
        over_socket.append(seconds(lambda: list(clip.stream(question, how))))  # noqa: B023
        in_process.append(seconds(lambda: list(here.stream(question, how))))  # noqa: B023
    return over_socket, in_process


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def spread(values: list[float]) -> dict[str, float]:
    """Return the median and the extremes."""
    several = min(values), statistics.median(values), max(values)
    return dict(zip(("least", "median", "most"), (round(one, 3) for one in several), strict=True))


def ratio(over: list[float], under: list[float]) -> dict[str, float]:
    """Return the ratios of pairs: the median and the extremes."""
    return spread([one / other for one, other in zip(over, under, strict=True)])


if __name__ == "__main__":
    main()
