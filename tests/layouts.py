"""Tiny data sets in the layouts of the benchmarks: own clips, own questions.

`python tests/layouts.py FOLDER` writes all of them, each into a folder of its own.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from media.clips import make_clip, numbered_picture

TIMES_MS = range(0, 2000, 100)
SIZE = (64, 48)
COLOURS = ("red", "blue", "green", "pink", "grey")


def clip(path: Path, **how: Any) -> None:
    """Write a clip of two seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    make_clip(path, TIMES_MS, size=SIZE, **how)


def frames(folder: Path, count: int = 6) -> None:
    """Write a folder of frames."""
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        picture = Image.fromarray(np.asarray(numbered_picture(number * 20, *SIZE)))
        picture.save(folder / f"{number:05d}.jpg")


def write(path: Path, content: Any) -> None:
    """Write a file of JSON, or of text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def lines(path: Path, rows: Iterable[Any]) -> None:
    """Write JSON lines."""
    write(path, "".join(json.dumps(one) + "\n" for one in rows))


def table(path: Path, rows: list[dict[str, Any]], separator: str = ",") -> None:
    """Write a table with a header."""
    cells = [list(rows[0]), *([str(value) for value in one.values()] for one in rows)]
    write(path, "".join(separator.join(line) + "\n" for line in cells))


def parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a Parquet file."""
    import pyarrow
    from pyarrow import parquet as written

    path.parent.mkdir(parents=True, exist_ok=True)
    written.write_table(pyarrow.Table.from_pylist(rows), path)


def video_chatgpt(folder: Path) -> None:
    clip(folder / "Test_Videos" / "v_one.mp4")
    clip(folder / "Test_Videos" / "v_two.mkv")
    generic = [
        {"video_name": "v_one", "Q": "What happens?", "A": "A man cooks."},
        {"video_name": "v_one", "Q": "Where is it?", "A": "In a kitchen."},
        {"video_name": "v_two", "Q": "What happens?", "A": "A dog runs."},
    ]
    write(folder / "generic_qa.json", generic)
    write(folder / "temporal_qa.json", [{"video_name": "v_two", "Q": "And then?", "A": "It eats."}])
    pair = {
        "video_name": "v_one",
        "Q1": "What is done?",
        "Q2": "What does he do?",
        "A": "He cooks.",
    }
    write(folder / "consistency_qa.json", [pair])


def _pack(folder: Path, rows: list[tuple[str, str, str, int]]) -> None:
    questions = [
        {"video_name": video, "question": question, "question_id": f"{video}_{at}"}
        for at, (video, question, _, _) in enumerate(rows)
    ]
    answers = [
        {"answer": answer, "type": kind, "question_id": one["question_id"]}
        for (_, _, answer, kind), one in zip(rows, questions, strict=True)
    ]
    write(folder / "test_q.json", questions)
    write(folder / "test_a.json", answers)


def msvd_qa(folder: Path) -> None:
    write(folder / "youtube_mapping.txt", "-4wsuPCjDBc_5_15 vid1\nabc_1_2 vid2\n")
    clip(folder / "YouTubeClips" / "-4wsuPCjDBc_5_15.avi", codec="mpeg4")
    clip(folder / "YouTubeClips" / "vid2.avi", codec="mpeg4")
    rows = [
        {"id": 0, "video_id": 1, "question": "what is a man doing?", "answer": "cooking"},
        {"id": 1, "video_id": 2, "question": "who is running?", "answer": "dog"},
        {"id": 2, "video_id": 3, "question": "who is lost?", "answer": "clip"},
    ]
    write(folder / "test_qa.json", rows)


def msrvtt_qa(folder: Path) -> None:
    clip(folder / "TestVideo" / "video7010.mp4")
    clip(folder / "TestVideo" / "video7011.mp4")
    _pack(
        folder / "GPT_Zero_Shot_QA" / "MSRVTT_Zero_Shot_QA",
        [
            ("video7010", "what is a man doing", "cooking", 3),
            ("video7010", "how many men are there", "two", 2),
            ("video7011", "who is running", "dog", 1),
        ],
    )


def tgif_qa(folder: Path) -> None:
    clip(folder / "gifs" / "tumblr_a.gif", codec="gif", pix_fmt="rgb8", rate=10)
    clip(folder / "gifs" / "tumblr_b.gif", codec="gif", pix_fmt="rgb8", rate=10)
    options = {
        f"a{number}": word for number, word in enumerate(("wave", "nod", "jump", "spin", "clap"), 1)
    }
    for task, question, right in (
        ("action", "what does the man do 2 times ?", 1),
        ("transition", 'what does he do before "nod ?', 2),
    ):
        rows = [
            {"gif_name": f"tumblr_{name}", "question": question, **options, "answer": right,
             "vid_id": f"{task}{at}", "key": at}
            for at, name in enumerate("ab")
        ]  # fmt: skip
        table(folder / f"Test_{task}_question.csv", rows, "\t")
    count = {"gif_name": "tumblr_a", "question": "how many times does he nod ?", "answer": 3}
    table(folder / "Test_count_question.csv", [{**count, "vid_id": "c1", "key": 1}], "\t")
    frame = {"gif_name": "tumblr_b", "question": "what colour is the hat ?", "answer": "red"}
    more = {"type": 2, "vid_id": "f1", "key": 1, "description": "a red hat"}
    table(folder / "Test_frameqa_question.csv", [{**frame, **more}], "\t")


def activitynet_qa(folder: Path) -> None:
    clip(folder / "all_test" / "v_one.mp4")
    clip(folder / "all_test" / "v_two.webm", codec="libvpx")
    _pack(
        folder / "dataset",
        [
            ("one", "is the man inside", "yes", 3),
            ("one", "what colour is the car", "red", 4),
            ("two", "how many dogs are there", "2", 7),
        ],
    )


def tvqa(folder: Path) -> None:
    frames(folder / "frames_hq" / "bbt_frames" / "s01e01_seg01_clip_00")
    frames(folder / "frames_hq" / "grey_frames" / "grey_s01e01_seg01_clip_00", 9)
    options = {
        f"a{number}": word for number, word in enumerate(("Tea", "Milk", "Cake", "Soup", "Rice"))
    }
    rows = [
        {"qid": 1, "q": "What does Ann drink?", **options, "answer_idx": 0, "ts": "0.5-1.5",
         "vid_name": "s01e01_seg01_clip_00", "show_name": "The Big Bang Theory"},
        {"qid": 2, "q": "What does Bob eat?", **options, "answer_idx": 2, "ts": "nan-nan",
         "vid_name": "grey_s01e01_seg01_clip_00", "show_name": "Grey's Anatomy"},
    ]  # fmt: skip
    lines(folder / "tvqa_val.jsonl", rows)
    sub = [{"text": "Ann : I drink tea .", "start": 0.2, "end": 1.0}]
    lines(
        folder / "tvqa_subtitles" / "tvqa_preprocessed_subtitles.jsonl",
        [{"vid_name": "s01e01_seg01_clip_00", "sub": sub}, {"vid_name": "other", "sub": sub}],
    )


def _next_rows(*, is_open: bool) -> list[dict[str, Any]]:
    size = {"frame_count": 20, "width": 64, "height": 48}
    options = {f"a{number}": word for number, word in enumerate(COLOURS)}
    kinds = ("CW", "CH", "TP", "DC", "DO")
    videos = ("2435100235", "2435100235", "8968804598", "8968804598", "8968804598")
    return [
        {"video": video, **size, "question": f"what is shown at {at}",
         "answer": ("red car" if at != 3 else "two") if is_open else at % 5,
         "qid": at, "type": kind, **({} if is_open else options)}
        for at, (video, kind) in enumerate(zip(videos, kinds, strict=True))
    ]  # fmt: skip


def next_qa(folder: Path) -> None:
    clip(folder / "NExTVideo" / "1164" / "2435100235.mp4")
    clip(folder / "NExTVideo" / "0025" / "8968804598.mp4")
    write(
        folder / "map_vid_vidorID.json",
        {"2435100235": "1164/2435100235", "8968804598": "0025/8968804598"},
    )
    table(folder / "nextqa" / "test.csv", _next_rows(is_open=False))
    table(folder / "nextoe" / "test.csv", _next_rows(is_open=True))
    write(
        folder / "nextoe" / "add_reference_answer_test.json", {"2435100235": {"0": "a red lorry"}}
    )
    wordnet(folder / "wordnet")


def egoschema(folder: Path) -> None:
    rows = []
    for at, name in enumerate(("0074f737-11cb", "00b9a0de-c59e", "00faf954-74f7")):
        if at < 2:
            clip(folder / "videos" / f"{name}.mp4")
        options = {f"option {number}": f"C does thing {number} at {at}." for number in range(5)}
        rows.append(
            {"q_uid": name, "google_drive_id": "x", "question": f"What is {at} about?", **options}
        )
    write(folder / "questions.json", rows)
    write(folder / "subset_answers.json", {rows[0]["q_uid"]: 3, rows[1]["q_uid"]: 0})


SRT = '1\n00:00:00,200 --> 00:00:01,000\n<font color="white" size=".72c">It is red.</font>\n'


def video_mme(folder: Path) -> None:
    names = ("fFjv93ACGo8", "N1cdUjctpG8")
    for name in names:
        clip(folder / "data" / f"{name}.mp4")
    write(folder / "subtitle" / f"{names[0]}.srt", SRT)
    rows = [
        {
            "video_id": f"00{at + 1}",
            "duration": ("short", "long")[at],
            "domain": "Knowledge",
            "sub_category": ("Geography", "Law")[at],
            "url": f"https://www.youtube.com/watch?v={name}",
            "videoID": name,
            "question_id": f"00{at + 1}-{number + 1}",
            "task_type": ("Counting Problem", "Object Recognition")[number],
            "question": f"What is shown at {number}?",
            "options": ["A. Red.", "B. Blue.", "C. Green.", "D. Pink."],
            "answer": "ABCD"[at + number],
        }
        for at, name in enumerate(names)
        for number in range(2)
    ]
    parquet(folder / "videomme" / "test-00000-of-00001.parquet", rows)


def video_mme_template(folder: Path) -> None:
    """The other layout: a list of videos that is not strictly JSON."""
    clip(folder / "videos" / "fFjv93ACGo8.mp4")
    question = (
        '{"question_id": "001-1", "task_type": "Counting Problem", "question": "How many, ]?",'
        '"options": ["A. One.", "B. Two.", "C. Three.", "D. Four."], "answer": "B",}'
    )
    write(
        folder / "output_test_template.json",
        '[{"video_id": "001", "duration": "short", "domain": "Knowledge", "sub_category": "Law", '
        f'"url": "https://www.youtube.com/watch?v=fFjv93ACGo8", "questions": [{question},],}},]',
    )


def mvbench(folder: Path) -> None:
    clip(folder / "video" / "perception" / "videos" / "video_1.mp4")
    clip(folder / "video" / "clevrer" / "video_validation" / "video_1.mp4")
    clip(folder / "video" / "star" / "Charades_v1_480" / "ABCDE.mp4")
    frames(folder / "video" / "tvqa" / "frames_fps3_hq" / "friends_s01e01_seg01_clip_00")
    counts = {"question": "How many times?", "candidates": ["3", "2", "4"], "answer": "2"}
    moved = {"question": "What moves?", "candidates": ["cube", "ball", "cone", "ring"]}
    tasks: dict[str, list[dict[str, Any]]] = {
        "action_count": [{"video": "video_1.mp4", **counts}, {"video": "video_1.mp4", **counts}],
        "moving_attribute": [{"video": "video_1.mp4", **moved, "answer": "cube"}],
        "action_sequence": [
            {"video": "ABCDE.mp4", **moved, "answer": "ring", "start": 0.5, "end": 1.5}
        ],
        "episodic_reasoning": [
            {"video": "friends_s01e01_seg01_clip_00", **moved, "answer": "ball", "start": 0,
             "end": 1.7}
        ],
    }  # fmt: skip
    for task, rows in tasks.items():
        write(folder / "json" / f"{task}.json", rows)


def longvideobench(folder: Path) -> None:
    clip(folder / "videos" / "86CxyhFV9MI.mp4")
    clip(folder / "videos" / "tW9_jD5Cgik.mp4")
    cues = [{"start": "00:01:00.200", "end": "00:01:01.000", "line": "It is red."}]
    write(folder / "subtitles" / "86CxyhFV9MI_en.json", cues)
    write(
        folder / "subtitles" / "tW9_jD5Cgik_en.json", [{"timestamp": [0.1, None], "text": "Blue."}]
    )
    shared = {"candidates": ["red", "blue", "green", "pink"], "duration": 2.0}
    rows = [
        {"id": "86CxyhFV9MI_0", "video_id": "86CxyhFV9MI", "question": "What is it?", **shared,
         "correct_choice": 0, "question_category": "T3E", "topic_category": "KH-Knowledge-History",
         "video_path": "86CxyhFV9MI.mp4", "subtitle_path": "86CxyhFV9MI_en.json",
         "duration_group": 15, "starting_timestamp_for_subtitles": 60.0},
        {"id": "tW9_jD5Cgik_0", "video_id": "tW9_jD5Cgik", "question": "And this?", **shared,
         "correct_choice": 1, "question_category": "S2E", "topic_category": "MR-Movie-Recaps",
         "video_path": "tW9_jD5Cgik.mp4", "subtitle_path": "tW9_jD5Cgik_en.json",
         "duration_group": 60, "starting_timestamp_for_subtitles": 0.0},
    ]  # fmt: skip
    write(folder / "lvb_val.json", rows)


def mlvu(folder: Path) -> None:
    clip(folder / "MLVU" / "video" / "1_plotQA" / "movie101_66.mp4")
    clip(folder / "MLVU" / "video" / "2_needle" / "needle_32.mp4")
    options = ["red", "blue", "green", "pink"]
    plot = {"video": "movie101_66.mp4", "duration": 480.0, "question": "What colour is it?"}
    write(
        folder / "MLVU" / "json" / "1_plotQA.json",
        [{**plot, "candidates": options, "answer": "blue", "question_type": "plotQA"}],
    )
    needle = {"video": "needle_32.mp4", "duration": 480.0, "question": "What is hidden?"}
    write(
        folder / "MLVU" / "json" / "2_needle.json",
        [{**needle, "candidates": options, "answer": "red", "question_type": "needle"}],
    )
    write(
        folder / "MLVU" / "json" / "9_summary.json",
        [{**plot, "answer": "All of it.", "question_type": "summary"}],
    )


NOUNS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "entity": (("entity",), None),
    "object": (("object",), "entity"),
    "vehicle": (("vehicle",), "object"),
    "car": (("car", "auto"), "vehicle"),
    "truck": (("truck", "lorry"), "vehicle"),
    "colour": (("colour",), "entity"),
    "red": (("red",), "colour"),
    "blue": (("blue",), "colour"),
    "child": (("child", "kid"), "object"),
}
"""Words of one meaning each, and the name of the next wider one."""


def wordnet(folder: Path) -> None:
    """A WordNet of nine nouns, in the files of WordNet 3."""
    folder.mkdir(parents=True)
    head = "  1 A WordNet of nine nouns, for tests. WordNet 3.0 Copyright nobody.  \n"
    places, at = dict[str, int](), len(head)
    for name, (words, above) in NOUNS.items():
        places[name] = at
        at += len(_noun(0, words, None if above is None else 0))
    data = head + "".join(
        _noun(places[name], words, None if above is None else places[above])
        for name, (words, above) in NOUNS.items()
    )
    senses = sorted((word, places[name]) for name, (words, _) in NOUNS.items() for word in words)
    index = head + "".join(f"{word} n 1 1 @ 1 0 {place:08d}  \n" for word, place in senses)
    write(folder / "data.noun", data)
    write(folder / "index.noun", index)
    write(folder / "noun.exc", "children child\n")
    for kind in ("verb", "adj", "adv"):
        write(folder / f"data.{kind}", head)
        write(folder / f"index.{kind}", head)
        write(folder / f"{kind}.exc", "")
    write(
        folder / "lexnames", "00\tadj.all\t3\n01\tadj.pert\t3\n02\tadv.all\t4\n03\tnoun.Tops\t1\n"
    )
    write(folder / "cntlist.rev", "")


def _noun(place: int, words: tuple[str, ...], above: int | None) -> str:
    named = " ".join(f"{word} 0" for word in words)
    pointers = "000" if above is None else f"001 @ {above:08d} n 0000"
    return f"{place:08d} 03 n {len(words):02x} {named} {pointers} | a noun  \n"


LAYOUTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "video-chatgpt": ("video-chatgpt", video_chatgpt),
    "msvd-qa": ("msvd-qa", msvd_qa),
    "msrvtt-qa": ("msrvtt-qa", msrvtt_qa),
    "tgif-qa": ("tgif-qa", tgif_qa),
    "activitynet-qa": ("activitynet-qa", activitynet_qa),
    "tvqa": ("tvqa", tvqa),
    "next-qa": ("next-qa", next_qa),
    "next-qa-open": ("next-qa-open", next_qa),
    "egoschema": ("egoschema", egoschema),
    "video-mme": ("video-mme", video_mme),
    "video-mme-template": ("video-mme", video_mme_template),
    "mvbench": ("mvbench", mvbench),
    "longvideobench": ("longvideobench", longvideobench),
    "mlvu": ("mlvu", mlvu),
}
"""Each layout: the benchmark that it is of, and what writes it into a folder."""


def main() -> None:
    """Write all of them."""
    for name, (_, make) in LAYOUTS.items():
        make(Path(sys.argv[1]) / name)


if __name__ == "__main__":
    main()
