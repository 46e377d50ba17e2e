"""TGIF-QA: what is repeated, what changes, how often, and what one frame shows.

Jang et al., arXiv 1704.04497; tables that are separated by tabs in spite of their names.
"""

from collections.abc import Callable, Iterator

from vidqa.errors import UsageError
from vidqa.tasks.evaluate.benchmarks.data import Data
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.benchmarks.rows import Row, read_rows
from vidqa.tasks.evaluate.benchmarks.short_answers import read_tgif_pack

TASKS = ("action", "transition", "count", "frameqa")
FRAME_TYPES = ("object", "number", "colour", "location")
OPTIONS = tuple(f"a{number}" for number in range(1, 6))


def read_tgif(data: Data, split: str, *, by_place: bool) -> Iterator[Question]:
    """Yield the questions of all tasks whose tables are there, or of the pack.

    Raises:
        UsageError: there are neither.

    """
    tables = {
        task: file
        for task in TASKS
        if (file := data.file_if_any(f"{split.capitalize()}_{task}_question.csv")) is not None
    }
    if not tables:
        if data.file_if_any(f"{split}_q.json", near="tgif") is None:
            names = f"{split.capitalize()}_TASK_question.csv or {split}_q.json"
            raise UsageError(f"there is no {names} in {data.folder}")
        yield from read_tgif_pack(data, split=split, by_place=by_place)
        return
    for task, file in tables.items():
        for row in read_rows(file):
            yield _READERS[task](data, row, task)


def _choice(data: Data, row: Row, task: str) -> Question:
    options = tuple(row.text(name) for name in OPTIONS)
    right = row.index("answer", len(options))
    return _question(data, row, task, kind="choice", options=options, right=right)


def _count(data: Data, row: Row, task: str) -> Question:
    return _question(data, row, task, kind="count", answers=(str(row.number("answer")),))


def _frame(data: Data, row: Row, task: str) -> Question:
    kind = FRAME_TYPES[row.index("type", len(FRAME_TYPES))]
    return _question(
        data, row, task, kind="open", answers=(row.text("answer"),), categories={"type": kind}
    )


def _question(data: Data, row: Row, task: str, **more: object) -> Question:
    video = row.text("gif_name")
    known: dict[str, object] = {"categories": {}, **more}
    known["categories"] = {"task": task, **dict(known["categories"])}  # type: ignore[call-overload]
    return Question(
        id=f"{task}/{row.text('key', 'vid_id')}",
        video=video,
        clip=data.clip(video),
        text=row.text("question"),
        **known,  # type: ignore[arg-type]
    )


_READERS: dict[str, Callable[[Data, Row, str], Question]] = {
    "action": _choice,
    "transition": _choice,
    "count": _count,
    "frameqa": _frame,
}
