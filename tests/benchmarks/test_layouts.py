"""Official files as they are published: what is read of them, and what is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layouts import LAYOUTS, write
from vidqa.errors import UsageError
from vidqa.tasks.evaluate.benchmarks.benchmark import BENCHMARKS, find_benchmark
from vidqa.tasks.evaluate.benchmarks.data import Data
from vidqa.tasks.evaluate.benchmarks.question import Question
from vidqa.tasks.evaluate.benchmarks.rows import read_json, read_rows
from vidqa.types import Words

Layout = Callable[[str], Path]


def questions(folder: Path, name: str, **how: Any) -> tuple[Question, ...]:
    return find_benchmark(name).questions(folder, **how).items


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "video-chatgpt",
            {
                "generic/v_one": ("v_one.mp4", "What happens?", "A man cooks."),
                "generic/v_one#2": ("v_one.mp4", "Where is it?", "In a kitchen."),
                "generic/v_two": ("v_two.mkv", "What happens?", "A dog runs."),
                "temporal/v_two": ("v_two.mkv", "And then?", "It eats."),
                "consistency/v_one": ("v_one.mp4", "What is done?", "He cooks."),
            },
        ),
        (
            "msvd-qa",
            {
                "0": ("-4wsuPCjDBc_5_15.avi", "what is a man doing?", "cooking"),
                "1": ("vid2.avi", "who is running?", "dog"),
                "2": (None, "who is lost?", "clip"),
            },
        ),
        (
            "msrvtt-qa",
            {
                "video7010_0": ("video7010.mp4", "what is a man doing", "cooking"),
                "video7010_1": ("video7010.mp4", "how many men are there", "two"),
                "video7011_2": ("video7011.mp4", "who is running", "dog"),
            },
        ),
        (
            "tgif-qa",
            {
                "action/0": ("tumblr_a.gif", "what does the man do 2 times ?", "nod"),
                "action/1": ("tumblr_b.gif", "what does the man do 2 times ?", "nod"),
                "transition/0": ("tumblr_a.gif", 'what does he do before "nod ?', "jump"),
                "transition/1": ("tumblr_b.gif", 'what does he do before "nod ?', "jump"),
                "count/1": ("tumblr_a.gif", "how many times does he nod ?", "3"),
                "frameqa/1": ("tumblr_b.gif", "what colour is the hat ?", "red"),
            },
        ),
        (
            "activitynet-qa",
            {
                "one_0": ("v_one.mp4", "is the man inside", "yes"),
                "one_1": ("v_one.mp4", "what colour is the car", "red"),
                "two_2": ("v_two.webm", "how many dogs are there", "2"),
            },
        ),
        (
            "tvqa",
            {
                "1": ("s01e01_seg01_clip_00", "What does Ann drink?", "Tea"),
                "2": ("grey_s01e01_seg01_clip_00", "What does Bob eat?", "Cake"),
            },
        ),
        (
            "next-qa",
            {
                f"{video}_{at}": (f"{video}.mp4", f"what is shown at {at}", colour)
                for at, (video, colour) in enumerate(
                    [
                        ("2435100235", "red"),
                        ("2435100235", "blue"),
                        ("8968804598", "green"),
                        ("8968804598", "pink"),
                        ("8968804598", "grey"),
                    ]
                )
            },
        ),
        (
            "egoschema",
            {
                "0074f737-11cb": (
                    "0074f737-11cb.mp4",
                    "What is 0 about?",
                    "C does thing 3 at 0.",
                ),
                "00b9a0de-c59e": (
                    "00b9a0de-c59e.mp4",
                    "What is 1 about?",
                    "C does thing 0 at 1.",
                ),
            },
        ),
        (
            "video-mme",
            {
                "001-1": ("fFjv93ACGo8.mp4", "What is shown at 0?", "Red."),
                "001-2": ("fFjv93ACGo8.mp4", "What is shown at 1?", "Blue."),
                "002-1": ("N1cdUjctpG8.mp4", "What is shown at 0?", "Blue."),
                "002-2": ("N1cdUjctpG8.mp4", "What is shown at 1?", "Green."),
            },
        ),
        ("video-mme-template", {"001-1": ("fFjv93ACGo8.mp4", "How many, ]?", "Two.")}),
        (
            "mvbench",
            {
                "action_count/video_1.mp4|How many times?": ("video_1.mp4", "How many times?", "2"),
                "action_count/video_1.mp4|How many times?#2": (
                    "video_1.mp4",
                    "How many times?",
                    "2",
                ),
                "action_sequence/ABCDE.mp4|What moves?": ("ABCDE.mp4", "What moves?", "ring"),
                "episodic_reasoning/friends_s01e01_seg01_clip_00|What moves?": (
                    "friends_s01e01_seg01_clip_00",
                    "What moves?",
                    "ball",
                ),
                "moving_attribute/video_1.mp4|What moves?": ("video_1.mp4", "What moves?", "cube"),
            },
        ),
        (
            "longvideobench",
            {
                "86CxyhFV9MI_0": ("86CxyhFV9MI.mp4", "What is it?", "red"),
                "tW9_jD5Cgik_0": ("tW9_jD5Cgik.mp4", "And this?", "blue"),
            },
        ),
        (
            "mlvu",
            {
                "plotQA/movie101_66.mp4|What colour is it?": (
                    "movie101_66.mp4",
                    "What colour is it?",
                    "blue",
                ),
                "needle/needle_32.mp4|What is hidden?": ("needle_32.mp4", "What is hidden?", "red"),
            },
        ),
    ],
)
def test_what_is_read_of_the_official_files(
    name: str, expected: dict[str, Any], layout: Layout
) -> None:
    found = {
        one.id: (None if one.clip is None else one.clip.name, one.text, one.accepted[0])
        for one in questions(layout(name), LAYOUTS[name][0])
    }
    assert found == expected


def test_every_benchmark_has_a_layout() -> None:
    assert {benchmark for benchmark, _ in LAYOUTS.values()} == BENCHMARKS.keys()


def test_what_questions_are_counted_by(layout: Layout) -> None:
    def categories(name: str) -> list[dict[str, str]]:
        return [dict(one.categories) for one in questions(layout(name), LAYOUTS[name][0])]

    assert categories("activitynet-qa") == [
        {"type": "yes/no"},
        {"type": "colour"},
        {"type": "number"},
    ]
    assert [one["type"] for one in categories("next-qa")] == ["CW", "CH", "TN", "DC", "DO"]
    assert categories("next-qa")[2]["group"] == "temporal"
    assert categories("tgif-qa")[-1] == {"task": "frameqa", "type": "colour"}
    assert categories("video-mme")[0] == {
        "duration": "short",
        "domain": "Knowledge",
        "sub_category": "Geography",
        "task": "Counting Problem",
    }
    assert categories("longvideobench")[1] == {"duration": "60", "category": "S2E"}
    assert {one["task"] for one in categories("mlvu")} == {"plotQA", "needle"}


def test_a_part_of_a_clip_and_two_clips_of_one_name(layout: Layout) -> None:
    by_task = {one.categories["task"]: one for one in questions(layout("mvbench"), "mvbench")}
    assert (by_task["action_sequence"].start_s, by_task["action_sequence"].end_s) == (0.5, 1.5)
    places = {task: str(one.clip) for task, one in by_task.items()}
    assert "perception/videos/video_1.mp4" in places["action_count"]
    assert "clevrer/video_validation/video_1.mp4" in places["moving_attribute"]


def test_own_subtitles(layout: Layout) -> None:
    tvqa = questions(layout("tvqa"), "tvqa")
    assert isinstance(tvqa[0].words, Words)
    assert [(one.start_s, one.text) for one in tvqa[0].words.cues] == [(0.2, "Ann : I drink tea .")]
    assert tvqa[1].words is None, "there are none of it"
    long = questions(layout("longvideobench"), "longvideobench")
    spoken = [one.words.cues[0] for one in long if isinstance(one.words, Words)]
    assert [(round(one.start_s, 3), round(one.end_s, 3)) for one in spoken] == [
        (0.2, 1.0),  # the clip begins a minute into its video
        (0.1, 2.0),  # without an end: until the clip's
    ]
    srt = [one.words for one in questions(layout("video-mme"), "video-mme")]
    assert [isinstance(one, Path) for one in srt] == [True, True, False, False]


def test_open_questions_have_all_accepted_answers(layout: Layout) -> None:
    asked = questions(layout("next-qa-open"), "next-qa-open")
    assert [one.answers for one in asked[:2]] == [("red car", "a red lorry"), ("red car",)]


def shuffled(folder: Path, to: Path) -> Path:
    """Return a pack whose answers are in another order than its questions."""
    shutil.copytree(folder, to)
    (file,) = to.rglob("test_a.json")
    write(file, json.loads(file.read_text())[::-1])
    return to


def test_parallel_lists_are_joined_by_id_and_officially_by_place(
    layout: Layout, tmp_path: Path
) -> None:
    folder = shuffled(layout("activitynet-qa"), tmp_path / "data")
    asked = questions(folder, "activitynet-qa")
    assert [one.answers[0] for one in asked] == ["yes", "red", "2"]
    asked = questions(folder, "activitynet-qa", by_place=True)
    assert [one.answers[0] for one in asked] == ["2", "red", "yes"]


@pytest.mark.parametrize(
    ("name", "file", "content", "message"),
    [
        ("msvd-qa", "test_qa.json", "[]", "holds no questions"),
        ("msvd-qa", "test_qa.json", "{", "is no JSON"),
        (
            "msvd-qa",
            "test_qa.json",
            [{"video_id": 1, "answer": "a"}],
            r"test_qa.json, row 1: there is no question",
        ),
        (
            "msrvtt-qa",
            "test_a.json",
            [{"answer": "a", "question_id": str(at)} for at in range(3)],
            "row 1: question_id video7010_0 has no answer",
        ),
        ("msrvtt-qa", "test_a.json", [{"answer": "a", "question_id": "0"}], "3 questions have 1"),
        (
            "egoschema",
            "subset_answers.json",
            {"0074f737-11cb": 7},
            "row 1: answer is 7, and there are 5 options",
        ),
        ("egoschema", "subset_answers.json", {"x": 1}, "no question of EgoSchema"),
        (
            "longvideobench",
            "lvb_val.json",
            [{"id": "1", "correct_choice": 0, "candidates": "red"}],
            "candidates must be a list",
        ),
        ("tvqa", "tvqa_val.jsonl", '{"qid": 1}\n', "tvqa_val.jsonl has no answers"),
        ("tvqa", "tvqa_val.jsonl", '{"qid": 1}\nno\n', "line 2"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(
    name: str, file: str, content: Any, message: str, layout: Layout, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(layout(name), folder)
    write(next(folder.rglob(file)), content)
    with pytest.raises(UsageError, match=message):
        questions(folder, name)


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_an_empty_folder_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"(there is|no file)"):
        questions(tmp_path, name)
    with pytest.raises(UsageError, match="there is no folder"):
        questions(tmp_path / "none", name)


def test_a_clip_that_may_be_one_of_several_is_not_guessed(tmp_path: Path) -> None:
    for name in ("a/one.mp4", "b/one.mp4", "c/two.mp4", "c/two.avi", "d.e/three.mkv"):
        write(tmp_path / name, "x")
    data = Data(tmp_path)
    with pytest.raises(UsageError, match=r"may be a/one\.mp4 or b/one\.mp4"):
        data.clip("one")
    assert data.clip("one", within="b") == tmp_path / "b/one.mp4"
    assert data.clip("b/one") == tmp_path / "b/one.mp4"
    assert data.clip("two") == tmp_path / "c/two.mp4", "the usual ending goes first"
    assert data.clip("three.mp4", "three") == tmp_path / "d.e/three.mkv"
    assert data.clip("d.e") is None


def test_the_pack_of_another_benchmark_is_not_taken(layout: Layout, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(layout("msrvtt-qa"), folder)
    with pytest.raises(UsageError, match=r"there is no test_q\.json"):
        questions(folder, "msvd-qa")
    for name in ("MSVD_Zero_Shot_QA", "pack"):
        shutil.copytree(folder / "GPT_Zero_Shot_QA/MSRVTT_Zero_Shot_QA", folder / "other" / name)
    assert len(questions(folder, "msvd-qa")) == 3, "the one of that name"


def test_subtitles_end_with_the_part_of_their_video(layout: Layout, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(layout("longvideobench"), folder)
    cues = [
        {
            "start": f"00:01:{second:02d}.000",
            "end": f"00:01:{second + 1:02d}.500",
            "line": str(second),
        }
        for second in (1, 3, 50)
    ]
    cues.insert(0, {"start": "00:00:10.000", "end": "00:00:12.000", "line": "before"})
    write(folder / "subtitles" / "86CxyhFV9MI_en.json", cues)
    (words, _) = (one.words for one in questions(folder, "longvideobench"))
    assert isinstance(words, Words)
    assert [one.text for one in words.cues] == ["1"], (
        "the clip is the first two seconds of a minute"
    )


def test_what_file_managers_leave_in_folders_of_frames(tmp_path: Path) -> None:
    for name in ("f/one/1.jpg", "f/one/.DS_Store", "f/one/Thumbs.db"):
        write(tmp_path / name, "x")
    assert Data(tmp_path).clip("one") == tmp_path / "f/one"


def test_what_archives_leave_behind_is_no_clip(tmp_path: Path) -> None:
    for name in ("__MACOSX/one.mp4", ".hidden/one.mp4", "a/._one.mp4", "a/one.mp4"):
        write(tmp_path / name, "x")
    assert Data(tmp_path).clip("one") == tmp_path / "a/one.mp4"


def test_pictures_beside_clips_are_no_clip(tmp_path: Path) -> None:
    for name in ("v/one.mp4", "v/cover.jpg", "f/one/1.jpg", "f/two/1.jpg", "f/two/2.jpg"):
        write(tmp_path / name, "x")
    data = Data(tmp_path)
    assert data.clip("v") is None
    assert data.clip("two") == tmp_path / "f/two"


def test_json_with_commas_that_it_does_not_allow(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write(file, '[{"a": ",]", "b": [1, 2,],},]')
    assert read_json(file) == [{"a": ",]", "b": [1, 2]}]
    write(file, '[{"a": 1} {"b": 2}]')
    with pytest.raises(UsageError, match="is no JSON"):
        read_json(file)


def test_tables_by_tabs_and_by_commas(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 'q\ta\nwhat is "it ?\tred\n')
    assert read_rows(tmp_path / "a.csv")[0].values == {"q": 'what is "it ?', "a": "red"}
    write(tmp_path / "b.csv", 'q,a\n"what, then?",red\n')
    assert read_rows(tmp_path / "b.csv")[0].values == {"q": "what, then?", "a": "red"}
