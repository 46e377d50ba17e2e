"""`vidqa summarize`, a tiny random model for all of it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from media.films import ONE, TWO, film, with_chapters
from tiny import talkative, vidqa_folder
from vidqa.cli.app import run
from vidqa.cli.render.escape import printable
from vidqa.cli.render.summaries import ffmetadata, summary_text
from vidqa.media.container.probe import probe
from vidqa.models.resolve import write_settings

Summarize = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = talkative(vidqa_folder(tmp_path_factory.mktemp("tiny")))
    write_settings(folder, "starter")
    return folder


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of two shots of ten seconds, and one that is none."""
    folder = tmp_path_factory.mktemp("clips")
    for name, pictures in (("a.mp4", (ONE, TWO)), ("b.mp4", (TWO, ONE))):
        film(folder / name, (one for one in pictures for _ in range(50)), rate=5)
    (folder / "c.mp4").write_text("no video")
    return folder


@pytest.fixture
def summarize(model: Path, capsys: pytest.CaptureFixture[str]) -> Summarize:
    def call(*words: str | Path) -> tuple[int, str, str]:
        given = ["summarize", *map(str, words), "-m", str(model), "--subtitles", "off"]
        status = run(given)
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_one_clip_is_its_summary_alone(summarize: Summarize, clips: Path) -> None:
    status, out, err = summarize(clips / "a.mp4")
    assert status == 0, err
    told = json.loads(summarize(clips / "a.mp4", "--format", "json")[1])
    assert out == printable(told["summary"], newlines=True) + "\n"
    assert "saw 8 frames" in err
    assert (told["length"], told["question"]) == ("medium", "medium summary")
    assert told["windows"] == [{"start_s": 0.0, "end_s": 20.0, "cut_at": "start"}]
    assert told["settings"]["length"] == "medium"


def test_chapters_follow_it(summarize: Summarize, clips: Path) -> None:
    _, out, _ = summarize(clips / "a.mp4", "--chapters")
    assert [line.split("  ")[0] for line in out.splitlines()[-2:]] == ["0:00", "0:10"]
    _, out, _ = summarize(clips / "a.mp4", "--chapters", "-f", "md")
    assert "\n## Chapters\n\n0:00" in out
    first, second = out.splitlines()[-2:]
    assert first.endswith("  "), "Markdown takes the next line for another one"
    assert re.match(r"0:10\b", second)


def test_several_have_their_names(summarize: Summarize, clips: Path) -> None:
    status, out, err = summarize(clips / "a.mp4", clips / "c.mp4", clips / "b.mp4", "-f", "md")
    assert status == 40
    assert [line for line in out.splitlines() if line.startswith("# ")] == [
        f"# {clips / 'a.mp4'}",
        f"# {clips / 'b.mp4'}",
    ]
    assert "c.mp4' is not a readable video" in err


def test_a_folder_in_a_pipe_is_an_object_a_clip(summarize: Summarize, clips: Path) -> None:
    status, out, _ = summarize(clips)
    assert status == 40
    records = [json.loads(line) for line in out.splitlines()]
    assert [Path(one["video"]).name for one in records] == ["a.mp4", "b.mp4", "c.mp4"]
    assert [("summary" in one, "error" in one) for one in records] == [
        (True, False),
        (True, False),
        (False, True),
    ]


def test_a_run_goes_on_where_it_stopped(summarize: Summarize, clips: Path, tmp_path: Path) -> None:
    output = tmp_path / "summaries.jsonl"
    assert summarize(clips, "-o", output)[0] == 40
    whole = output.read_bytes()
    lines = whole.splitlines(keepends=True)
    output.write_bytes(lines[0] + lines[1][:40])
    status, out, err = summarize(clips, "-o", output)
    assert (status, out) == (40, "")
    assert "1 of them before" in err
    assert output.read_bytes() == whole
    assert summarize(clips, "-o", output, "--length", "short")[0] == 40
    assert len(output.read_bytes().splitlines()) == 6, "another length is another summary"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.mp4", "--length", "huge"], "no such length"),
        (["a.mp4", "--format", "pdf"], "no such format"),
        (["a.mp4", "--length", "none"], "nothing to say"),
        (["a.mp4", "b.mp4", "-f", "ffmetadata"], "about one clip"),
        (["a.mp4", "b.mp4", "-o", "both.md"], "about one clip"),
        (["a.mp4", "-f", "ffmetadata", "--strict"], "are about a text"),
        (["a.mp4", "--answer-language", "gibberish!"], "no language is called"),
        (["a.mp4", "--instructions", " "], "the instructions are empty"),
        (["a.mp4", "-o", "a.md", "--retry-failed"], "--retry-failed is for records"),
        ([], "no clip given"),
        (["a.mp4", "--retry-failed"], "--retry-failed is for -o"),
    ],
)
def test_what_makes_no_sense_is_said(summarize: Summarize, words: list[str], said: str) -> None:
    status, out, err = summarize(*words)
    assert (status, out) == (2, "")
    assert said in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--instructions", "be brief"], "follows no instructions"),
        (["--answer-language", "de"], "answers only in en, not in de"),
    ],
)
def test_what_a_model_cannot_do_is_said_once(
    summarize: Summarize, clips: Path, words: list[str], said: str
) -> None:
    status, out, err = summarize(clips / "a.mp4", clips / "b.mp4", *words)
    assert (status, out) == (2, "")
    assert err.count("error:") == 1
    assert said in err


def test_a_folder_gets_a_file_a_clip_in_each_format(
    summarize: Summarize, clips: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    alone = summarize(clips / "a.mp4", "--format", "md")[1]
    for form in ("md", "json", "md", "json"):
        status, printed, err = summarize(clips, "-o", f"{out}/", "--format", form)
        assert (status, printed) == (40, "")
        assert "3 clips: 2 answered, 1 failed" in err
    assert sorted(file.name for file in out.glob("[!.]*")) == [
        *("a.mp4.json", "a.mp4.md", "b.mp4.json", "b.mp4.md", "c.mp4.json"),
    ]
    assert (out / "a.mp4.md").read_text() == alone
    status, _, err = summarize(clips, "-o", f"{out}/", "--format", "md", "--length", "short")
    assert err.count("was made with other settings") == 2
    assert (out / "a.mp4.md").read_text() == alone


def test_a_text_of_one_clip_goes_into_a_file(
    summarize: Summarize, clips: Path, tmp_path: Path
) -> None:
    printed = summarize(clips / "a.mp4", "--format", "md")[1]
    status, out, err = summarize(clips / "a.mp4", "-o", tmp_path / "a.md")
    assert (status, out) == (0, ""), err
    assert (tmp_path / "a.md").read_text() == printed
    status, _, err = summarize(clips / "b.mp4", "-f", "md", "-o", tmp_path / "a.md")
    assert (status, "is there already" in err) == (2, True), "nothing is replaced unasked"
    assert (tmp_path / "a.md").read_text() == printed
    assert summarize(clips / "b.mp4", "-f", "md", "-o", tmp_path / "a.md", "--force")[0] == 0
    assert (tmp_path / "a.md").read_text() == summarize(clips / "b.mp4", "-f", "md")[1]
    assert summarize(clips / "c.mp4", "-o", tmp_path / "c.txt")[0] == 11
    assert not (tmp_path / "c.txt").exists()
    assert summarize(clips / "a.mp4", "-f", "md", "-o", "-")[1] == printed


def test_chapters_go_into_a_clip(summarize: Summarize, clips: Path, tmp_path: Path) -> None:
    chapters = tmp_path / "chapters.txt"
    status, _, err = summarize(clips / "a.mp4", "-f", "ffmetadata", "-o", chapters)
    assert status == 0, err
    with av.open(str(chapters)) as read:
        written = [
            (float(one["start"] * one["time_base"]), float(one["end"] * one["time_base"]), one)
            for one in read.chapters()
        ]
    titled = [(start, end, one["metadata"].get("title", "")) for start, end, one in written]
    out = with_chapters(clips / "a.mp4", tmp_path / "out.mp4", titled)
    found = [(one.start_s, one.end_s) for one in probe(out).chapters]
    assert found == [(0.0, 10.0), (10.0, 20.0)]


def test_ffmpeg_reads_what_is_written(tmp_path: Path) -> None:
    title, summary = "a=b; #1 \\ [CHAPTER]", "One; two.\n\nThree = 3."
    record = {
        "summary": summary,
        "chapters": [
            {"start_s": 0.0, "end_s": 12.3456, "title": title},
            {"start_s": 12.3456, "end_s": 20.0, "title": ""},
        ],
    }
    file = tmp_path / "chapters.txt"
    file.write_text(ffmetadata(record))
    with av.open(str(file)) as read:
        first, second = read.chapters()
        assert read.metadata == {"description": summary}
    assert first["metadata"] == {"title": title}
    assert (first["end"], second["start"], second["metadata"]) == (12346, 12346, {})


def test_every_sentence_is_marked() -> None:
    sentences = [
        {"text": "A cat sits.", "grounding": {"verdict": "seen"}},
        {"text": "It sleeps.", "grounding": {"verdict": "guess"}},
    ]
    record = {"summary": "A cat sits.\n\nIt sleeps.", "chapters": [], "sentences": sentences}
    told = "A cat sits. [seen]\n\nIt sleeps. [guess]\n"
    assert summary_text(record, markdown=False) == told
    empty = {"summary": "", "chapters": [{"start_s": 61.0, "title": "A cat"}]}
    assert summary_text(empty, markdown=False) == "1:01  A cat\n"


def test_what_sentences_rest_on_is_in_the_record(summarize: Summarize, clips: Path) -> None:
    status, out, err = summarize(clips / "a.mp4", "--strict", "-f", "json")
    assert status == 0, err
    record = json.loads(out)
    marked = json.loads(summarize(clips / "a.mp4", "--grounding", "-f", "json")[1])
    assert "sentences" not in json.loads(summarize(clips / "a.mp4", "-f", "json")[1])
    text = "".join(one["text"] for one in marked["sentences"])
    assert "".join(text.split()) == "".join(marked["summary"].split())
    kept = [one for one in marked["sentences"] if one["grounding"]["verdict"] != "guess"]
    assert record["sentences"] == kept
    assert record["guesses_left_out"] == len(marked["sentences"]) - len(kept)


def test_frames_are_chosen_as_for_ask(summarize: Summarize, clips: Path) -> None:
    told = summarize(clips / "a.mp4", "--sample", "fps:1", "--frames", "5", "-f", "json")[1]
    record = json.loads(told)
    assert len(record["frame_times_s"]) == 5
    assert record["settings"]["sample"] == "fps:1"
    assert "--recipe paper is for" in summarize(clips / "a.mp4", "--recipe", "paper")[2]


@pytest.mark.parametrize("form", ["md", "text", "ffmetadata"])
def test_no_clip_is_replaced(summarize: Summarize, clips: Path, tmp_path: Path, form: str) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes((clips / "a.mp4").read_bytes())
    for more in ([], ["--force"]):
        status, out, err = summarize(clip, "-f", form, "-o", clip, *more)
        assert (status, out) == (2, "")
        assert "would be replaced" in err or "is there already" in err
    assert clip.read_bytes() == (clips / "a.mp4").read_bytes()


def test_a_file_that_cannot_be_written_is_said_before_any_work(
    summarize: Summarize, clips: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    status, _, err = summarize(clips / "a.mp4", "-o", tmp_path / "file" / "a.md")
    assert (status, err.count("error:")) == (2, 1)
    assert "cannot be written" in err
    assert "saw" not in err
