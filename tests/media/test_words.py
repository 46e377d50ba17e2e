from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import encode_pictures, make_clip, picture_stream

from vidqa.errors import UsageError
from vidqa.media.probe import probe
from vidqa.media.words import find_words
from vidqa.types import Cue, VideoInfo, Words

PICTURES = range(0, 2000, 40)
SPOKEN = Words("speech", (Cue(0, 1, "spoken"),), "a model", ("a warning",))


def listen(path: Path, language: str | None) -> Words:
    return SPOKEN


def refuse(path: Path, language: str | None) -> Words:
    raise AssertionError("nobody should listen")


def srt(path: Path, text: str) -> Path:
    path.write_text(f"1\n00:00:00,500 --> 00:00:01,500\n{text}\n", encoding="utf-8")
    return path


def clip(folder: Path, *, sound: bool = True) -> VideoInfo:
    make_clip(folder / "clip.mp4", PICTURES, sound_s=2.0 if sound else 0.0)
    return probe(folder / "clip.mp4")


def clip_with_tracks(folder: Path, tracks: dict[str, str], late_ms: int = 0) -> VideoInfo:
    """A Matroska clip with one text track a language."""
    path = folder / "clip.mkv"
    with av.open(str(path), "w") as out:
        video = picture_stream(out)
        streams = []
        for language in tracks:
            stream = out.add_mux_stream("subrip")
            stream.metadata["language"] = language
            stream.time_base = Fraction(1, 1000)
            streams.append(stream)
        encode_pictures(out, video, [time + late_ms for time in PICTURES])
        for stream, text in zip(streams, tracks.values(), strict=True):
            packet = av.Packet(text.encode())
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = 500 + late_ms
            packet.duration = 1000
            out.mux(packet)
    return probe(path)


def test_off_means_off(tmp_path: Path):
    srt(tmp_path / "clip.srt", "beside")
    words = find_words(clip(tmp_path), subtitles="off", language=None, listen=refuse)
    assert words == Words("off")


def test_the_file_named_comes_first(tmp_path: Path):
    srt(tmp_path / "clip.srt", "beside")
    named = srt(tmp_path / "other.srt", "named")
    for given in (named, str(named)):
        words = find_words(clip(tmp_path), subtitles=given, language=None, listen=refuse)
        assert (words.source, words.detail) == ("file", str(named))
        assert words.cues == (Cue(0.5, 1.5, "named"),)


def test_a_bad_file_that_was_named_is_an_error(tmp_path: Path):
    (tmp_path / "bad.srt").write_text("no subtitles")
    with pytest.raises(UsageError, match=r"bad\.srt"):
        find_words(clip(tmp_path), subtitles=tmp_path / "bad.srt", language=None, listen=listen)


def test_a_named_file_without_words_is_no_reason_to_listen(tmp_path: Path):
    named = tmp_path / "empty.vtt"
    named.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n")
    words = find_words(clip(tmp_path), subtitles=named, language=None, listen=refuse)
    assert words.source == "none"
    assert "hold no words" in words.warnings[0]


def test_a_file_beside_the_clip_comes_second(tmp_path: Path):
    srt(tmp_path / "clip.en.srt", "beside")
    words = find_words(clip(tmp_path), subtitles="auto", language=None, listen=refuse)
    assert (words.source, words.cues[0].text) == ("sidecar", "beside")


def test_a_bad_file_beside_the_clip_is_passed_over_and_said(tmp_path: Path):
    (tmp_path / "clip.srt").write_text("no subtitles")
    words = find_words(clip(tmp_path), subtitles="auto", language=None, listen=listen)
    assert (words.source, words.cues) == ("speech", SPOKEN.cues)
    assert "clip.srt" in words.warnings[0]
    assert words.warnings[1:] == SPOKEN.warnings


def test_a_text_track_comes_third(tmp_path: Path):
    info = clip_with_tracks(tmp_path, {"eng": "<i>inside</i>,\nwith a comma"})
    words = find_words(info, subtitles="auto", language=None, listen=refuse)
    assert (words.source, words.cues) == ("track", (Cue(0.5, 1.5, "inside, with a comma"),))


def test_a_text_track_counts_from_the_first_picture_too(tmp_path: Path):
    info = clip_with_tracks(tmp_path, {"eng": "inside"}, late_ms=900)
    words = find_words(info, subtitles="auto", language=None, listen=refuse)
    assert words.cues == (Cue(0.5, 1.5, "inside"),)


def test_the_text_track_in_the_language_asked_for_is_read(tmp_path: Path):
    info = clip_with_tracks(tmp_path, {"eng": "hello", "fre": "bonjour"})
    for language, text in ((None, "hello"), ("en", "hello"), ("fr", "bonjour")):
        words = find_words(info, subtitles="auto", language=language, listen=refuse)
        assert [cue.text for cue in words.cues] == [text]


def test_speech_comes_last(tmp_path: Path):
    words = find_words(clip(tmp_path), subtitles="auto", language=None, listen=listen)
    assert words == SPOKEN


def test_without_sound_or_a_recogniser_there_are_no_words(tmp_path: Path):
    mute = clip(tmp_path, sound=False)
    assert find_words(mute, subtitles="auto", language=None, listen=refuse) == Words("none")
    loud = clip(tmp_path)
    assert find_words(loud, subtitles="auto", language=None, listen=None) == Words("none")
