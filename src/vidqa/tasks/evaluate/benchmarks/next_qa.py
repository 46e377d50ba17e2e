"""NExT-QA: why and how, before and after, what and where; with options and without.

Xiao et al., arXiv 2105.08276; the types and what is counted as one of them are of its scripts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from vidqa.tasks.evaluate.benchmarks.data import Data, columns
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.benchmarks.rows import Row, read_mapping, read_rows

OPTIONS = tuple(f"a{number}" for number in range(5))
GROUPS = {"C": "causal", "T": "temporal", "D": "descriptive"}
"""By the first letter of a type."""


def read_choices(data: Data, split: str, **_: object) -> Iterator[Question]:
    """Yield the questions with options."""
    file = data.file(f"{split}.csv", fits=lambda one: {*OPTIONS} <= columns(one))
    naming = _Naming(data)
    for row in read_rows(file):
        options = tuple(row.text(name) for name in OPTIONS)
        right = row.index("answer", len(options))
        yield naming.question(row, kind="choice", options=options, right=right)


def read_open(data: Data, split: str, **_: object) -> Iterator[Question]:
    """Yield the questions without options, with a second accepted answer where there is one."""
    file = data.file(f"{split}.csv", fits=lambda one: not {*OPTIONS} & columns(one))
    more = data.file_if_any(f"add_reference_answer_{split}.json")
    second = {} if more is None else read_mapping(more)
    naming = _Naming(data)
    for row in read_rows(file):
        others = second.get(row.text("video"))
        also = others.get(row.text("qid")) if isinstance(others, dict) else None
        yield naming.question(
            row, kind="wups", answers=(row.text("answer"), *([str(also)] if also else []))
        )


class _Naming:
    """Where the clips are: by their ids, or as VidOR names them."""

    def __init__(self, data: Data) -> None:
        self._data = data
        file = data.file_if_any("map_vid_vidorID.json")
        self._vidor: Mapping[str, str] = {} if file is None else read_mapping(file)

    def _names(self, video: str) -> tuple[str, ...]:
        its = self._vidor.get(video)
        return (its, video) if isinstance(its, str) else (video,)

    def question(self, row: Row, **more: Any) -> Question:
        """Return the question of a row."""
        video, kind = row.text("video"), row.text("type")
        kind = "TN" if kind == "TP" else kind
        return Question(
            id=f"{video}_{row.text('qid')}",
            video=video,
            clip=self._data.clip(*self._names(video)),
            text=row.text("question"),
            categories={"type": kind, "group": GROUPS.get(kind[:1], kind)},
            **more,
        )
