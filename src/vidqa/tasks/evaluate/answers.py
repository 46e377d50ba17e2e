"""The answers to a benchmark's questions, as records in a file that grows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vidqa.errors import UsageError
from vidqa.media.fingerprint_cache import known_fingerprint
from vidqa.tasks.evaluate.benchmarks.question import Question, Questions
from vidqa.tasks.evaluate.scoring.score import Reply
from vidqa.tasks.folders.journal import Journal, Record
from vidqa.types import SCHEMA_VERSION

MADE_BY = ("model", "revision", "device", "dtype")
"""Keys of what answers that are counted together have in common, beside the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Records of answers, by question."""

    records: Mapping[str, Record]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Answers":
        """Take the answers among some records; of one question the last counts."""
        return cls(
            records={one["id"]: one for one in records if "replies" in one or "error" in one}
        )

    def left(self, questions: Sequence[Question]) -> list[Question]:
        """Return those questions that are not answered, failed, or whose clip has changed."""
        return [
            one
            for one in questions
            if one.clip is not None
            and ("replies" not in (record := self.records.get(one.id, {})) or _differs(one, record))
        ]


def _differs(question: Question, record: Record) -> bool:
    """Return whether the clip of an answered question is another file than it was."""
    if question.clip is None or not question.clip.is_file():
        return False  # it is gone, or a folder of frames
    return bool(known_fingerprint(question.clip) != record["fingerprint"])


def require_alike(records: Sequence[Record], settings: Mapping[str, Any], name: str) -> None:
    """Refuse to count answers together that were not made alike.

    Args:
        records: answers that there are already.
        settings: how others will be made.
        name: of the file that holds them.

    Raises:
        UsageError: names what differs.

    """
    for one in records:
        if "settings" not in one:
            continue
        for key in one["settings"].keys() | settings.keys():
            before, now = one["settings"].get(key), settings.get(key)
            if before != now:
                raise UsageError(
                    f"{name} holds answers that were made otherwise: {key} was {before}, is {now}",
                    hint="choose another name, or add --force to begin anew",
                )


def maker_of(records: Sequence[Record], name: str) -> dict[str, str]:
    """Return what made all of some answers. Raises UsageError: not all were made by one."""
    made = {tuple(one[key] for key in MADE_BY) for one in records if "model" in one}
    if len(made) > 1:
        first, second = sorted(made)[:2]
        raise UsageError(
            f"{name} holds answers of two models: {' '.join(first)}, and {' '.join(second)}",
            hint="choose another name, or add --force to begin anew",
        )
    return dict(zip(MADE_BY, made.pop(), strict=True)) if made else {}


def about(question: Question) -> Record:
    """Return what a record says of a question."""
    record: Record = {"schema_version": SCHEMA_VERSION, "id": question.id, "video": question.video}
    record |= {"kind": question.kind, "question": question.text}
    if question.second is not None:
        record["second_question"] = question.second
    if question.options:
        record |= {"options": list(question.options), "right": question.right_letter}
    record["answers"] = list(question.accepted)
    if question.categories:
        record["categories"] = dict(question.categories)
    return record


def replies_of(record: Record) -> tuple[Reply, ...]:
    """Return the answers that a record holds."""
    return tuple(
        Reply(
            text=one["text"],
            order=tuple(one.get("order", ())),
            letter=one.get("letter"),
            option_mass=one.get("option_mass"),
            thought_tokens=one.get("thought_tokens"),
            thought=one.get("thought"),
        )
        for one in record["replies"]
    )


@dataclass(slots=True)
class Book:
    """The records of a benchmark: in a file that grows, or in memory."""

    journal: Journal | None
    records: list[Record]

    @classmethod
    def open(cls, journal: Journal | None) -> "Book":
        """Open a file's records, or none."""
        return cls(journal, [] if journal is None else list(journal.records))

    def write(self, record: Record) -> None:
        """Add a record; it is on disk when this returns. Raises as `Journal.append`."""
        if self.journal is not None:
            self.journal.append(record)
        self.records.append(record)

    def answers(self) -> Answers:
        """Return the answers among them."""
        return Answers.of(self.records)


def asked(questions: Questions, chosen: Sequence[Question]) -> Questions:
    """Return only the questions that were chosen."""
    return replace(questions, items=tuple(chosen))
