"""One small training as a process of its own: python runner.py BASE EXAMPLES FOLDER."""

import sys
from pathlib import Path

import torch

import tiny
from vidqa.engine import open_folder
from vidqa.training.data.examples import read_examples
from vidqa.training.loop import Stepped
from vidqa.training.schedule import Schedule
from vidqa.training.session import Session
from vidqa.training.settings import Lora, TrainingSettings

STEPS = 50
SETTINGS = TrainingSettings(
    Schedule(1e-3, 2e-2, 2e-3, warmup_steps=5, total_steps=STEPS),
    lora=Lora(rank=4, alpha=8, dropout=0.05, targets=("q_proj", "v_proj", "down_proj")),
    batch=2,
    checkpoint_every=5,
    evaluate_every=STEPS,
    seed=3,
)


def main() -> None:
    """Train, and print every step as it is taken."""
    torch.set_num_threads(1)
    base, examples, folder = map(Path, sys.argv[1:])
    spec = tiny.spec("vidqa", frames=3)
    model = open_folder(spec, base, revision="test", device="cpu", dtype="float32")
    session = Session(model=model, preset="starter", folder=folder, settings=SETTINGS)
    for event in session.run(read_examples(examples), []):
        if isinstance(event, Stepped):
            sys.stdout.write(f"{event.step}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
