from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidqa.errors import UsageError
from vidqa.media.words.subtitle_file import read_subtitles
from vidqa.media.words.ttml import TtmlError, read_ttml
from vidqa.types import Cue

FILE = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" xml:lang="en">
  <head><metadata><ttm:title>not said</ttm:title></metadata></head>
  <body>
    <div>
      <p begin="00:00:05.000" end="00:00:06.000">second</p>
      <p begin="00:00:01.250" end="00:00:02.500"><ttm:desc>not said</ttm:desc>
        <span>Hello</span><br/>a &lt; b &amp; c</p>
      <p begin="00:00:09.000" end="00:00:10.000">  </p>
    </div>
  </body>
</tt>
"""


def wrapped(body: str, root: str = "", inner: str = "") -> str:
    return (
        f'<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
        f"{root}><body {inner}><div>{body}</div></body></tt>"
    )


def test_a_file_comes_clean_and_in_order(tmp_path: Path):
    (tmp_path / "a.ttml").write_text(FILE)
    assert read_subtitles(tmp_path / "a.ttml").cues == (
        Cue(1.25, 2.5, "Hello a < b & c"),
        Cue(5.0, 6.0, "second"),
    )


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("00:01:02", 62.0), ("01:00:00.5", 3600.5), ("00:00:01:12", 1.5), ("100:00:00", 360000.0),
        ("1.5h", 5400.0), ("2m", 120.0), ("3s", 3.0), ("3.25s", 3.25), ("250ms", 0.25),
        ("48f", 2.0), ("20000000t", 2.0),
    ],
)  # fmt: skip
def test_every_way_to_write_a_time(time: str, seconds: float):
    root = 'ttp:frameRate="24" ttp:tickRate="10000000"'
    assert read_ttml(wrapped(f'<p begin="{time}" dur="1s">x</p>', root)) == [
        (seconds, seconds + 1, "x")
    ]


def test_frames_of_film_last_a_little_longer():
    root = 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"'
    ((begin_s, _, _),) = read_ttml(wrapped('<p begin="24f" dur="1s">x</p>', root))
    assert begin_s == pytest.approx(1.001)


def test_times_add_up_and_end_with_their_parents():
    body = '<p begin="1s" end="3s">a</p><p begin="4s" end="9s">b</p>'
    assert read_ttml(wrapped(body, inner='begin="10s" end="16s"')) == [
        (11.0, 13.0, "a"),
        (14.0, 16.0, "b"),
    ]


def test_elements_in_sequence_follow_each_other():
    body = '<div timeContainer="seq"><p dur="2s">a</p><p dur="3s">b</p></div>'
    assert read_ttml(wrapped(body)) == [(0.0, 2.0, "a"), (2.0, 5.0, "b")]


def test_spans_may_have_times_of_their_own():
    body = (
        '<p><span begin="1s" end="2s">a <span>b</span></span><span begin="3s" end="4s">c</span></p>'
    )
    assert read_ttml(wrapped(body)) == [(1.0, 2.0, "a b"), (3.0, 4.0, "c")]


def test_older_namespaces_and_prefixes_are_read():
    text = (
        '<x:tt xmlns:x="http://www.w3.org/2006/10/ttaf1"><x:body><x:div>'
        '<x:p begin="1s" end="2s">old</x:p></x:div></x:body></x:tt>'
    )
    assert read_ttml(text) == [(1.0, 2.0, "old")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1251"])
def test_the_file_knows_its_encoding(tmp_path: Path, encoding: str):
    said = "Привет" if encoding == "windows-1251" else "À bientôt"
    text = wrapped(f'<p begin="1s" end="2s">{said}</p>')
    declared = f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'
    (tmp_path / "a.ttml").write_bytes(declared.encode(encoding))
    assert [cue.text for cue in read_subtitles(tmp_path / "a.ttml").cues] == [said]


def test_bombs_and_outside_files_are_refused(tmp_path: Path):
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    for declared in (f'<!ENTITY l0 "lol">{laughs}', '<!ENTITY l9 SYSTEM "file:///etc/passwd">'):
        text = f"<!DOCTYPE tt [{declared}]>" + wrapped('<p begin="1s" end="2s">&l9;</p>')
        (tmp_path / "a.ttml").write_text(text)
        with pytest.raises(UsageError, match="entities"):
            read_subtitles(tmp_path / "a.ttml")
    (tmp_path / "a.ttml").write_text("<tt>" + "<div>" * 100_000)
    with pytest.raises(UsageError, match="nested too deeply"):
        read_subtitles(tmp_path / "a.ttml")


@pytest.mark.parametrize("text", ["<tt>", "<tt><p>", "<html></html>", "<tt></tt><tt></tt>", "tt"])
def test_what_is_not_well_formed_is_refused(text: str):
    with pytest.raises(TtmlError):
        read_ttml(text)


TIME = st.one_of(
    st.from_regex(r"[0-9]{1,30}(\.[0-9]{1,5})?(h|m|s|ms|f|t|x)?", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}:[0-9]{1,2}:[0-9]{1,2}([.:][0-9]{1,4})?", fullmatch=True),
    st.sampled_from(["", "-1s", "nan", "inf", "1e999s", "wallclock()"]),
)


@given(TIME, TIME, TIME, TIME, st.sampled_from(["seq", "par", "", "x"]))
def test_no_time_is_too_odd(begin: str, end: str, duration: str, rate: str, container: str):
    root = f'ttp:frameRate="{rate}" ttp:tickRate="{duration}" ttp:frameRateMultiplier="{end} 7"'
    body = f'<p begin="{begin}" end="{end}"><span begin="{end}" dur="{duration}">b</span>a</p>'
    text = wrapped(body, root, f'timeContainer="{container}" begin="{duration}"')
    assert all(begin_s <= end_s for begin_s, end_s, _ in read_ttml(text))
