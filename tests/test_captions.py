"""What is written can be read back."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vidqa.media.cues import clean_line
from vidqa.media.words.subtitle_file import read_subtitles
from vidqa.tasks.transcribe.caption_formats import (
    FORMATS,
    SHORTEST_S,
    Captions,
    Format,
)
from vidqa.types import Cue, Words

SAID = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<>{}\\&"), min_size=1
)
MARKUP = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1)


def cues_of(text: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Cue, ...]]:
    """Cues in order of time, none like another: what is shown twice at a time is one cue."""
    rows = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6), text), max_size=8)
    return rows.map(_in_order)


def _in_order(rows: list[tuple[int, int, str]]) -> tuple[Cue, ...]:
    cues: list[Cue] = []
    begin_ms = 0
    for gap_ms, length_ms, text in rows:
        begin_ms += gap_ms
        line = clean_line(text)
        if line and all(one.text != line for one in cues):
            cues.append(Cue(begin_ms / 1000, (begin_ms + length_ms) / 1000, line))
    return tuple(cues)


def written(cues: tuple[Cue, ...], form: Format) -> str:
    captions = Captions(form, "a.mp4")
    words = Words("speech", cues, "a model", ("hm",), "en")
    return "".join([captions.begin(), *map(captions.cue, cues), captions.end(words)])


def shown(cues: tuple[Cue, ...]) -> tuple[Cue, ...]:
    """No cue is shorter than can be shown."""
    return tuple(
        Cue(one.start_s, round(max(one.end_s, one.start_s + SHORTEST_S), 3), one.text)
        for one in cues
    )


quick = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


@given(cues_of(SAID))
@quick
def test_srt_is_read_back(tmp_path: Path, cues: tuple[Cue, ...]):
    if not cues:
        return
    (tmp_path / "a.srt").write_text(written(cues, "srt"), encoding="utf-8", newline="\n")
    assert read_subtitles(tmp_path / "a.srt").cues == shown(cues)


@given(cues_of(SAID))
@quick
def test_vtt_is_read_back(tmp_path: Path, cues: tuple[Cue, ...]):
    (tmp_path / "a.vtt").write_text(written(cues, "vtt"), encoding="utf-8", newline="\n")
    assert read_subtitles(tmp_path / "a.vtt").cues == shown(cues)


@given(cues_of(MARKUP))
def test_no_text_can_end_a_cue_or_begin_another(cues: tuple[Cue, ...]):
    for form in ("srt", "vtt"):
        blocks = written(cues, form).removeprefix("WEBVTT\n\n").split("\n\n")
        assert len(blocks) == len(cues) + 1
        assert all(block.count("-->") == 1 for block in blocks[:-1])


@given(cues_of(MARKUP))
def test_json_is_read_back(cues: tuple[Cue, ...]):
    *lines, last = [json.loads(line) for line in written(cues, "json").splitlines()]
    assert [Cue(one["start_s"], one["end_s"], one["text"]) for one in lines] == list(cues)
    assert last == {
        "schema_version": 1,
        "video": "a.mp4",
        "words_source": "speech",
        "words_from": "a model",
        "language": "en",
        "cues": len(cues),
        "warnings": ["hm"],
    }


def test_plain_text_is_a_line_a_cue():
    assert written((Cue(0, 1, "one"), Cue(1, 2, "two")), "txt") == "one\ntwo\n"


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_said_is_still_a_file_of_its_format(form: Format):
    text = written((), form)
    assert text == {"txt": "", "srt": "", "vtt": "WEBVTT\n\n", "json": text}[form]
