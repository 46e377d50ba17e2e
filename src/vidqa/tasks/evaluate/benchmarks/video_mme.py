"""Video-MME: 900 videos of eleven seconds to an hour (Fu et al., arXiv 2405.21075).

As a table of questions (Parquet), or as the template that its scoring script reads, a list of
videos which is not strictly JSON.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from vidqa.tasks.evaluate.benchmarks.data import Data
from vidqa.tasks.evaluate.benchmarks.question import LETTERS, Question
from vidqa.tasks.evaluate.benchmarks.rows import Row, read_rows

TEMPLATES = ("output_test_template.json", "*template*.json", "*video*mme*.json", "test.json")
WATCHED = re.compile(r"(?:v=|youtu\.be/|shorts/)([\w-]{11})")
"""A video's own id in its address."""
OF_A_VIDEO = ("video_id", "videoID", "url", "duration", "domain", "sub_category")


def read_video_mme(data: Data, split: str, **_: object) -> Iterator[Question]:
    """Yield its questions, with the subtitle files where they are there."""
    table = data.file_if_any(f"{split}*.parquet", near="mme")
    rows = read_rows(table) if table is not None else list(_of_videos(data.file(*TEMPLATES)))
    subtitles = {one.stem: one for one in data.listed("*.srt")}
    for row in rows:
        options, answer = row.texts("options"), row.text("answer").upper()
        if answer not in {*LETTERS[: len(options)]}:
            raise row.wrong(f"answer is {answer}, and there are {len(options)} options")
        names = _names(row)
        video, right = names[0], LETTERS.index(answer)
        options = tuple(map(_bare, options, LETTERS))
        yield Question(
            id=row.text("question_id"),
            video=video,
            clip=data.clip(*names),
            kind="choice",
            text=row.text("question"),
            options=options,
            right=right,
            categories={
                "duration": row.text("duration"),
                "domain": row.text("domain"),
                "sub_category": row.text("sub_category"),
                "task": row.text("task_type"),
            },
            words=next((data.note(subtitles[one]) for one in names if one in subtitles), None),
        )


def _of_videos(file: Path) -> Iterator[Row]:
    """Yield the questions of a list of videos, each with what is said of its video."""
    for row in read_rows(file):
        questions = row.values.get("questions")
        if not isinstance(questions, list):
            raise row.wrong("there are no questions")
        its = {name: row.values[name] for name in OF_A_VIDEO if name in row.values}
        for place, one in enumerate(questions, 1):
            if not isinstance(one, dict):
                raise row.wrong(f"question {place} is no object")
            yield Row({**its, **one}, f"{row.place}, question {place}")


def _names(row: Row) -> tuple[str, ...]:
    """Return what a video may be called: by its own id, then by its number."""
    names = [row.text("videoID")] if row.has("videoID") else []
    if row.has("url") and (found := WATCHED.search(row.text("url"))):
        names.append(found[1])
    return tuple(dict.fromkeys([*names, row.text("video_id", "videoID")]))


def _bare(option: str, letter: str) -> str:
    """Return an option without the letter before it: prompts write their own."""
    return re.sub(rf"^\(?{letter}[.):]\s*", "", option)
