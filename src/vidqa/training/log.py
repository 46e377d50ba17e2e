"""The log of a run (one line a step) and a plot of its loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vidqa.system.file_systems import drafted
from vidqa.system.texts import from_json

LOG, PICTURE = "log.jsonl", "loss.png"
SMOOTHING = 0.9
"""Weight of the past in the exponential mean that is drawn through single steps' losses."""


@dataclass(frozen=True, slots=True)
class Point:
    """The loss after some steps."""

    step: int
    loss: float


def smoothed(points: Sequence[Point]) -> list[Point]:
    """Return the exponential mean, which starts at the first loss, not at zero."""
    mean, line = points[0].loss if points else 0.0, []
    for point in points:
        mean = SMOOTHING * mean + (1 - SMOOTHING) * point.loss
        line.append(Point(point.step, mean))
    return line


def cut_log(file: Path, step: int) -> None:
    """Remove what was logged after a step; the file exists afterwards."""
    kept = [line for line in _lines(file) if from_json(line)["step"] <= step]
    with drafted(file) as draft:
        draft.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def read_log(file: Path) -> tuple[list[Point], list[Point]]:
    """Return the training losses and the losses on held-out lessons."""
    records = [from_json(line) for line in _lines(file)]
    learned = [Point(one["step"], one["loss"]) for one in records if "loss" in one]
    apart = [Point(one["step"], one["kept_apart"]) for one in records if "kept_apart" in one]
    return learned, apart


def _lines(file: Path) -> list[str]:
    """Return the complete lines; a torn last line is of a step that will be repeated."""
    if not file.is_file():
        return []
    text = file.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1].splitlines()


def draw(file: Path, learned: Sequence[Point], kept_apart: Sequence[Point]) -> None:
    """Plot losses over steps as a PNG."""
    from matplotlib.figure import Figure  # its import takes a second

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(*_columns(learned), color="0.8", label="each step")
    axes.plot(*_columns(smoothed(learned)), label="smoothed")
    if kept_apart:
        axes.plot(*_columns(kept_apart), marker="o", label="kept apart")
    axes.set(xlabel="step", ylabel="loss (nats a token)", yscale="log")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=120)


def _columns(points: Sequence[Point]) -> tuple[list[int], list[float]]:
    return [point.step for point in points], [point.loss for point in points]
