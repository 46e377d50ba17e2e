"""Have answers judged: each verdict is a record, on disk before it counts."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidqa.tasks.evaluate.answers import replies_of
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.judging.aspects import Case, Prompts
from vidqa.tasks.evaluate.judging.judge import SAMPLING, Judge
from vidqa.tasks.evaluate.judging.verdict import Verdict, read_official, read_verdict
from vidqa.tasks.folders.journal import Record
from vidqa.types import SCHEMA_VERSION

Key = tuple[str, str]
"""A question's id, and the respect in which its answer is judged."""


@dataclass(frozen=True, slots=True)
class Judging:
    """Who judges, and what is asked."""

    judge: Judge
    prompts: Prompts

    @property
    def record(self) -> dict[str, Any]:
        """Return the JSON object of who judged, and how."""
        about = {**self.judge.record, "sampling": dict(SAMPLING)}
        # the same judge may be at another port tomorrow
        known = {**about, "at": str(about.get("at", "")).rpartition(":")[0]}
        written = json.dumps(known, sort_keys=True).encode()
        key = hashlib.sha256(written).hexdigest()[:16]
        return {"key": key, **about, "prompt_hash": self.prompts.hash}

    def cases(
        self, questions: Sequence[Question], answers: Mapping[str, Record]
    ) -> tuple[Case, ...]:
        """Return what is to be judged of the questions that have answers."""
        return tuple(
            case
            for one in questions
            if "replies" in (record := answers.get(one.id, {}))
            for case in self.prompts.cases(one, replies_of(record))
        )

    def verdicts(self, records: Sequence[Record], cases: Sequence[Case]) -> dict[Key, str]:
        """Return what this judge has said already when it was asked the same."""
        key = self.record["key"]
        asked = {one.key: one.hash for one in cases}
        return {
            of: one["raw"]
            for one in records
            if "verdict_of" in one
            and one["judge"]["key"] == key
            and asked.get(of := (one["verdict_of"], one["aspect"])) == one["prompt_hash"]
        }

    def judged(self, cases: Sequence[Case]) -> Iterator[Record]:
        """Have cases judged; yields a record each. Raises VidqaError."""
        about = self.record
        for case, said in zip(cases, self.judge.said(cases), strict=True):
            yield {
                "schema_version": SCHEMA_VERSION,
                "verdict_of": case.id,
                "aspect": case.aspect,
                "judge": about,
                "prompt_hash": case.hash,
                "answer_hash": case.answer_hash,
                "raw": said.text,
                **({} if said.error is None else {"refused": said.error}),
            }


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a judge said of answers, and what it is worth."""

    judge: Mapping[str, Any]
    """Who judged, and how."""
    raw: Mapping[Key, str]
    is_official: bool
    """Whether it is read as the official scripts do."""

    def of(self, question: Question, aspects: Sequence[str]) -> dict[str, Verdict]:
        """Return what was said of the answer to a question, in each respect that was judged."""
        read = read_official if self.is_official else read_verdict
        return {
            aspect: read(self.raw[question.id, aspect])
            for aspect in aspects
            if (question.id, aspect) in self.raw
        }

    def values(self, question: Question) -> tuple[dict[str, float], int]:
        """Return the scores of an answer, and how many verdicts say nothing.

        What a judge does not say is no fault of the answer, and left out; officially a missing
        score is 0, and a missing yes or no is left out.
        """
        values, unread = dict[str, float](), 0
        aspects = question.asks if question.kind == "graded" else ("match",)
        for aspect, verdict in self.of(question, aspects).items():
            name = "judge_score" if aspect == "match" else f"judge_{aspect}"
            if aspect == "match" and verdict.is_match is not None:
                values["judge_accuracy"] = float(verdict.is_match)
            if verdict.score is not None:
                values[name] = verdict.score
            elif self.is_official:
                values[name] = 0.0
            is_whole = verdict.score is not None and (
                aspect != "match" or verdict.is_match is not None
            )
            unread += not is_whole
        return values, unread

    def to_records(self, question: Question) -> list[dict[str, Any]]:
        """Return the JSON objects of what was said of an answer."""
        aspects = question.asks if question.kind == "graded" else ("match",)
        return [
            {
                "aspect": aspect,
                "raw": self.raw[question.id, aspect],
                "match": verdict.is_match,
                "score": verdict.score,
            }
            for aspect, verdict in self.of(question, aspects).items()
        ]
