"""Evaluate a model: ask questions whose answers are known, and count the right answers."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, cast

from vidqa.engine import Clip, Model
from vidqa.errors import EngineGoneError, UsageError, VidqaError
from vidqa.system.file_systems import is_there
from vidqa.system.texts import from_json, read_lines
from vidqa.tasks.evaluate.bootstrap import Share, share
from vidqa.tasks.evaluate.rules import RULES, Expected, Group, RuleName, words_of

Without = Literal["pictures", "words"]
"""Input that is hidden from a model, to measure how much it relies on it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question about one clip, and the right answers."""

    skill: str
    """Name of the skill; items of one skill are counted together."""
    video: str
    """Path of the clip, as in the file."""
    question: str
    expected: Expected

    @property
    def key(self) -> str:
        """A key that is the same for the same question in two evaluations."""
        return json.dumps([self.skill, self.video, self.question, self.expected.rule])

    @property
    def stratum(self) -> str:
        """The stratum: questions with answer yes weigh as much as those with no."""
        return self.expected.answers[0][0] if self.expected.rule == "yes_no" else ""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to an item, or the reason why there is none."""

    item: Item
    answer: str | None
    is_right: bool
    """Whether the answer is right; False, and not counted, if there is none."""
    error: VidqaError | None = None

    def to_record(self) -> dict[str, object]:
        """Return the JSON object of one result."""
        return {
            "key": self.item.key,
            "skill": self.item.skill,
            "video": self.item.video,
            "question": self.item.question,
            "answer": self.answer,
            "right": None if self.error is not None else self.is_right,
            "stratum": self.item.stratum,
            "error": None if self.error is None else self.error.message,
        }


@dataclass(frozen=True, slots=True)
class Marks:
    """The mark of a result, read from a file or new."""

    key: str
    skill: str
    stratum: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings by which clips are watched."""

    frames: int | None = None
    without: frozenset[Without] = field(default_factory=frozenset)
    skip_alike: bool = False
    compress: int = 1


def read_items(file: Path) -> list[Item]:
    """Read the questions of a JSONL file, clip by clip.

    A line is `{"video": ..., "question": ..., "answer": ...}`; `answer` may be a list. `skill`,
    `rule` and `wrong` are optional. Videos are found beside the file.

    Raises:
        UsageError: names the wrong line and what is wrong in it.

    """
    items = []
    for number, line in enumerate(read_lines(file), 1):
        if line.strip():
            try:
                items.append(_item(from_json(line)))
            except (ValueError, KeyError, TypeError) as error:
                message = f"{error} is missing" if isinstance(error, KeyError) else str(error)
                raise UsageError(f"{file}, line {number}: {message}") from error
    if not items:
        raise UsageError(f"{file} holds no questions")
    return sorted(items, key=lambda item: item.video)


def _item(record: Mapping[str, Any]) -> Item:
    if not isinstance(record, dict):
        raise TypeError("no JSON object")
    rule = record.get("rule", "contains")
    if rule not in RULES:
        raise ValueError(f"there is no rule {rule!r}, only {', '.join(RULES)}")
    for name in ("video", "question"):
        if not isinstance(record[name], str) or not record[name].strip():
            raise ValueError(f"{name} must be a text")
    answers = record["answer"]
    groups = answers if isinstance(answers, list) else [answers]
    wrong = record.get("wrong", [])
    expected = Expected(
        tuple(tuple(map(_answer, one if isinstance(one, list) else [one])) for one in groups),
        cast(RuleName, rule),
        tuple(map(_answer, wrong if isinstance(wrong, list) else [wrong])),
    )
    if not expected.answers or not all(expected.answers):
        raise ValueError("answer must be a text, a number or a list of them")
    if expected.rule == "yes_no":
        expected = replace(expected, answers=tuple(map(_yes_no, expected.answers)))
    return Item(str(record.get("skill", "all")), record["video"], record["question"], expected)


def _yes_no(group: Group) -> Group:
    answers = tuple(one.strip().lower() for one in group)
    if not {"yes", "no"}.issuperset(answers):
        raise ValueError("by the rule yes_no the answer must be yes or no")
    return answers


def _answer(value: object) -> str:
    """Return an accepted answer as text; numbers as people write them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value)).normalize(), "f")
    if not isinstance(value, str) or not words_of(value):
        raise ValueError(f"an answer must be a text or a number, not {json.dumps(value)}")
    return value


def missing_clips(items: Iterable[Item], folder: Path) -> list[str]:
    """Return the clips that do not exist, as named in the file."""
    videos = dict.fromkeys(item.video for item in items)
    return [video for video in videos if not is_there(folder / video)]


def evaluate(
    model: Model, items: Sequence[Item], settings: Settings, *, folder: Path
) -> Iterator[Result]:
    """Ask every question; each clip is watched once, each question about it asked once.

    Args:
        model: the model to evaluate.
        items: clip by clip.
        settings: the settings by which clips are watched.
        folder: the folder of the videos.

    """
    for video, group in groupby(items, key=lambda item: item.video):
        try:
            clip = _watch(model, folder / video, settings)
        except VidqaError as error:
            yield from (Result(item, None, False, error) for item in group)
            continue
        yield from _ask(clip, group)


def _watch(model: Model, video: Path, settings: Settings) -> Clip:
    return model.watch(
        video,
        frames=settings.frames,
        skip_alike=settings.skip_alike,
        compress=settings.compress,
        subtitles="off" if "words" in settings.without else "auto",
        blank="pictures" in settings.without,
    )


def _ask(clip: Clip, items: Iterable[Item]) -> Iterator[Result]:
    answers: dict[str, str] = {}
    for item in items:
        try:
            if item.question not in answers:
                answers[item.question] = clip.ask(item.question, windows="off").text
        except EngineGoneError:  # it would be so of every other question
            raise
        except VidqaError as error:
            yield Result(item, None, False, error)
            continue
        answer = answers[item.question]
        yield Result(item, answer, item.expected.is_right(answer))


def marks_of(results: Iterable[Result]) -> list[Marks]:
    """Return the marks of results; a clip that cannot be watched does not count."""
    return [
        Marks(one.item.key, one.item.skill, one.item.stratum, one.is_right)
        for one in results
        if one.error is None
    ]


def read_marks(file: Path) -> list[Marks]:
    """Read the marks of a saved evaluation.

    Raises:
        UsageError: the file is not a saved evaluation.

    """
    try:
        records = [from_json(line) for line in read_lines(file) if line.strip()]
        return [
            Marks(one["key"], one["skill"], one["stratum"], bool(one["right"]))
            for one in records
            if one["error"] is None
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{file} is not an evaluation", hint="give a file that `vidqa eval -o` wrote"
        ) from error


def shares(marks: Sequence[Marks]) -> dict[str, Share]:
    """Return the share of right answers by skill, in the order of the file."""
    return {
        skill: share([float(one.is_right) for one in group], [one.stratum for one in group])
        for skill, group in _by_skill(marks).items()
    }


def differences(marks: Sequence[Marks], others: Sequence[Marks]) -> dict[str, Share]:
    """Return by how much the shares exceed another evaluation's, compared by question.

    Raises:
        UsageError: they have no question in common.

    """
    there = {one.key: one.is_right for one in others}
    paired = [one for one in marks if one.key in there]
    if not paired:
        raise UsageError("the two evaluations have no question in common")
    return {
        skill: share(
            [float(one.is_right) - float(there[one.key]) for one in group],
            [one.stratum for one in group],
        )
        for skill, group in _by_skill(paired).items()
    }


def _by_skill(marks: Sequence[Marks]) -> dict[str, list[Marks]]:
    groups: dict[str, list[Marks]] = {}
    for one in marks:
        groups.setdefault(one.skill, []).append(one)
    return groups
