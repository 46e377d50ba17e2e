"""The starter on questions whose answers are known, beside what tells where its answers come from.

    python scripts/evaluation_set -o build/evaluation
    python scripts/train_starter --closed-form --work build/closed-form
    python benchmarks/evaluate.py build/evaluation/questions.jsonl \\
        --closed-form build/closed-form > benchmarks/results/evaluate-cpu.json

Each variant is a `vidqa eval` of its own; answers go to `--work`, and one that is there already is
not asked for again. Differences are of the same questions, trained model minus the other.
"""

import argparse
import datetime
import json
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from vidqa.models.installed import model_revision
from vidqa.models.registry import find_model
from vidqa.tasks.evaluate.bootstrap import Share
from vidqa.tasks.evaluate.evaluation import Marks, differences, read_marks, shares

MODEL, TRAINED = "starter", "trained"


def main() -> None:
    """Ask, then print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("--closed-form", type=Path, help="the model before training, a folder")
    parser.add_argument("--only", nargs="*", help="of the variants beside the model as it is")
    parser.add_argument("--work", type=Path, default=Path("build"))
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    without_pictures, without_words = ("--without", "pictures"), ("--without", "words")
    variants: dict[str, tuple[str, ...]] = {
        TRAINED: ("-m", MODEL),
        "words only": ("-m", MODEL, *without_pictures),
        "frames only": ("-m", MODEL, *without_words),
        "question only": ("-m", MODEL, *without_pictures, *without_words),
        "skip alike": ("-m", MODEL, "--skip-alike"),
        **{f"compress {one}": ("-m", MODEL, "--compress", f"{one}") for one in (2, 4)},
        **{one: ("-m", MODEL, "--dtype", one) for one in ("float32", "bfloat16", "bfloat16+int8")},
        **{
            f"float32, kv cache {one}": ("-m", MODEL, "--dtype", "float32", "--kv-cache", one)
            for one in ("fp8", "int4")
        },
    }
    if arguments.closed_form is not None:
        variants["closed form"] = ("-m", str(arguments.closed_form))
    if arguments.only:
        variants = {name: variants[name] for name in (TRAINED, *arguments.only)}
    marks = {
        name: asked(
            arguments.questions, options, arguments.work / f"{name.replace(' ', '-')}.jsonl"
        )
        for name, options in variants.items()
    }
    print(
        json.dumps(
            {
                "command": "python benchmarks/evaluate.py " + shlex.join(sys.argv[1:]),
                "date": datetime.date.today().isoformat(),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "model": model_revision(find_model(MODEL)),
                "questions": len(marks[TRAINED]),
                "right": {name: told(shares(found)) for name, found in marks.items()},
                "trained_minus": {
                    name: told(differences(marks[TRAINED], found))
                    for name, found in marks.items()
                    if name != TRAINED
                },
            },
            indent=1,
        )
    )


def asked(questions: Path, options: tuple[str, ...], output: Path) -> list[Marks]:
    """What counts of one evaluation, asked for now unless it is there."""
    if not output.exists():
        command = [sys.executable, "-m", "vidqa", "eval", str(questions), "-o", str(output)]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    return read_marks(output)


def told(found: dict[str, Share]) -> dict[str, Any]:
    """Percentages: the share, its interval, and how many questions."""
    return {
        skill: [round(100 * part, 1) for part in (one.mean, one.low, one.high)] + [one.count]
        for skill, one in found.items()
    }


if __name__ == "__main__":
    main()
