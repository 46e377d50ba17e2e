"""Checkpoints of a run: complete or absent, so that a run can resume after any kind of end."""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from vidqa.errors import ModelDamagedError
from vidqa.system.texts import from_json
from vidqa.training.trainable import save_trained

FOLDER = "checkpoints"
OPTIMIZER = "optimizer.pt"
STATE = "state.json"


@dataclass(frozen=True, slots=True)
class State:
    """The progress of a run; the order of lessons and all random numbers follow from it."""

    step: int
    """Optimizer steps taken."""
    fingerprint: str
    """Hash of settings, lessons and base model: another run's checkpoint is refused."""


def save(
    run: Path, tuned: PeftModel, optimizer: torch.optim.Optimizer, state: State, *, keep: int
) -> Path:
    """Write a checkpoint, then delete all but the last `keep`."""
    folder = run / FOLDER / f"step-{state.step:06}"
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    save_trained(tuned, draft)
    torch.save(optimizer.state_dict(), draft / OPTIMIZER)
    (draft / STATE).write_text(json.dumps(asdict(state)) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.replace(folder)
    for old in checkpoints(run)[:-keep]:
        shutil.rmtree(old)
    return folder


def checkpoints(run: Path) -> list[Path]:
    """Return the complete checkpoints of a run, the oldest first."""
    return sorted((run / FOLDER).glob("step-*"))


def read_state(folder: Path) -> State:
    """Read the state that a checkpoint holds.

    Raises:
        ModelDamagedError: it cannot be read.

    """
    try:
        return State(**from_json((folder / STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelDamagedError(f"{folder / STATE} cannot be read: {error}") from error


def restore_optimizer(folder: Path, optimizer: torch.optim.Optimizer) -> None:
    """Load an optimizer's state from a checkpoint."""
    state: Any = torch.load(folder / OPTIMIZER, map_location="cpu", weights_only=True)
    optimizer.load_state_dict(state)
