"""Files of examples: plain ones, and those of the paper's data sets."""

import json
from pathlib import Path

import pytest

from vidqa.errors import UsageError
from vidqa.training.data.examples import Example, Source, by_source, read_examples
from vidqa.training.data.paper_datasets import FOR_A_CAPTION, FOR_A_PICTURE, Folders, read_layout


def test_plain_lines(tmp_path: Path) -> None:
    lines = [
        {"video": "a.mp4", "question": " What? ", "answer": "A cat."},
        {"video": "a.mp4", "question": "b", "answer": "c", "subtitles": "a.vtt", "end": 3.5},
    ]
    file = tmp_path / "all.jsonl"
    file.write_text("\n\n".join(map(json.dumps, lines)))
    assert read_examples(file) == [
        Example(Source(tmp_path / "a.mp4"), "What?", "A cat."),
        Example(Source(tmp_path / "a.mp4", tmp_path / "a.vtt", None, 3.5), "b", "c"),
    ]
    assert len(by_source(read_examples(file))) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1"),
        ("[]", "line 1"),
        ('{"video": "a"}', "'question' is missing"),
        ("[1]", "no JSON object"),
        ('{"video": "a", "question": "b", "answer": "c", "start": "x"}', "start must be a number"),
        ('{"video": "a", "question": "b", "answer": "c", "end": true}', "end must be a number"),
        ('{"video": "a", "question": "b", "answer": "c", "start": 2, "end": 1}', "after start"),
        ('{"video": "a", "question": "b", "answer": "c", "subtitles": 5}', "subtitles must be"),
        ('{"video": "a", "question": "b", "answer": " "}', "answer must be a text"),
        ('{"video": "a", "question": "b", "answer": "c", "start": "soon"}', "soon"),
    ],
)
def test_bad_lines_are_named(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text(line)
    with pytest.raises(UsageError, match=said):
        read_examples(tmp_path / "bad.jsonl")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    videos, words = tmp_path / "videos", tmp_path / "words"
    for folder in (videos / "page", words):
        folder.mkdir(parents=True)
    for name in ("a.mkv", "b.mp4", "c.jpg", "page/7.mp4"):
        (videos / name).touch()
    for name in ("a.en.vtt", "b.vtt"):
        (words / name).touch()
    return Folders(videos, words)


def read(layout: str, records: object, folders: Folders, name: str = "all.json") -> list[Example]:
    file = folders.videos.parent / name
    file.write_text(records if isinstance(records, str) else json.dumps(records))
    return read_layout(layout, file, folders)


def test_condensed_movies(folders: Folders) -> None:
    (one,) = read("cmd", [{"image_id": "a", "caption": "A man leaves."}], folders)
    assert folders.subtitles is not None
    assert one.source == Source(folders.videos / "a.mkv", folders.subtitles / "a.en.vtt")
    assert one.question in FOR_A_CAPTION
    assert one.answer == "A man leaves."


def test_webvid_captions_keep_their_hyphens(folders: Folders) -> None:
    record = {"videoid": 7, "page_dir": "page", "name": "Time-lapse of a city"}
    (one,) = read("webvid", [record], folders)
    assert one.source == Source(folders.videos / "page" / "7.mp4")
    assert one.answer == "Time-lapse of a city"
    text = "videoid,page_dir,name\n7,page,Time-lapse of a city\n"
    assert read("webvid", text, folders, "all.csv") == [one]
    # as spreadsheets save it
    assert read("webvid", "\ufeff" + text.replace(",", ";"), folders, "all.CSV") == [one]


def test_videoinstruct(folders: Folders) -> None:
    records = [{"video_id": name, "q": "Why?", "a": "Because."} for name in ("b", "gone")]
    one, other = read("videoinstruct", records, folders)
    assert folders.subtitles is not None
    assert one == Example(
        Source(folders.videos / "b.mp4", folders.subtitles / "b.vtt"), "Why?", "Because."
    )
    assert other.source == Source(folders.videos / "gone.mp4")


def test_pairs_of_pictures_and_captions(folders: Folders) -> None:
    records = {"annotations": [{"image_id": "c", "caption": "A red car."}]}
    (one,) = read("pairs", records, folders)
    assert one.source == Source(folders.videos / "c.jpg")
    assert one.question in FOR_A_PICTURE


@pytest.mark.parametrize(
    ("layout", "records", "said"),
    [
        ("cmd", "nope", "not JSON"),
        ("cmd", {"a": 1}, "no list of annotations"),
        ("cmd", [{"image_id": "a"}], "record 1: 'caption' is missing"),
        ("videoinstruct", [{"video_id": "b", "q": "", "a": "c"}], "q must be a text"),
        ("tar", [], "no such layout"),
    ],
)
def test_other_files_are_refused(layout: str, records: object, said: str, folders: Folders) -> None:
    with pytest.raises(UsageError, match=said):
        read(layout, records, folders)


def test_published_sets_need_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs --videos"):
        read_layout("cmd", tmp_path / "all.json", None)
