"""EgoSchema: three minutes of somebody's day, one question each (Mangalam et al., 2308.09126).

The answers of 500 of its 5,031 questions are published; only those are asked.
"""

from collections.abc import Iterator, Mapping

from vidqa.tasks.evaluate.benchmarks.data import Data
from vidqa.tasks.evaluate.benchmarks.question import LETTERS, Question
from vidqa.tasks.evaluate.benchmarks.rows import Row, read_mapping, read_rows


def read_ego_schema(data: Data, split: str, **_: object) -> Iterator[Question]:
    """Yield the questions whose answers are known."""
    file = data.file("questions.json", "questions.jsonl", f"{split}*.parquet", "*.parquet")
    known = data.file_if_any("subset_answers.json")
    answers: Mapping[str, int] = {} if known is None else read_mapping(known)
    for row in read_rows(file):
        name = row.text("q_uid", "video_idx")
        options = _options(row)
        own = {"answer": answers[name]} if name in answers else row.values
        right = Row(own, row.place)
        if right.has("answer"):
            place = right.index("answer", len(options))
            yield Question(
                id=name,
                video=row.text("video_idx") if row.has("video_idx") else name,
                clip=data.clip(row.text("video_idx", "q_uid")),
                kind="choice",
                text=row.text("question"),
                options=options,
                right=place,
            )


def _options(row: Row) -> tuple[str, ...]:
    if row.has("option 0"):
        return tuple(row.text(f"option {number}") for number in range(5))
    lettered = row.texts("option")  # "A. Washing up"
    return tuple(
        one.removeprefix(f"{letter}.").strip()
        for letter, one in zip(LETTERS, lettered, strict=False)
    )
