"""MVBench, MLVU, LongVideoBench and TVQA: options, of which the text or the number is right."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.media.cues import clean_cues
from vidqa.tasks.evaluate.benchmarks.data import Data, distinct
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.benchmarks.rows import Row, read_json, read_rows
from vidqa.types import Words
from vidqa.types.clock import read_seconds

MVBENCH_FOLDERS = {
    "action_antonym": "ssv2_video",
    "action_count": "perception/videos",
    "action_localization": "sta/sta_video",
    "action_prediction": "star/Charades_v1_480",
    "action_sequence": "star/Charades_v1_480",
    "character_order": "perception/videos",
    "counterfactual_inference": "clevrer/video_validation",
    "egocentric_navigation": "vlnqa",
    "episodic_reasoning": "tvqa/frames_fps3_hq",
    "fine_grained_action": "Moments_in_Time_Raw/videos",
    "fine_grained_pose": "nturgbd",
    "moving_attribute": "clevrer/video_validation",
    "moving_count": "clevrer/video_validation",
    "moving_direction": "clevrer/video_validation",
    "object_existence": "clevrer/video_validation",
    "object_interaction": "star/Charades_v1_480",
    "object_shuffle": "perception/videos",
    "scene_transition": "scene_qa/video",
    "state_change": "perception/videos",
    "unexpected_action": "FunQA_test/test",
}
"""Its 20 tasks, and the folders of their clips (Li et al., arXiv 2311.17005)."""
MLVU_CHOICES = (
    *("plotQA", "needle", "needleQA", "ego", "count", "order", "anomaly_reco", "topic_reasoning"),
    *("sportsQA", "tutorialQA"),
)
"""Its tasks with options (Zhou et al., arXiv 2406.04264); the others are graded."""
TVQA_OPTIONS = tuple(f"a{number}" for number in range(5))


def read_mvbench(data: Data, split: str, **_: object) -> Iterator[Question]:
    """Yield the questions of all tasks whose files are there.

    Raises:
        UsageError: there are none.

    """
    names = [one for one in MVBENCH_FOLDERS if data.file_if_any(f"{one}.json") is not None]
    if not names:
        raise UsageError(f"there is no file of a task, such as action_count.json, in {data.folder}")
    for task in names:
        rows = data.rows(f"{task}.json")
        places = distinct(f"{row.text('video')}|{row.text('question')}" for row in rows)
        for row, place in zip(rows, places, strict=True):
            video, folder = row.text("video"), MVBENCH_FOLDERS[task]
            yield Question(
                id=f"{task}/{place}",
                video=f"{folder}/{video}",
                clip=data.clip(video, Path(video).stem, within=folder),
                kind="choice",
                text=row.text("question"),
                categories={"task": task},
                start_s=row.seconds("start"),
                end_s=row.seconds("end"),
                **_answered(row),
            )


def _answered(row: Row) -> dict[str, Any]:
    """Return the options of a row whose answer is the text of one. Raises UsageError."""
    options, answer = row.texts("candidates"), row.text("answer")
    if answer not in options:
        raise row.wrong(f"the answer {answer!r} is none of its candidates")
    return {"options": options, "right": options.index(answer)}


def read_mlvu(data: Data, split: str, **_: object) -> Iterator[Question]:
    """Yield the questions with options of all tasks whose files are there.

    Raises:
        UsageError: there are none.

    """
    asked = False
    for file in data.listed("[0-9]_*.json" if split == "dev" else f"*{split}*.json"):
        rows = read_rows(data.note(file))
        choices = [
            one
            for one in rows
            if one.has("question", "video", "answer", "question_type")
            and "candidates" in one.values
        ]
        named = [f"{one.text('video')}|{one.text('question')}" for one in choices]
        for row, place in zip(choices, distinct(named), strict=True):
            asked, task, video = True, row.text("question_type"), row.text("video")
            if task not in MLVU_CHOICES:
                raise row.wrong(f"question_type {task} is none of {', '.join(MLVU_CHOICES)}")
            yield Question(
                id=row.text("question_id") if row.has("question_id") else f"{task}/{place}",
                video=video,
                clip=data.clip(video, Path(video).stem, within=task),
                kind="choice",
                text=row.text("question"),
                categories={"task": task},
                **_answered(row),
            )
    if not asked:
        raise UsageError(
            f"no file such as 1_plotQA.json in {data.folder} has questions with candidates"
        )


def read_longvideobench(data: Data, split: str, **_: object) -> Iterator[Question]:
    """Yield the questions whose answers are published (Wu et al., arXiv 2407.15754)."""
    subtitles = {one.name: one for one in data.listed("subtitles/*.json")}
    for row in data.rows(f"lvb_{split}.json", f"{split}*.parquet"):
        if not row.has("correct_choice") or row.text("correct_choice") in ("-1", "@"):
            continue  # of the test set
        options = _candidates(row)
        right = row.index("correct_choice", len(options))
        video, file = row.text("video_path"), subtitles.get(Path(row.text("subtitle_path")).name)
        yield Question(
            id=row.text("id"),
            video=video,
            clip=data.clip(video, Path(video).stem),
            kind="choice",
            text=row.text("question"),
            options=options,
            right=right,
            categories={
                "duration": row.text("duration_group"),
                "category": row.text("question_category"),
            },
            words=None if file is None else _spoken(data.note(file), row),
        )


def _candidates(row: Row) -> tuple[str, ...]:
    if row.has("candidates"):
        return row.texts("candidates")
    given = [row.text(f"option{number}") for number in range(5) if row.has(f"option{number}")]
    return tuple(one for one in given if one != "N/A")


def _spoken(file: Path, row: Row) -> Words:
    """Return the subtitles of a part of a longer video, whose time begins with that part."""
    begin_s = row.seconds("starting_timestamp_for_subtitles") or 0.0
    duration_s = row.seconds("duration")
    try:
        lines = [_line(one) for one in read_json(file)]
    except (ValueError, KeyError, TypeError) as error:
        raise row.wrong(f"{file.name} holds no subtitles") from error
    last_s = math.inf if duration_s is None else begin_s + duration_s
    shown = [
        (max(0.0, start_s - begin_s), (last_s if end_s is None else end_s) - begin_s, text)
        for start_s, end_s, text in lines
        if start_s < last_s and (end_s is None or end_s > begin_s)
    ]
    return Words("file", clean_cues(shown), file.name)


def _line(cue: Mapping[str, Any]) -> tuple[float, float | None, str]:
    """Return start, end (None if it is not known) and text, in either form in which they come."""
    if "timestamp" in cue:
        start_s, end_s = cue["timestamp"]
        return float(start_s), None if end_s is None else float(end_s), str(cue["text"])
    return read_seconds(cue["start"]), read_seconds(cue["end"]), str(cue["line"])


def read_tvqa(data: Data, split: str, **_: object) -> Iterator[Question]:
    """Yield the questions whose answers are published (Lei et al., arXiv 1809.01696)."""
    rows = [one for one in data.rows(f"tvqa_{split}.jsonl") if one.has("answer_idx")]
    if not rows:
        raise UsageError(f"tvqa_{split}.jsonl has no answers", hint="--split val")
    wanted = {one.text("vid_name") for one in rows}
    words = _subtitles(data, wanted)
    for row in rows:
        video = row.text("vid_name")
        options = tuple(row.text(name) for name in TVQA_OPTIONS)
        right = row.index("answer_idx", len(options))
        yield Question(
            id=row.text("qid"),
            video=video,
            clip=data.clip(video),
            kind="choice",
            text=row.text("q"),
            options=options,
            right=right,
            categories={"show": row.text("show_name")},
            words=words.get(video),
        )


def _subtitles(data: Data, wanted: set[str]) -> dict[str, Words]:
    file = data.file_if_any("*subtitles*.jsonl", "*subtitles*.json")
    found = dict[str, Words]()
    for row in [] if file is None else read_rows(file):
        if (name := row.text("vid_name")) in wanted:
            try:
                cues = [
                    (float(one["start"]), float(one["end"]), str(one["text"]))
                    for one in row.values["sub"]
                ]
            except (ValueError, KeyError, TypeError) as error:
                raise row.wrong("sub holds no subtitles") from error
            found[name] = Words("file", clean_cues(cues), row.place)
    return found
