"""Which of a benchmark's questions are asked."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.system.texts import from_json, read_text
from vidqa.tasks.evaluate.benchmarks.question import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset:
    """Ids of questions, from a file."""

    ids: frozenset[str]
    hash: str
    """Of the file (SHA-256)."""

    @classmethod
    def read(cls, file: Path) -> "Subset":
        """Read a file of ids: one a line, or a JSON list of them. Raises UsageError."""
        text = read_text(file)
        try:
            listed = from_json(text)
        except ValueError:
            listed = text.splitlines()
        if not isinstance(listed, list):
            raise UsageError(f"{file} is no list of ids")
        ids = frozenset(name for one in listed if (name := str(one).strip()))
        if not ids:
            raise UsageError(f"{file} names no question")
        return cls(ids=ids, hash=hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A part of the questions; all of them by default."""

    limit: int | None = None
    """The first so many."""
    subset: Subset | None = None
    shard: tuple[int, int] | None = None
    """Number of a part, from 1, and how many there are; each video is in one of them."""

    def of(self, questions: Sequence[Question]) -> tuple[Question, ...]:
        """Return the questions that are asked.

        Raises:
            UsageError: the subset names others, or nothing is left.

        """
        chosen = list(questions)
        if self.subset is not None:
            unknown = self.subset.ids - {one.id for one in chosen}
            if unknown:
                raise UsageError(f"--subset names {min(unknown)!r}, and there is no such question")
            chosen = [one for one in chosen if one.id in self.subset.ids]
        chosen = chosen[: self.limit]
        if self.shard is not None:
            number, count = self.shard
            if not 1 <= number <= count:
                raise UsageError(f"there is no shard {number} of {count}")
            videos = list(dict.fromkeys(one.video for one in chosen))
            mine = set(videos[number - 1 :: count])
            chosen = [one for one in chosen if one.video in mine]
        if not chosen:
            raise UsageError("no question is left to ask")
        return tuple(chosen)

    def to_record(self) -> dict[str, Any]:
        """Return the JSON object of the selection."""
        return {
            "limit": self.limit,
            "subset_hash": None if self.subset is None else self.subset.hash,
            "shard": None if self.shard is None else f"{self.shard[0]}/{self.shard[1]}",
        }
