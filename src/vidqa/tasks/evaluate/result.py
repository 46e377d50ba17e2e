"""The result of a benchmark: one JSON object with all that it takes to run it again."""

import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

from vidqa.tasks.evaluate.answers import MADE_BY, Answers, about, maker_of, replies_of
from vidqa.tasks.evaluate.benchmarks.question import LETTERS, Question, Questions
from vidqa.tasks.evaluate.estimate import Mark, estimate
from vidqa.tasks.evaluate.judging.judging import Verdicts
from vidqa.tasks.evaluate.protocol import Protocol, data_hash
from vidqa.tasks.evaluate.scoring.official import FAULTS
from vidqa.tasks.evaluate.scoring.score import Scored, Scorer
from vidqa.tasks.evaluate.selection import Selection
from vidqa.tasks.folders.journal import Record
from vidqa.types import SCHEMA_VERSION

WHOLE = "all"
"""What scores of all questions are of."""
PACKAGES = ("vidqa", "torch", "transformers")
LEFT_OUT = {"schema_version", "vidqa", "settings", *MADE_BY}
"""Keys of a record that are the same for all questions."""


@dataclass(frozen=True)
class Result:
    """The answers to a benchmark's questions, scored."""

    protocol: Protocol
    questions: Questions
    """Those that were asked."""
    selection: Selection
    answers: Answers
    scorer: Scorer
    settings: Mapping[str, Any]
    """All that the answers have in common."""
    verdicts: Verdicts | None = None
    """What a judge said of them, if one was asked."""

    @cached_property
    def scored(self) -> Mapping[str, Scored]:
        """The scores of each question that was answered, by its id."""
        return {
            one.id: self.scorer.scored(one, replies_of(record))
            for one in self.questions.items
            if "replies" in (record := self.answers.records.get(one.id, {}))
        }

    @cached_property
    def judged(self) -> Mapping[str, tuple[Mapping[str, float], int]]:
        """What a judge's verdicts are worth, and how many say nothing, by question."""
        if self.verdicts is None:
            return {}
        every = {one.id: self.verdicts.values(one) for one in self.questions.items}
        return {name: one for name, one in every.items() if name in self.scored}

    @property
    def missing(self) -> tuple[str, ...]:
        """Clips that are not there, and were not when they were asked about."""
        return tuple(dict.fromkeys(one.video for one in self._missing))

    @property
    def _missing(self) -> list[Question]:
        items = self.questions.items
        return [one for one in items if one.clip is None and one.id not in self.scored]

    @property
    def failed(self) -> tuple[Record, ...]:
        """Records of questions that have no answer although their clip is there."""
        records = (self.answers.records.get(one.id, {}) for one in self.questions.items)
        return tuple(one for one in records if "error" in one)

    def to_record(self) -> dict[str, Any]:
        """Return the JSON object."""
        benchmark = self.protocol.benchmark
        is_official = self.scorer.name == "official"
        return {
            "schema_version": SCHEMA_VERSION,
            "benchmark": benchmark.name,
            "title": benchmark.title,
            "split": self.protocol.split,
            "mean_over": benchmark.mean_over,
            "has_whole": benchmark.has_whole,
            "scorer": self.scorer.name,
            "scorer_data": None if self.scorer.net is None else self.scorer.net.record,
            "known_faults": self._faults() if is_official else [],
            **maker_of([*self.answers.records.values()], "it"),
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in PACKAGES},
            },
            "settings": dict(self.settings),
            "prompts": {kind: one.template for kind, one in self.protocol.wordings.items()},
            "prompt_hash": self.protocol.prompt_hash,
            "data_hash": data_hash(self.questions),
            "data_files": dict(self.questions.files),
            "selection": self.selection.to_record(),
            "judge": None if self.verdicts is None else dict(self.verdicts.judge),
            "counts": self._counts(),
            "missing": list(self.missing),
            "failed": [
                {"id": one["id"], "video": one["video"], "message": one["error"]["message"]}
                for one in self.failed
            ],
            "scores": list(self.scores()),
            "option_mass": self._option_mass(),
            "positions": self._positions(),
            "questions": list(self._each()),
        }

    def _faults(self) -> list[str]:
        """Return what is known to be wrong with the official rules that were used."""
        rules = {self.protocol.benchmark.official: None}
        if self.verdicts is not None:
            rules["judge"] = None
        return [fault for rule in rules for fault in FAULTS[rule]]

    def scores(self) -> Iterator[dict[str, Any]]:
        """Yield each score, of all questions and then of those of each category."""
        every = [self._values(one) for one in self.questions.items]
        names = dict.fromkeys(name for values in every for name in values)
        for name in sorted(names, key=lambda one: not one.startswith("judge_")):
            if self.protocol.benchmark.has_whole:
                yield self._score(name, None, WHOLE, self.questions.items)
            for category in self._categories():
                groups: dict[str, list[Question]] = {}
                for one in self.questions.items:
                    if category in one.categories:
                        groups.setdefault(one.categories[category], []).append(one)
                for of, some in groups.items():
                    if any(name in self._values(one) for one in some):
                        yield self._score(name, category, of, some)

    def _score(
        self, name: str, category: str | None, of: str, questions: Sequence[Question]
    ) -> dict[str, Any]:
        over = self.protocol.benchmark.mean_over if category is None else None
        marks = [
            Mark(values[name], one.video, one.categories.get(over, "") if over else "")
            for one in questions
            if name in (values := self._values(one))
        ]
        return {"score": name, "category": category, "of": of, **estimate(marks).to_record()}

    def _values(self, question: Question) -> Mapping[str, float]:
        scored = self.scored.get(question.id)
        judged, _ = self.judged.get(question.id, ({}, 0))
        return {} if scored is None else {**judged, **scored.values}

    def _categories(self) -> list[str]:
        return list(dict.fromkeys(name for one in self.questions.items for name in one.categories))

    def _counts(self) -> dict[str, int]:
        items = self.questions.items
        return {
            "questions": len(items),
            "videos": len({one.video for one in items}),
            "answered": len(self.scored),
            "failed": len(self.failed),
            "missing": len(self._missing),
            "unread": sum(one.unread for one in self.scored.values()),
            "drawn": sum(one.drawn for one in self.scored.values()),
            "unjudged": sum(unread for _, unread in self.judged.values()),
        }

    def _option_mass(self) -> float | None:
        """Return the mean probability that an answer begins with one of the options."""
        masses = [
            reply.option_mass
            for name in self.scored
            for reply in replies_of(self.answers.records[name])
            if reply.option_mass is not None
        ]
        return float(f"{sum(masses) / len(masses):.6g}") if masses else None

    def _positions(self) -> dict[str, dict[str, float]] | None:
        """Return how often each place was picked, and how often it was right, of all answers."""
        picked, right, count = Counter[str](), Counter[str](), 0
        for one in self.questions.items:
            if one.kind != "choice" or one.id not in self.scored:
                continue
            replies = replies_of(self.answers.records[one.id])
            picks = self.scored[one.id].picked
            for reply, letter in zip(replies, picks, strict=True):
                count += 1
                right[LETTERS[reply.order.index(one.right or 0)]] += 1
                if letter is not None:
                    picked[letter] += 1
        if not count:
            return None
        return {
            letter: {
                "picked": round(picked[letter] / count, 6),
                "right": round(right[letter] / count, 6),
            }
            for letter in sorted(picked.keys() | right.keys())
        }

    def _each(self) -> Iterator[dict[str, Any]]:
        """Yield every question with its answers and scores, in the order of the files."""
        for one in self.questions.items:
            record = self.answers.records.get(one.id)
            if record is None:
                continue
            scored = self.scored.get(one.id)
            kept = {key: value for key, value in record.items() if key not in LEFT_OUT}
            known = {**kept, **about(one)}
            del known["schema_version"]
            if scored is not None:
                known["scores"] = {
                    name: round(value, 6) for name, value in self._values(one).items()
                }
                if scored.picked:
                    known["picked"] = list(scored.picked)
                if self.verdicts is not None and (said := self.verdicts.to_records(one)):
                    known["verdicts"] = said
            yield known
