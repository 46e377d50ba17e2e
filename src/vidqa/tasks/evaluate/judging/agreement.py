"""How far two judges agree: Cohen's kappa, which takes off what chance alone would give."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidqa.errors import UsageError
from vidqa.system.texts import from_json, read_lines
from vidqa.tasks.evaluate.bootstrap import CONFIDENCE
from vidqa.tasks.evaluate.judging.verdict import Verdict, read_verdict

DRAWS = 2000
Numbers = NDArray[np.float64]
Pair = tuple[str, float, float]
"""A video, and what both judges say of one answer about it."""
Key = tuple[str, str]
"""A question's id, and the respect in which its answer is judged."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts of one judge."""

    name: str
    verdicts: Mapping[Key, Verdict]
    answers: Mapping[Key, str]
    """Hash of each answer that was judged."""
    videos: Mapping[str, str]
    """The clip of each question."""


def read_judged(file: Path) -> list[Judged]:
    """Read the verdicts of each judge in a file of answers.

    Raises:
        UsageError: it holds none.

    """
    try:
        records = [from_json(line) for line in read_lines(file) if line.strip()]
        videos = {one["id"]: one["video"] for one in records if "video" in one}
        judges: dict[str, dict[Key, Verdict]] = {}
        names: dict[str, str] = {}
        answers: dict[str, dict[Key, str]] = {}
        for one in records:
            if "verdict_of" in one:
                names[one["judge"]["key"]] = one["judge"]["name"]
                verdicts = judges.setdefault(one["judge"]["key"], {})
                key = one["verdict_of"], one["aspect"]
                verdicts[key] = read_verdict(one["raw"])
                answers.setdefault(one["judge"]["key"], {})[key] = one["answer_hash"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{file} does not hold the answers of a benchmark",
            hint="give a file that `vidqa eval --benchmark NAME --judge JUDGE -o` wrote",
        ) from error
    if not judges:
        raise UsageError(f"{file} holds no verdicts", hint="--judge URL or NAME makes some")
    return [Judged(names[key], judges[key], answers[key], videos) for key in judges]


def two_judges(files: Sequence[Path]) -> tuple[Judged, Judged]:
    """Return the two judges of one or two files. Raises UsageError: there are more, or fewer."""
    every = [one for file in files for one in read_judged(file)]
    if len(every) != 2:
        names = ", ".join(one.name for one in every)
        raise UsageError(
            f"two judges can agree, and there are {len(every)}: {names}",
            hint="give one file with the verdicts of two, or two files with those of one each",
        )
    return every[0], every[1]


def agreement(one: Judged, other: Judged) -> Iterator[dict[str, Any]]:
    """Yield how far two judges agree, in each respect that both judged.

    Of yes and no: the share alike, and kappa. Of scores: the mean difference, and kappa with
    squared weights, of whole numbers. Intervals (95 %) are by drawing videos.

    Raises:
        UsageError: they judged nothing alike.

    """
    keys = [key for key in one.verdicts if one.answers[key] == other.answers.get(key)]
    aspects = dict.fromkeys(aspect for _, aspect in keys)
    if not keys:
        raise UsageError("the two judged no answer in common")
    for aspect in aspects:
        both = [
            (one.videos.get(key[0], key[0]), one.verdicts[key], other.verdicts[key])
            for key in keys
            if key[1] == aspect
        ]
        if said := [
            (video, float(first.is_match), float(second.is_match))
            for video, first, second in both
            if first.is_match is not None and second.is_match is not None
        ]:
            yield _row(aspect, "yes or no", said, len(both), PLAIN)
        if scored := [
            (video, first.score, second.score)
            for video, first, second in both
            if first.score is not None and second.score is not None
        ]:
            yield _row(aspect, "score", scored, len(both), SQUARED)


LEVELS = 6
"""Scores are 0 to 5; of yes and no, 1 and 0."""
PLAIN = 1.0 - np.eye(LEVELS)
"""How much two verdicts differ: at all."""
SQUARED = np.subtract.outer(np.arange(LEVELS), np.arange(LEVELS)) ** 2.0
"""The same for scores."""


def _row(
    aspect: str, of: str, pairs: Sequence[Pair], count: int, weights: Numbers
) -> dict[str, Any]:
    videos = {video: place for place, video in enumerate(dict.fromkeys(one for one, *_ in pairs))}
    tables = np.zeros((len(videos), LEVELS, LEVELS))
    for video, one, other in pairs:
        tables[videos[video], floor(one + 0.5), floor(other + 0.5)] += 1
    whole = tables.sum(axis=0)
    low, high = _interval(tables, weights)
    return {
        "aspect": aspect,
        "of": of,
        "alike": round(float(np.trace(whole) / whole.sum()), 6),
        "difference": round(sum(one - other for _, one, other in pairs) / len(pairs), 6),
        "kappa": _rounded(kappa(whole, weights)),
        "low": _rounded(low),
        "high": _rounded(high),
        "answers": len(pairs),
        "unread": count - len(pairs),
        "videos": len(videos),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def kappa(table: Numbers, weights: Numbers = PLAIN) -> float | None:
    """Return Cohen's kappa: 1 for the same, 0 for what chance alone gives.

    None where chance alone gives the same always: both say one thing only.

    Args:
        table: (levels, levels), how often the first judge said the one and the second the other.
        weights: of the same shape, how much both differ.

    """
    shares = table / table.sum()
    chance = float((np.outer(shares.sum(axis=1), shares.sum(axis=0)) * weights).sum())
    return None if chance == 0 else 1 - float((shares * weights).sum()) / chance


def _interval(tables: Numbers, weights: Numbers) -> tuple[float | None, float | None]:
    """Return the 95 % interval of kappa by drawing videos, (videos, levels, levels).

    None of one video, or where half of the draws have no kappa.
    """
    generator = np.random.default_rng(0)
    count = len(tables)
    if count < 2:  # nothing can be drawn
        return None, None
    values = [
        value
        for _ in range(DRAWS)
        if (value := kappa(tables[generator.integers(0, count, count)].sum(axis=0), weights))
        is not None
    ]
    if len(values) < DRAWS // 2:
        return None, None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
