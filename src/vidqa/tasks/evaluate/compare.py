"""Compare two results of one benchmark, question by question."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.system.texts import from_json, read_text
from vidqa.tasks.evaluate.estimate import Estimate, Mark, estimate

SAME = ("benchmark", "split", "data_hash", "scorer", "scorer_data")
"""What two results must have in common."""


@dataclass(frozen=True, slots=True)
class SavedResult:
    """A result that was written down."""

    name: str
    record: Mapping[str, Any]

    @classmethod
    def read(cls, file: Path) -> "SavedResult":
        """Read a result. Raises UsageError: it is none."""
        try:
            record = from_json(read_text(file))
            for one in record["questions"]:
                _ = (one["id"], one["video"], {**one.get("categories", {})})
                _ = {name: float(value) for name, value in one.get("scores", {}).items()}
            _ = [record[key] for key in SAME]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{file} is no result of a benchmark",
                hint="give a file that `vidqa eval --benchmark NAME --data FOLDER -o` wrote",
            ) from error
        return cls(file.name, record)

    @property
    def scored(self) -> dict[str, Mapping[str, Any]]:
        """The questions that have scores, by id."""
        return {one["id"]: one for one in self.record["questions"] if "scores" in one}


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much more one result scores than another, of the questions that both answered."""

    one: SavedResult
    other: SavedResult

    def __post_init__(self) -> None:
        for key in SAME:
            mine, its = self.one.record[key], self.other.record[key]
            if mine != its:
                raise UsageError(
                    f"they cannot be compared: {key} is {mine} in {self.one.name}, and {its} in "
                    f"{self.other.name}"
                )
        if not self.paired:
            raise UsageError("the two results have no question in common")

    @property
    def paired(self) -> list[str]:
        """Ids of the questions that both answered."""
        its = self.other.scored
        return [name for name in self.one.scored if name in its]

    @property
    def alone(self) -> tuple[int, int]:
        """Questions that only one of them answered."""
        count = len(self.paired)
        return len(self.one.scored) - count, len(self.other.scored) - count

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each score that both have: both means, and the difference with its interval."""
        mine, its = self.one.scored, self.other.scored
        names = dict.fromkeys(score for name in self.paired for score in mine[name]["scores"])
        for score in names:
            groups: dict[tuple[str | None, str], list[str]] = {}
            for name in self.paired:
                if score in mine[name]["scores"] and score in its[name]["scores"]:
                    if self.one.record.get("has_whole", True):
                        groups.setdefault((None, "all"), []).append(name)
                    for place in mine[name].get("categories", {}).items():
                        groups.setdefault(place, []).append(name)
            for (category, of), some in groups.items():
                yield self._row(score, category, of, some)

    def _row(self, score: str, category: str | None, of: str, names: list[str]) -> dict[str, Any]:
        mine, its = self.one.scored, self.other.scored
        over = self.one.record.get("mean_over") if category is None else None

        def mean(worth: Callable[[str], float]) -> Estimate:
            return estimate(
                [
                    Mark(
                        worth(name),
                        mine[name]["video"],
                        mine[name].get("categories", {}).get(over, ""),
                    )
                    if over
                    else Mark(worth(name), mine[name]["video"])
                    for name in names
                ]
            )

        return {
            "score": score,
            "category": category,
            "of": of,
            "one": round(mean(lambda name: mine[name]["scores"][score]).mean, 6),
            "other": round(mean(lambda name: its[name]["scores"][score]).mean, 6),
            "difference": mean(
                lambda name: mine[name]["scores"][score] - its[name]["scores"][score]
            ).to_record(),
        }
