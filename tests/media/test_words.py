from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from odd import Odd, Text
from PIL import Image

from clips import encode_pictures, make_clip, picture_stream
from vidqa.errors import ModelMissingError, NotAVideoError, UsageError
from vidqa.media.reader import Reader
from vidqa.media.speech.audio import AudioBlock
from vidqa.media.speech.device import Place
from vidqa.media.speech.recognizer import Heard, Recognizer
from vidqa.media.stretches import among_frames, for_words
from vidqa.media.words.finder import WordFinder
from vidqa.media.words.request import WordRequest
from vidqa.media.words.text_track import read_tracks
from vidqa.models.registry import find_speech
from vidqa.system.cache import Cache
from vidqa.types import Cue, Words
from vidqa.types.media_info import VideoInfo

PICTURES = range(0, 2000, 40)
SPOKEN = (Cue(0, 1, "spoken"), Cue(1, 2, "words"))


class Parrot(Recognizer):
    """Says the same of every sound, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(find_speech("whisper-base"), Path("nowhere"), Place("cpu", 1))
        self.asked: list[dict[str, Any]] = []

    def listen(self, blocks: Iterable[AudioBlock], **how: Any) -> Iterator[Cue | Heard]:
        for block in blocks:
            self.asked.append({**how, "start_s": block.start_s})
            yield from SPOKEN
            yield Heard(block.end_s, how["language"] or "en", ("a warning",))


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
def word_finder(reader: Reader, parrot: Parrot) -> WordFinder:
    return WordFinder(reader, parrot)


def srt(path: Path, text: str) -> Path:
    path.write_text(f"1\n00:00:00,500 --> 00:00:01,500\n{text}\n", encoding="utf-8")
    return path


def clip(folder: Path, *, sound: bool = True) -> Path:
    make_clip(folder / "clip.mp4", PICTURES, sound_s=2.0 if sound else 0.0)
    return folder / "clip.mp4"


def clip_with_tracks(folder: Path, tracks: dict[str, str], late_ms: int = 0) -> Path:
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
    return path


def texts(words: Words) -> list[str]:
    return [cue.text for cue in words.cues]


def test_off_means_off(tmp_path: Path, word_finder: WordFinder, parrot: Parrot):
    srt(tmp_path / "clip.srt", "beside")
    assert word_finder.words(clip(tmp_path), WordRequest("off")) == Words("off")
    assert not parrot.asked


def test_the_file_named_comes_first(tmp_path: Path, word_finder: WordFinder, parrot: Parrot):
    srt(tmp_path / "clip.srt", "beside")
    named = srt(tmp_path / "other.srt", "named")
    for given in (named, str(named)):
        words = word_finder.words(clip(tmp_path), WordRequest(given))
        assert (words.source, words.detail) == ("file", str(named))
        assert words.cues == (Cue(0.5, 1.5, "named"),)
    assert not parrot.asked


def test_a_bad_file_that_was_named_is_an_error(tmp_path: Path, word_finder: WordFinder):
    (tmp_path / "bad.srt").write_text("no subtitles")
    with pytest.raises(UsageError, match=r"bad\.srt"):
        word_finder.words(clip(tmp_path), WordRequest(tmp_path / "bad.srt"))


def test_a_named_file_without_words_is_no_reason_to_listen(
    tmp_path: Path, word_finder: WordFinder, parrot: Parrot
):
    named = tmp_path / "empty.vtt"
    named.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n")
    words = word_finder.words(clip(tmp_path), WordRequest(named))
    assert words.source == "none"
    assert "hold no words" in words.warnings[0]
    assert not parrot.asked


def test_a_file_beside_the_clip_comes_second(
    tmp_path: Path, word_finder: WordFinder, parrot: Parrot
):
    srt(tmp_path / "clip.en.srt", "beside")
    words = word_finder.words(clip(tmp_path), WordRequest())
    assert (words.source, texts(words)) == ("sidecar", ["beside"])
    assert not parrot.asked


def test_a_bad_file_beside_the_clip_is_passed_over_and_said(
    tmp_path: Path, word_finder: WordFinder
):
    (tmp_path / "clip.srt").write_text("no subtitles")
    words = word_finder.words(clip(tmp_path), WordRequest())
    assert (words.source, words.cues) == ("speech", SPOKEN)
    assert "clip.srt" in words.warnings[0]
    assert words.warnings[1:] == ("a warning",)


def test_a_text_track_comes_third(tmp_path: Path, word_finder: WordFinder, parrot: Parrot):
    path = clip_with_tracks(tmp_path, {"eng": "<i>inside</i>,\nwith a comma"})
    words = word_finder.words(path, WordRequest())
    assert (words.source, words.cues) == ("track", (Cue(0.5, 1.5, "inside, with a comma"),))
    assert words.detail == "text track 1 (eng)"
    assert not parrot.asked


def test_a_text_track_counts_from_the_first_picture_too(tmp_path: Path, word_finder: WordFinder):
    path = clip_with_tracks(tmp_path, {"eng": "inside"}, late_ms=900)
    assert word_finder.words(path, WordRequest()).cues == (Cue(0.5, 1.5, "inside"),)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (None, ["hello"]),
        ("en", ["hello"]),
        ("fr", ["bonjour"]),
        ("de", ["guten Tag"]),
        ("es", ["unknown"]),
    ],
)
def test_the_text_track_in_the_language_asked_for_is_read(
    tmp_path: Path, word_finder: WordFinder, language: str | None, said: list[str]
):
    tracks = {"eng": "hello", "fre": "bonjour", "ger": "guten Tag", "und": "unknown"}
    assert (
        texts(word_finder.words(clip_with_tracks(tmp_path, tracks), WordRequest("auto", language)))
        == said
    )


def test_a_track_in_another_language_is_no_reason_not_to_listen(
    tmp_path: Path, word_finder: WordFinder, parrot: Parrot
):
    make_clip(tmp_path / "a.mp4", PICTURES, sound_s=2.0)
    srt(tmp_path / "a.en.srt", "hello")
    words = word_finder.words(tmp_path / "a.mp4", WordRequest("auto", "fr"))
    assert (words.source, words.language) == ("speech", "fr")
    assert parrot.asked == [
        {"language": "fr", "task": "transcribe", "word_times": False, "start_s": 0.0}
    ]


def test_a_translation_is_read_only_from_what_is_marked_as_english(
    tmp_path: Path, word_finder: WordFinder, parrot: Parrot
):
    path = clip(tmp_path)
    srt(tmp_path / "clip.srt", "unknown")
    srt(tmp_path / "clip.de.srt", "deutsch")
    translated = WordRequest("auto", "de", "translate")
    assert word_finder.words(path, translated).source == "speech"
    assert parrot.asked == [
        {"language": "de", "task": "translate", "word_times": False, "start_s": 0.0}
    ]
    srt(tmp_path / "clip.en.srt", "english")
    assert texts(word_finder.words(path, translated)) == ["english"]


def test_little_that_is_read_is_no_reason_not_to_listen(
    tmp_path: Path, word_finder: WordFinder, parrot: Parrot
):
    path = clip(tmp_path)
    srt(tmp_path / "clip.srt", "!")
    words = word_finder.words(path, WordRequest())
    assert (words.source, words.cues) == ("speech", SPOKEN)
    assert "clip.srt" in words.warnings[0]
    srt(tmp_path / "clip.srt", "all that is said")
    assert word_finder.words(path, WordRequest()).source == "sidecar"
    assert len(parrot.asked) == 1


def test_little_that_is_read_is_kept_where_no_more_is_heard(
    tmp_path: Path, word_finder: WordFinder, parrot: Parrot, monkeypatch: pytest.MonkeyPatch
):
    path = clip(tmp_path)
    srt(tmp_path / "clip.srt", "!")
    monkeypatch.setattr(parrot, "listen", lambda blocks, **_: iter([Heard(2.0)]))
    assert word_finder.words(path, WordRequest()).source == "sidecar"


def test_little_that_is_read_is_said_where_nobody_can_listen(tmp_path: Path, reader: Reader):
    path = clip(tmp_path)
    srt(tmp_path / "clip.srt", "!")
    deaf = WordFinder(reader, None, missing=ModelMissingError("no ears"))
    words = deaf.words(path, WordRequest())
    assert words.source == "sidecar"
    assert "nobody could listen for more: no ears" in words.warnings[0]


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ((0.0, None), []), ((0.0, 2.0), []), ((0.0, 9.0), []), ((0.5, None), ["begins"]),
        ((0.5, 1.5), ["begins", "ends"]), ((0.0, 1.5), ["ends"]),
    ],
)  # fmt: skip
def test_a_stretch_that_cuts_speech_is_said(
    tmp_path: Path,
    word_finder: WordFinder,
    parrot: Parrot,
    monkeypatch: pytest.MonkeyPatch,
    window: tuple[float, float | None],
    said: list[str],
):
    heard = Heard(2.0, "en", speaks_at=(True, True))
    monkeypatch.setattr(parrot, "listen", lambda blocks, **_: iter([heard]))
    words = word_finder.words(clip(tmp_path), WordRequest("speech"), window)
    assert [warning.split()[2] for warning in words.warnings] == said


def test_little_that_is_read_beside_a_picture_is_all_there_is(
    tmp_path: Path, word_finder: WordFinder
):
    Image.new("RGB", (64, 48)).save(tmp_path / "clip.jpg")
    srt(tmp_path / "clip.srt", "!")
    assert word_finder.words(tmp_path / "clip.jpg", WordRequest()).source == "sidecar"


@pytest.mark.parametrize("how", [WordRequest(), WordRequest(language="de")])
def test_who_does_not_know_the_language_does_not_listen_for_more(
    tmp_path: Path,
    word_finder: WordFinder,
    parrot: Parrot,
    monkeypatch: pytest.MonkeyPatch,
    how: WordRequest,
):
    def refuse(language: str | None, _: str) -> None:
        if language == "de":
            raise UsageError("parrot only knows English")

    monkeypatch.setattr(parrot, "check", refuse)
    path = clip(tmp_path)
    srt(tmp_path / "clip.de.srt", "!")
    words = word_finder.words(path, how)
    assert (words.source, parrot.asked) == ("sidecar", [])
    assert "parrot only knows English" in words.warnings[0]


def test_an_empty_track_that_is_asked_for_is_called_so(tmp_path: Path, word_finder: WordFinder):
    film = Odd(texts=[Text([(0.0, 1.0, "one")]), Text([])]).write(tmp_path / "film.mkv")
    words = word_finder.words(film, WordRequest(text_track="2"))
    assert words.source == "none"
    assert "text track 2 holds no words" in words.warnings


def test_an_empty_track_hides_no_full_one(tmp_path: Path):
    talk = Text([(0.0, 1.9, "all that is said is here")])
    film = Odd(texts=[Text([], "eng"), talk]).write(tmp_path / "film.mkv")
    chosen = read_tracks(film, "en").chosen
    assert chosen is not None
    assert chosen.name == "2"


def test_a_cameras_readings_beside_a_clip_are_passed_over(tmp_path: Path, word_finder: WordFinder):
    path = clip(tmp_path)
    srt(tmp_path / "clip.srt", "[iso : 100] [shutter : 1/640.0] [fnum : 280] [ev : 0] [ct : 5316]")
    words = word_finder.words(path, WordRequest())
    assert words.source == "speech"
    assert "a camera's readings" in words.warnings[0]
    named = word_finder.words(path, WordRequest(tmp_path / "clip.srt"))
    assert named.source == "file", "whoever names it gets it"
    assert "a camera's readings" in named.warnings[0]


def test_a_text_track_and_other_subtitles_exclude_each_other():
    with pytest.raises(UsageError, match="exclude each other"):
        WordRequest.parse("speech", None, "transcribe", text_track="2")
    assert WordRequest.parse("auto", "auto", "transcribe").language is None
    assert WordRequest.parse("auto", "English", "transcribe").language == "en"


def test_words_are_moved_beside_frames():
    info = VideoInfo(Path("a"), 2.0, 64, 64, "h264", "mov", 0, has_audio=True, lead_s=6.0)
    assert for_words((0.0, 2.0), info) == (0.0, 8.0)
    assert for_words((1.0, None), info) == (7.0, None)
    words = Words("speech", (Cue(1.0, 2.0, "early"), Cue(5.5, 6.5, "both"), Cue(7.0, 7.5, "late")))
    assert among_frames(words, info).cues == (
        Cue(0.0, 0.0, "early"),
        Cue(0.0, 0.5, "both"),
        Cue(1.0, 1.5, "late"),
    )


def test_speech_can_be_asked_for(tmp_path: Path, word_finder: WordFinder):
    srt(tmp_path / "clip.srt", "beside")
    words = word_finder.words(clip(tmp_path), WordRequest("speech"))
    assert words == Words("speech", SPOKEN, "whisper-base", ("a warning",), "en")


def test_events_end_with_the_words(tmp_path: Path, word_finder: WordFinder):
    *cues, heard, words = word_finder.stream(clip(tmp_path), WordRequest())
    assert tuple(cues) == SPOKEN
    assert isinstance(heard, Heard)
    assert isinstance(words, Words)
    srt(tmp_path / "clip.srt", "beside")
    cue, words = word_finder.stream(tmp_path / "clip.mp4", WordRequest())
    assert words == Words("sidecar", (cue,), str(tmp_path / "clip.srt"))


def test_what_was_heard_is_kept_whatever_was_looked_for_before(
    tmp_path: Path, reader: Reader, parrot: Parrot
):
    word_finder = WordFinder(reader, parrot, cache=Cache(tmp_path / "cache"))
    path = clip(tmp_path)
    heard = word_finder.words(path, WordRequest())
    assert word_finder.words(path, WordRequest("speech")) == heard
    assert word_finder.words(path, WordRequest()) == heard
    assert len(parrot.asked) == 1
    word_finder.words(path, WordRequest("speech"), (0.5, None))
    word_finder.words(path, WordRequest("speech", language="de"))
    assert len(parrot.asked) == 3
    srt(tmp_path / "clip.srt", "beside")
    assert texts(word_finder.words(path, WordRequest())) == ["beside"]
    assert word_finder.words(path, WordRequest("speech")) == heard


def test_only_what_is_said_within_the_window_counts(
    tmp_path: Path, word_finder: WordFinder, parrot: Parrot
):
    path = clip(tmp_path)
    assert word_finder.words(path, WordRequest(), (1.0, 1.5)).source == "speech"
    assert parrot.asked[0]["start_s"] == 1.0
    srt(tmp_path / "clip.srt", "beside")
    for window, count in {(0.0, None): 1, (1.4, None): 1, (0.0, 0.5): 0, (1.5, 2.0): 0}.items():
        words = word_finder.words(path, WordRequest(), window)
        assert len(words.cues) == count
        assert words.source == ("sidecar" if count else "none")


def test_without_sound_or_a_recogniser_there_are_no_words(
    tmp_path: Path, reader: Reader, word_finder: WordFinder, parrot: Parrot
):
    assert word_finder.words(clip(tmp_path, sound=False), WordRequest()).source == "none"
    assert not parrot.asked
    assert WordFinder(reader, None).words(clip(tmp_path), WordRequest()) == Words("none")


def test_a_clip_that_cannot_be_read_is_an_error(tmp_path: Path, word_finder: WordFinder):
    (tmp_path / "clip.mp4").write_text("no clip")
    with pytest.raises(NotAVideoError):
        word_finder.words(tmp_path / "clip.mp4", WordRequest())


@pytest.mark.slow
def test_subtitles_that_are_a_trap_are_passed_over(tmp_path: Path, word_finder: WordFinder):
    path = clip(tmp_path)
    srt(tmp_path / "clip.srt", "<a" * 4_000_000)
    words = word_finder.words(path, WordRequest())
    assert words.source == "speech"
    assert "passed over" in words.warnings[0]


def test_a_missing_recogniser_matters_only_where_there_is_something_to_hear(
    reader: Reader, tmp_path: Path
) -> None:
    word_finder = WordFinder(
        reader, None, missing=ModelMissingError("no recogniser", hint="pull one")
    )
    silent, sounding = tmp_path / "silent.mp4", tmp_path / "sounding.mp4"
    make_clip(silent, [0, 40])
    make_clip(sounding, [0, 40], sound_s=0.5)
    assert word_finder.words(silent, WordRequest()) == Words("none")
    assert word_finder.words(sounding, WordRequest("off")) == Words("off")
    with pytest.raises(ModelMissingError, match="no recogniser"):
        word_finder.words(sounding, WordRequest())
