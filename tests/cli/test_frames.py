"""`vidqa frames`: the sheet, the single frames, the list, and what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clips import WIDTH, make_clip, read_number
from vidqa.cli.app import run
from vidqa.tasks.preview.contact_sheet import ContactSheet
from vidqa.tasks.preview.font import Lettering
from vidqa.types import Frame, Segment

SUBTITLES = """1
00:00:00,100 --> 00:00:00,400
the caf\u00e9 in \u4e2d\u56fd
"""


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40))
    return tmp_path / "clip.mp4"


@pytest.fixture
def with_words(clip: Path) -> Path:
    clip.with_suffix(".srt").write_text(SUBTITLES)
    return clip


Capture = pytest.CaptureFixture[str]


def test_a_pipe_gets_a_line_a_frame(with_words: Path, tmp_path: Path, capsys: Capture) -> None:
    folder, sheet = tmp_path / "new" / "frames", tmp_path / "sheet.png"
    command = ["frames", str(with_words), "--save", str(folder), "-o", str(sheet), "--frames", "2"]
    assert run(command) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "time_s\tfile\twords",
        f"0.480\t{folder}/0.480.png\tthe caf\u00e9 in \u4e2d\u56fd",
        f"1.480\t{folder}/1.480.png\t-",
    ]
    assert "2 frames, 4 words (sidecar" in err
    assert "warning: the font lacks \u00e9 \u4e2d \u56fd: on the sheet" in err
    numbers = [read_number(np.asarray(Image.open(file))) for file in sorted(folder.iterdir())]
    assert numbers == [12, 37]
    with Image.open(sheet) as image:
        assert image.format == "PNG"
        assert image.width > 2 * WIDTH


def test_json_is_one_object(with_words: Path, tmp_path: Path, capsys: Capture) -> None:
    sheet = tmp_path / "sheet.png"
    assert run(["frames", str(with_words), "-o", str(sheet), "--sample", "fps:1", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert list(record) == [
        "schema_version", "video", "fingerprint", "model", "recipe", "sample", "duration_s",
        "sheet", "frames", "words_source", "words_used", "words_dropped", "decoder", "warnings",
    ]  # fmt: skip
    assert [one["time_s"] for one in record["frames"]] == [0, 1]
    assert record["frames"][0]["file"] is None
    assert (record["sample"], record["sheet"]) == ("fps:1", str(sheet))


def test_quiet_says_nothing_more(clip: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["frames", str(clip), "-o", str(tmp_path / "a.png"), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_what_is_there_stays(clip: Path, tmp_path: Path, capsys: Capture) -> None:
    sheet, folder = tmp_path / "sheet.png", tmp_path / "frames"
    sheet.write_text("mine")
    assert run(["frames", str(clip), "-o", str(sheet)]) == 2
    assert sheet.read_text() == "mine"
    assert "is there already" in capsys.readouterr().err
    assert run(["frames", str(clip), "-o", str(sheet), "--force", "--save", str(folder)]) == 0
    assert Image.open(sheet).format == "PNG"
    assert run(["frames", str(clip), "--save", str(folder)]) == 2
    assert "holds frames already" in capsys.readouterr().err
    assert run(["frames", str(clip), "--save", str(folder), "--force"]) == 0


def test_other_files_in_the_folder_do_not_matter(clip: Path, tmp_path: Path) -> None:
    assert run(["frames", str(clip), "--save", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("*.png"))) == 8


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["-o", "sheet.jpg"], "only PNG"),
        (["--save", "clip.mp4"], "is a file"),
        (["-o", "clip.mp4/sheet.png"], "cannot be written"),
        (["-o", "a.png", "--sample", "random"], "--sample 'random'"),
        (["-o", "a.png", "--start", "9"], "--start 9 lies outside"),
        (["--start", "12:30"], "--start 12:30 lies outside"),
        (["--start", "0:02", "--end", "1"], "--end 1 does not come after --start 2"),
        (["--frames", "20000000"], "--frames"),
        (["-o", "a.png", "--model", "nope"], "no model is called 'nope'"),
        (["-o", "a.png", "--font", "clip.mp4"], "is not a font"),
        (["-o", "a.png", "--frames", "0"], "--frames"),
    ],
)
def test_senseless_commands(
    clip: Path, words: list[str], part: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clip.parent)
    assert run(["frames", "clip.mp4", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, "Traceback" in err) == ("", False)
    assert part in err
    assert sorted(one.name for one in clip.parent.glob("*")) == ["clip.mp4", "home"]


def test_without_a_place_for_pictures_they_are_listed(clip: Path, capsys: Capture) -> None:
    assert run(["frames", str(clip), "--frames", "2"]) == 0
    out, err = capsys.readouterr()
    assert [line.split("\t")[1] for line in out.splitlines()] == ["file", "-", "-"]
    assert "2 frames" in err
    assert "->" not in err


def test_a_bad_clip(tmp_path: Path, capsys: Capture) -> None:
    assert run(["frames", "none.mp4", "-o", str(tmp_path / "a.png"), "--json"]) == 10
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["kind"] == "no_such_file"
    assert "\nerror: " in err
    assert not (tmp_path / "a.png").exists()


def test_speech_without_its_model_is_told(tmp_path: Path, capsys: Capture) -> None:
    make_clip(tmp_path / "loud.mp4", range(0, 2000, 40), sound_s=2)
    command = ["frames", str(tmp_path / "loud.mp4"), "-o", str(tmp_path / "a.png")]
    assert run([*command, "--save", str(tmp_path / "f")]) == 20
    assert not (tmp_path / "f").exists(), "nothing is written before all is known"
    assert "hint: vidqa models pull starter" in capsys.readouterr().err
    assert run([*command, "--subtitles", "off"]) == 0


def test_no_model_and_no_torch_is_loaded(with_words: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from vidqa.cli.app import run; status = run(sys.argv[1:]); "
        "print(status, {'torch', 'transformers', 'faster_whisper', 'decord'} & set(sys.modules))"
    )
    command = ["frames", str(with_words), "-o", str(tmp_path / "a.png")]
    done = subprocess.run(
        [sys.executable, "-c", program, *command], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 set()"


@pytest.mark.parametrize("count", [1, 2, 7, 40, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("size", [(64, 36), (1080, 1920), (1920, 80), (2, 2)])
def test_a_sheet_of_any_frames_can_be_looked_at(count: int, size: tuple[int, int]) -> None:
    width, height = size
    sheet = ContactSheet()
    for number in range(count):
        sheet.add(Frame(float(number), np.full((height, width, 3), number % 256, np.uint8)))
    drawn = sheet.draw([Segment(float(number), "some words " * 30) for number in range(count)])
    assert drawn.width <= 3900
    assert drawn.width * drawn.height < 60_000_000


def test_a_sheet_shows_each_frame_once(tmp_path: Path) -> None:
    sheet = ContactSheet()
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    for number, colour in enumerate(colours):
        sheet.add(Frame(float(number), np.full((60, 80, 3), colour, np.uint8)))
    pixels = np.asarray(sheet.draw([Segment(float(number), "") for number in range(3)]))
    for colour in colours:
        assert (pixels == colour).all(-1).sum() == 80 * 60


def test_lines_fit_and_end_in_dots() -> None:
    lettering = Lettering(14)
    lines = lettering.lines("word " * 200, 200, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("...")
    assert all(lettering.font.getlength(line) <= 200 for line in lines)
    assert lettering.lines("", 200, 3) == []
    assert lettering.lines("short", 200, 3) == ["short"]
    assert "".join(lettering.lines("x" * 60, 200, 9)) == "x" * 60


def test_missing_letters_are_written_otherwise_and_told() -> None:
    lettering = Lettering(14)
    assert lettering.writable("plain words!") == "plain words!"
    assert lettering.complaints() == ()
    assert lettering.writable("\u017a\u00f3\u0142 \u4f60") == "zo\\u0142 \\u4f60"
    assert "\u017a \u00f3 \u0142 \u4f60" in lettering.complaints()[0]
