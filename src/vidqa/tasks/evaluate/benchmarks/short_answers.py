"""Questions that a word or two answer: MSVD-QA, MSRVTT-QA, TGIF-QA and ActivityNet-QA.

They are published twice: by their authors, and as a pack of two parallel lists for zero-shot tests
(Maaz et al., arXiv 2306.05424).
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from vidqa.errors import UsageError
from vidqa.system.texts import read_text
from vidqa.tasks.evaluate.benchmarks.data import Data
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.benchmarks.rows import Row

Naming = Callable[[str], tuple[str, ...]]
"""Returns the names that the clip of a video may have."""

ACTIVITYNET_TYPES = (
    *("motion", "spatial", "temporal", "yes/no", "colour", "object", "location", "number"),
    "other",
)
"""What the numbers of types mean (Yu et al., arXiv 1906.02467)."""


def read_pack(
    data: Data, *, split: str, near: str, naming: Naming, types: tuple[str, ...], by_place: bool
) -> Iterator[Question]:
    """Yield the questions of two lists, one of questions and one of answers.

    Args:
        data: the folder.
        split: stands in the names of the files.
        near: stands in their paths, where there are several packs.
        naming: returns the names that a clip may have.
        types: what numbers of types mean.
        by_place: take answers by their places, as the official scripts do, not by their ids.

    Raises:
        UsageError: a question has no answer.

    """
    questions = data.rows(f"{split}_q.json", near=near)
    answers = data.rows(f"{split}_a.json", near=near)
    if len(questions) != len(answers):
        raise UsageError(f"{len(questions)} questions have {len(answers)} answers")
    known = _by_id(answers)
    for place, row in enumerate(questions):
        answer = answers[place] if by_place else known.get(row.text("question_id"))
        if answer is None:
            raise row.wrong(f"question_id {row.text('question_id')} has no answer")
        video = row.text("video_name", "video_id")
        yield Question(
            id=row.text("question_id"),
            video=video,
            clip=data.clip(*naming(video)),
            kind="open",
            text=row.text("question"),
            answers=(answer.text("answer"),),
            categories=_type_of(answer, types),
        )


def _by_id(answers: list[Row]) -> Mapping[str, Row]:
    known = dict[str, Row]()
    for one in answers:
        name = one.text("question_id")
        if name in known:
            raise one.wrong(f"question_id {name} is there twice")
        known[name] = one
    return known


def _type_of(answer: Row, types: tuple[str, ...]) -> dict[str, str]:
    if not types or not answer.has("type"):
        return {}
    return {"type": types[answer.index("type", len(types))]}


def read_list(data: Data, *, split: str, near: str, naming: Naming) -> Iterator[Question]:
    """Yield the questions of the list that the authors of MSVD-QA and MSRVTT-QA publish."""
    for place, row in enumerate(data.rows(f"{split}_qa.json", near=near)):
        video = row.text("video_id", "video_name")
        question = row.text("question")
        yield Question(
            id=row.text("id") if row.has("id") else str(place),
            video=video,
            clip=data.clip(*naming(video)),
            kind="open",
            text=question,
            answers=(row.text("answer"),),
            categories={"type": question.split()[0].lower()},
        )


def read_either(
    data: Data, *, split: str, near: str, naming: Naming, by_place: bool
) -> Iterator[Question]:
    """Yield the questions of the authors' list, or of the pack."""
    if data.file_if_any(f"{split}_qa.json", near=near) is not None:
        return read_list(data, split=split, near=near, naming=naming)
    return read_pack(data, split=split, near=near, naming=naming, types=(), by_place=by_place)


def read_msvd(data: Data, split: str, *, by_place: bool) -> Iterator[Question]:
    """Yield the questions of MSVD-QA; `youtube_mapping.txt` says what clips are called."""
    names = dict[str, str]()
    if (mapping := data.file_if_any("youtube_mapping.txt")) is not None:
        lines = [line.split() for line in read_text(mapping).splitlines()]
        names = {its: name for name, its in (one for one in lines if len(one) == 2)}

    def naming(video: str) -> tuple[str, ...]:
        numbered = f"vid{video}" if video.isdigit() else video
        return tuple(filter(None, (video, numbered, names.get(numbered))))

    return read_either(data, split=split, near="msvd", naming=naming, by_place=by_place)


def read_msrvtt(data: Data, split: str, *, by_place: bool) -> Iterator[Question]:
    """Yield the questions of MSRVTT-QA."""

    def naming(video: str) -> tuple[str, ...]:
        return (f"video{video}",) if video.isdigit() else (video,)

    return read_either(data, split=split, near="msrvtt", naming=naming, by_place=by_place)


def read_activitynet(data: Data, split: str, *, by_place: bool) -> Iterator[Question]:
    """Yield the questions of ActivityNet-QA."""
    return read_pack(
        data,
        split=split,
        near="activitynet",
        naming=lambda video: (f"v_{video}", video),
        types=ACTIVITYNET_TYPES,
        by_place=by_place,
    )


read_tgif_pack = partial(read_pack, near="tgif", naming=lambda video: (video,), types=())
"""Yields the questions of TGIF-QA's task FrameQA, as the pack holds them."""
