from pathlib import Path

import pytest

from vidqa.errors import UsageError
from vidqa.media.subtitles import read_subtitles, sidecars
from vidqa.types import Cue

SRT = """1
00:00:05,000 --> 00:00:06,000
second

2
00:00:01,250 --> 00:00:02,500
<i>Hello</i> <font color="red">there</font>: a < b &amp; c
and {\\an8}so on

3
00:00:01,500 --> 00:00:03,000
overlapping

4
00:00:07,000 --> 00:00:08,000
<b> </b>

5
00:00:09,000 --> 00:00:08,000
backwards
"""

VTT = """WEBVTT - a title

NOTE nobody reads this

id 1
00:01.000 --> 00:02.000 align:start position:10%
<v Bob>Hi <c.yellow>you</c> &lt;3 <00:01.500>all

00:00:03.000 --> 00:00:04.000
- one
- two
"""

ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Sans,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not said
Dialogue: 0,0:00:02.00,0:00:03.50,Default,,0,0,0,,{\\pos(1,2)}Hello, {\\b1}world{\\b0}\\Nagain
Dialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,{\\p1}m 0 0 l 5 5{\\p0}
"""


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_srt_comes_clean_and_in_order(tmp_path: Path):
    assert read_subtitles(write(tmp_path / "a.srt", SRT)).cues == (
        Cue(1.25, 2.5, "Hello there: a < b & c and so on"),
        Cue(1.5, 3.0, "overlapping"),
        Cue(5.0, 6.0, "second"),
        Cue(9.0, 9.0, "backwards"),
    )


def test_vtt_comes_clean(tmp_path: Path):
    assert read_subtitles(write(tmp_path / "a.vtt", VTT)).cues == (
        Cue(1.0, 2.0, "Hi you <3 all"),
        Cue(3.0, 4.0, "- one - two"),
    )


def test_ass_comes_without_comments_and_drawings(tmp_path: Path):
    cues = read_subtitles(write(tmp_path / "a.ass", ASS)).cues
    assert cues == (Cue(2.0, 3.5, "Hello, world again"),)


def test_the_format_is_told_by_content_not_by_name(tmp_path: Path):
    assert len(read_subtitles(write(tmp_path / "a.txt", VTT)).cues) == 2


def test_control_characters_do_not_get_through(tmp_path: Path):
    text = "1\n00:00:01,000 --> 00:00:02,000\na\x1b[31mb\x07\u2028c\x00".replace("\x00", "\x9b")
    (cue,) = read_subtitles(write(tmp_path / "a.srt", text)).cues
    assert cue.text == "a [31mb c"


@pytest.mark.parametrize(
    ("encoding", "mark", "warned"),
    [
        ("utf-8", b"", False),
        ("utf-8", b"\xef\xbb\xbf", False),
        ("utf-16-le", b"\xff\xfe", False),
        ("utf-16-be", b"\xfe\xff", False),
        ("cp1252", b"", True),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, mark: bytes, warned: bool):
    path = tmp_path / "a.srt"
    path.write_bytes(mark + "1\n00:00:01,000 --> 00:00:02,000\nÀ bientôt !\n".encode(encoding))
    file = read_subtitles(path)
    assert [cue.text for cue in file.cues] == ["À bientôt !"]
    assert bool(file.warnings) == warned
    assert all("Windows-1252" in warning for warning in file.warnings)


@pytest.mark.parametrize(
    "content",
    [b"", b"just some text\n", b'{"a": 1}', bytes(range(256)), b"\xff\xfe\x00", b"\x81\x8d\x9d"],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "a.srt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"a\.srt"):
        read_subtitles(path)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no subtitle file"):
        read_subtitles(tmp_path / "missing.srt")
    with pytest.raises(UsageError, match="cannot be read"):
        read_subtitles(tmp_path)
    with (tmp_path / "film.srt").open("wb") as film:
        film.truncate(1 << 30)
    with pytest.raises(UsageError, match="too large"):
        read_subtitles(tmp_path / "film.srt")


def test_sidecars_are_found_by_name_and_language(tmp_path: Path):
    names = "clip.srt clip.VTT clip.en.srt clip.de.ass clip.pt-BR.srt clip.part2.srt clips.srt"
    for name in [*names.split(), "clip.mp4", "clip.txt"]:
        (tmp_path / name).touch()
    (tmp_path / "clip.fr.srt").mkdir()

    def found(language: str | None) -> list[str]:
        return [path.name for path in sidecars(tmp_path / "clip.mp4", language)]

    assert found(None) == ["clip.srt", "clip.VTT", "clip.en.srt", "clip.pt-BR.srt", "clip.de.ass"]
    assert found("de") == ["clip.de.ass", "clip.srt", "clip.VTT"]
    assert found("pt") == ["clip.pt-BR.srt", "clip.srt", "clip.VTT"]


def test_names_with_pattern_characters(tmp_path: Path):
    (tmp_path / "a[1]*.srt").touch()
    (tmp_path / "a1x.srt").touch()
    assert [path.name for path in sidecars(tmp_path / "a[1]*.mp4", None)] == ["a[1]*.srt"]
