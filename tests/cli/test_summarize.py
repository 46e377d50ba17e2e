"""`vidqa summarize`, a tiny random model for all of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from media.films import ONE, TWO, film
from tiny import talkative, vidqa_folder
from vidqa.cli.main import run
from vidqa.cli.printable import printable
from vidqa.cli.summary_view import clock
from vidqa.weights.local import write_settings

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
        film(folder / name, (one for one in pictures for _ in range(250)))
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
    assert "\n## Chapters\n\n- 0:00" in out
    assert out.splitlines()[-1].startswith("- 0:10")


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
        ([], "no clip given"),
        (["a.mp4", "--retry-failed"], "--retry-failed is for -o"),
    ],
)
def test_what_makes_no_sense_is_said(summarize: Summarize, words: list[str], said: str) -> None:
    status, out, err = summarize(*words)
    assert (status, out) == (2, "")
    assert said in err


def test_times_of_chapters() -> None:
    assert [clock(time_s) for time_s in (0, 59.9, 61, 3723.4)] == [
        "0:00",
        "0:59",
        "1:01",
        "1:02:03",
    ]


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
