"""Video-ChatGPT's three lists, which a judge grades in five ways (Maaz et al., 2306.05424)."""

from collections.abc import Iterator

from vidqa.errors import UsageError
from vidqa.tasks.evaluate.benchmarks.data import Data, distinct
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.benchmarks.rows import read_rows

GRADED = {
    "generic": ("correctness", "detail", "context"),
    "temporal": ("temporal",),
    "consistency": ("consistency",),
}
"""Its lists, and what is graded of each."""


def read_video_chatgpt(data: Data, split: str, **_: object) -> Iterator[Question]:
    """Yield the questions of those lists that are there. Raises UsageError: none is."""
    files = {
        name: file
        for name in GRADED
        if (file := data.file_if_any(f"{name}_qa.json", f"{name}.json")) is not None
    }
    if not files:
        raise UsageError(f"there is no {'_qa.json, '.join(GRADED)}_qa.json in {data.folder}")
    for name, file in files.items():
        rows = read_rows(file)
        # the official scripts number the questions of a video, too
        for row, place in zip(rows, distinct(one.text("video_name") for one in rows), strict=True):
            is_pair = name == "consistency"
            yield Question(
                id=f"{name}/{place}",
                video=row.text("video_name"),
                clip=data.clip(row.text("video_name")),
                kind="graded",
                text=row.text("Q1" if is_pair else "Q"),
                second=row.text("Q2") if is_pair else None,
                answers=(row.text("A"),),
                categories={"list": name},
                asks=GRADED[name],
            )
