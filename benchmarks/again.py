"""What a question costs after the first: fresh, from the disk's cache, in the same process.

    python benchmarks/again.py [--runs 20] [--model starter] > benchmarks/results/again-cpu.json

Every run has a clip of its own (the demo with other bytes at its end), in one process, so that
import and load stand apart. Times are seconds to the first token, medians:

* fresh: nothing is known of the clip; what asking each question from scratch costs.
* kept: watched before by another `Model`; frames and words come from the disk.
* same: a second question to a clip that was watched already.
* words_alone: a prompt of words, as long in tokens, in place of the clip's.
* ten_questions: all ten about one clip, beside ten times from scratch.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

START = time.perf_counter()

import torch  # noqa: E402

import vidqa.engine  # noqa: E402
from vidqa.engine import Clip, Model  # noqa: E402
from vidqa.network.inference.decode import Context, prefill_question  # noqa: E402
from vidqa.system.cache import Cache  # noqa: E402

IMPORT_S = time.perf_counter() - START
DEMO = Path(__file__).parents[1] / "src" / "vidqa" / "data" / "demo.mp4"
QUESTION = "What happens in the video?"
QUESTIONS = [QUESTION, *(f"Is there a {name}?" for name in ("cat", "dog", "cup", "car", "horse"))]
QUESTIONS += ["What is said?", "What comes first?", "What comes last?", "What is the cat called?"]
FREE_BOX = b"\0\0\0\x10free"
"""The head of an MP4 box of 16 bytes that players pass over."""


def main() -> None:
    """Run, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--model", default="starter")
    arguments = parser.parse_args()
    begun = time.perf_counter()
    model = vidqa.engine.load(arguments.model)
    load_s = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder:
        model.cache = model.word_finder.cache = Cache(Path(folder))
        first_token(model.watch(unlike(DEMO, Path(folder) / "warm-up.mp4")), QUESTION)
        runs = [measured(model, Path(folder) / f"{number}.mp4") for number in range(arguments.runs)]
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    result = {
        "command": f"python benchmarks/again.py --runs {arguments.runs} --model {arguments.model}",
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores; {model.device}, {model.dtype}",
        "model": f"{model.name}@{model.revision[:12]}",
        "import_s": round(IMPORT_S, 3),
        "load_s": round(load_s, 3),
        "seconds_to_the_first_token": {name: round(value, 4) for name, value in medians.items()},
        "kept_over_words_alone": round(medians["kept"] / medians["words_alone"], 2),
        "fresh_over_kept": round(medians["fresh"] / medians["kept"], 2),
        "ten_from_scratch_over_ten_questions": round(
            10 * medians["fresh"] / medians["ten_questions"], 2
        ),
    }
    print(json.dumps(result, indent=2))


def measured(model: Model, path: Path) -> dict[str, float]:
    """One clip that nobody saw before."""
    unlike(DEMO, path)
    times, clips = dict[str, float](), list[Clip]()
    for name in ("fresh", "kept"):
        begun = time.perf_counter()
        clips.append(model.watch(path))
        first_token(clips[-1], QUESTION)
        times[name] = time.perf_counter() - begun
    fresh, kept = clips
    times["same"] = first_token(kept, "Is there a cat?")
    times["words_alone"] = words_alone(model, fresh)
    other = unlike(DEMO, path.with_suffix(".other.mp4"))
    begun = time.perf_counter()
    clip = model.watch(other)
    for question in QUESTIONS:
        first_token(clip, question)
    times["ten_questions"] = time.perf_counter() - begun
    return times


def first_token(clip: Clip, question: str) -> float:
    """Seconds until the model has chosen the first token of its answer."""
    begun = time.perf_counter()
    clip.ask(question, max_new_tokens=1)
    return time.perf_counter() - begun


def words_alone(model: Model, clip: Clip) -> float:
    """Seconds to the first token behind as many tokens of plain words."""
    from transformers import DynamicCache

    network = model.loaded.network
    count = clip.prompt(QUESTION).prompt_tokens
    ids = torch.randint(1000, 10_000, (1, count), generator=torch.Generator().manual_seed(0))
    begun = time.perf_counter()
    context = Context(DynamicCache(config=network.config.get_text_config()))
    prefill_question(network, ids.to(network.device), context).argmax().item()
    return time.perf_counter() - begun


def unlike(clip: Path, path: Path) -> Path:
    """A copy that shows the same and has another fingerprint."""
    path.write_bytes(clip.read_bytes() + FREE_BOX + os.urandom(8))
    return path


if __name__ == "__main__":
    main()
