import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vidqa.errors import UsageError
from vidqa.media.cues import LONGEST_S, clean_line
from vidqa.media.languages import NAMES
from vidqa.media.words.code_pages import CODE_PAGES, code_page, guess_code_page
from vidqa.media.words.subtitle_file import read_subtitles
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
    ("language", "encoding", "said"),
    [
        ("ru", "cp1251", "Привет, мир"),
        ("ja", "cp932", "こんにちは"),
        ("zh", "gb18030", "你好"),
        ("pl", "cp1250", "zażółć gęślą"),
        ("de", "cp1252", "Grüße"),
        (None, "utf-16-le", "Hello there, who is it?"),
        (None, "utf-16-be", "Hello there, who is it?"),
        (None, "utf-32", "Hello"),
    ],
)
def test_old_encodings_are_guessed_by_the_language_and_said(
    tmp_path: Path, language: str | None, encoding: str, said: str
):
    path = tmp_path / "a.srt"
    path.write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n".encode(encoding))
    file = read_subtitles(path, language)
    assert [cue.text for cue in file.cues] == [said]
    assert len(file.warnings) == (encoding != "utf-32")


def test_old_encodings_are_those_of_python_and_of_real_languages():
    for page, languages in CODE_PAGES.items():
        "a".encode(page)
        assert set(languages.split()) <= set(NAMES)
    assert code_page("ru") == "cp1251"
    assert code_page("de") == "cp1252"


RUSSIAN = "Я не знаю, о чём ты говоришь.|Подожди меня здесь, я скоро вернусь.|Где ты был?"
LETTERS = {
    "Windows-1251": RUSSIAN,
    "KOI8-R": RUSSIAN,
    "CP866": RUSSIAN,
    "Windows-1253": "Δεν ξέρω για τι πράγμα μιλάς.|Περίμενέ με εδώ, θα γυρίσω σύντομα.|Πού ήσουν;",
    "Windows-1255": "אני לא יודע על מה אתה מדבר.|חכה לי כאן, אני אחזור בקרוב.|איפה היית כל הזמן?",
    "Windows-1256": "لا أعرف عما تتحدث.|انتظرني هنا، سأعود قريبا.|أين كنت طوال هذا الوقت؟",
    "CP874": "ฉันไม่รู้ว่าคุณกำลังพูดถึงอะไร|รอฉันที่นี่ เดี๋ยวฉันกลับมา|คุณไปอยู่ที่ไหนมา",
    "CP932": "何を言っているのか分からない。|ここで待っていて、すぐ戻るから。|どこにいたの?",
    "EUC-JP": "何を言っているのか分からない。|ここで待っていて、すぐ戻るから。|どこにいたの?",
    "GB18030": "我不知道你在说什么。|在这里等我，我很快回来。|这段时间你去哪儿了？",
    "BIG5": "我不知道你在說什麼。|在這裡等我，我很快回來。|這段時間你去哪兒了？",
    "CP949": "무슨 말을 하는지 모르겠어.|여기서 기다려, 금방 돌아올게.|그동안 어디에 있었어?",
    "Windows-1252": "À bientôt !|Où étais-tu passé tout ce temps ?|Hej då, hur mår du?",
}


@pytest.mark.parametrize(("name", "said"), LETTERS.items())
def test_where_no_language_is_told_old_encodings_are_guessed_by_the_letters(
    tmp_path: Path, name: str, said: str
):
    lines = [f"{line}\nok, John" for line in said.split("|")]
    cues = [f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}\n" for n, line in enumerate(lines)]
    path = write(tmp_path / "a.srt", "\n".join(cues), name.replace("Windows-", "cp"))
    file = read_subtitles(path)
    assert [cue.text for cue in file.cues] == [line.replace("\n", " ") for line in lines]
    assert file.warnings == (
        f"the subtitles {str(path)!r} are not UTF-8 and were read as {name}; "
        "--language says what they are in",
    )


@pytest.mark.parametrize("name", ["CP932", "Windows-1251", "Windows-1252"])
def test_of_a_large_file_in_an_old_encoding_some_is_enough(name: str):
    page = name.replace("Windows-", "cp").lower()
    content = LETTERS[name].encode(page)
    begun = time.perf_counter()
    assert guess_code_page((content + b"\n") * 200_000) == page
    assert guess_code_page(content + b"\n" + b"x" * 20_000_000) == page
    assert time.perf_counter() - begun < 10


ROLLING = """WEBVTT
Kind: captions

00:00:00.000 --> 00:00:02.000 align:start position:0%
\x20
the<00:00:00.400><c> cat</c>

00:00:02.000 --> 00:00:02.010 align:start position:0%
the cat
\x20

00:00:02.010 --> 00:00:04.000 align:start position:0%
the cat
is<00:00:02.500><c> here</c>

00:00:04.000 --> 00:00:04.010 align:start position:0%
is here
\x20

00:00:04.010 --> 00:00:06.000 align:start position:0%
is here
and there
"""


def test_captions_that_roll_up_are_read_once(tmp_path: Path):
    cues = read_subtitles(write(tmp_path / "a.vtt", ROLLING)).cues
    assert [cue.text for cue in cues] == ["the cat", "is here", "and there"]


def test_what_is_said_twice_is_read_twice(tmp_path: Path):
    text = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\nNo!\n\n" for n in range(1, 4))
    cues = read_subtitles(write(tmp_path / "a.srt", text)).cues
    assert [cue.text for cue in cues] == ["No!"] * 3


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


def srt(*cues: str) -> str:
    """Cues of a second each, as they stand in a file."""
    lines = enumerate(cues, start=1)
    return "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\n{text}" for n, text in lines)


BARE = "00:00:0{n},000 --> 00:00:0{n},500\n{text}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (srt("The answer is\n42\n"), ["The answer is 42"]),
        (srt("The answer is\n42\n\n", "7\n"), ["The answer is 42", "7"]),
        (srt("no blank line\n", "between\n"), ["no blank line", "between"]),
        (srt("\n", "7\n"), ["7"]),
        (srt("a blank line\n\nwithin\n\n", "7"), ["a blank line within", "7"]),
        (
            BARE.format(n=1, text="no counter, 9\n9\n\n") + BARE.format(n=3, text="7\n"),
            ["no counter, 9 9", "7"],
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\nThe answer is\n42\n\nNOTE no\n\nintro\n"
            "00:03.000 --> 00:04.000\n7\n",
            ["The answer is 42", "7"],
        ),
        (srt("The answer is\n42\n").replace("\n", "\r\n"), ["The answer is 42"]),
    ],
)
def test_a_number_is_left_out_only_where_it_counts_cues(tmp_path: Path, text: str, said: list[str]):
    path = tmp_path / "a.srt"
    path.write_bytes(text.encode())
    assert [cue.text for cue in read_subtitles(path).cues] == said


def test_a_sign_in_several_layers_is_read_once(tmp_path: Path):
    layers = "".join(
        f"Dialogue: {n},0:00:01.00,0:00:0{n + 3}.00,Default,,0,0,0,,{{\\blur{n}}}EXIT\n"
        for n in range(3)
    )
    cues = read_subtitles(write(tmp_path / "a.ass", ASS + layers)).cues
    assert cues == (Cue(1.0, 5.0, "EXIT"), Cue(2.0, 3.5, "Hello, world again"))


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "WEBVTT",
                "\n",
                "\r\n",
                "\n\n",
                "-->",
                "00:00:01,000 --> 00:00:02,000",
                "00:01.000 --> 00:02.000",
                "99:99:99.999",
                "[Script Info]",
                "[Events]",
                "[V4+ Styles]",
                "Format: Start, End, Text",
                "Format: Text, Start",
                "Format: ",
                "Dialogue: 0,0:00:02.00,0:00:03.50,Default,,0,0,0,,x",
                "Dialogue: ",
                "Style: a",
                "Comment: 0,",
                "<i>",
                "{\\p1}",
                "{\\an8",
                "&#0;",
                "&#xFFFFFFFF;",
                "&amp",
                "\x00",
                "<tt>",
                "<tt xmlns='http://www.w3.org/ns/ttml'>",
                "<body>",
                "<p begin='1s'>",
                "</p>",
                "</tt>",
                "{1}{2}x",
                "[1][2]x",
                "00:00:01:x",
                '{"events": []}',
                "1",
                "NOTE",
                '{"segments": []}',
                "<SAMI>",
                "<SYNC Start=1>",
                "PlayResX: x",
                "Fontsize: 1e999",
                "-1:00:00.00",
            ]
        ),
        st.text(max_size=20),
    ),
    max_size=12,
).map("".join)


@given(
    st.one_of(
        PIECES.map(lambda text: text.encode("utf-8", "surrogatepass")),
        PIECES.map(lambda text: text.encode("utf-16", "surrogatepass")),
        st.binary(max_size=300),
    ),
    st.sampled_from([None, "ru", "ja", "th"]),
)
@pytest.mark.filterwarnings("ignore:Failed to parse:RuntimeWarning")  # pysubs2, of styles
@example(b"00:00:01,000 --> 00:00:02,000\n&#55296;", None)
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_bytes_are_subtitles_or_refused(tmp_path: Path, content: bytes, language: str | None):
    path = tmp_path / "a.srt"
    path.write_bytes(content)
    try:
        cues = read_subtitles(path, language).cues
    except UsageError:
        return
    for cue in cues:
        assert 0 <= cue.start_s <= cue.end_s <= LONGEST_S
        assert cue.text == clean_line(cue.text) != ""
        cue.text.encode()
    assert [cue.start_s for cue in cues] == sorted(cue.start_s for cue in cues)


def test_an_ass_file_without_styles_is_read(tmp_path: Path):
    path = tmp_path / "a.ass"
    path.write_text(
        "[Script Info]\nTitle: x\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hello\n"
    )
    assert [cue.text for cue in read_subtitles(path).cues] == ["Hello"]


def test_an_empty_file_is_called_empty(tmp_path: Path):
    (tmp_path / "a.srt").touch()
    with pytest.raises(UsageError, match="are empty"):
        read_subtitles(tmp_path / "a.srt")
