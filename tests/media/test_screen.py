"""Text in the pictures: read, followed from look to look, put among the words."""

import socket
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from captioned import captioned, drawn

from vidqa.errors import DecoderError, UsageError
from vidqa.media.frames.read import FrameReport
from vidqa.media.reader import Reader
from vidqa.media.screen import look, recognizer
from vidqa.media.screen.follow import Look, cues_of
from vidqa.media.screen.look import FIRST, MOST, OnScreen, ScreenReader, moments
from vidqa.media.screen.recognizer import TextLine, TextRecognizer, text_recognizer
from vidqa.media.speech.recognizer import Heard
from vidqa.media.words.finder import WordFinder
from vidqa.media.words.on_screen import with_screen
from vidqa.media.words.request import WordRequest
from vidqa.system.cache import Cache
from vidqa.types import Cue, Frame, Words
from vidqa.types.media_info import VideoInfo


def line(text: str, *, top: float = 0.8, left: float = 0.1, score: float = 0.95) -> TextLine:
    return TextLine(text, score, left, top, left + 0.5, top + 0.05)


def shown(*looks: Sequence[TextLine]) -> list[tuple[float, float, str]]:
    """Follow the lines of looks in the middles of seconds."""
    every = [Look(number + 0.5, tuple(lines)) for number, lines in enumerate(looks)]
    cues = cues_of(every, (0.0, float(len(looks))))
    assert all(cue.on_screen for cue in cues)
    return [(cue.start_s, cue.end_s, cue.text) for cue in cues]


def test_text_is_read_and_a_picture_without_any_holds_none() -> None:
    lines = text_recognizer().lines(drawn("Platform 9 opens at noon.", "Größe: 24 m²"))
    assert [one.text for one in lines] == ["Platform 9 opens at noon.", "Größe: 24 m²"]
    assert lines[1].is_below(lines[0])
    assert not lines[0].is_below(lines[1])
    assert lines[0].top == pytest.approx(30 / 360, abs=0.05)
    assert text_recognizer().lines(drawn()) == ()
    assert text_recognizer().lines(np.zeros((1, 1, 3), np.uint8)) == ()


def test_nothing_is_looked_for_in_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    called = list[object]()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words, **_: called.append(words))
    monkeypatch.setattr(socket.socket, "connect", lambda *words: called.append(words))
    fresh = TextRecognizer()
    assert [one.text for one in fresh.lines(drawn("Alone"))] == ["Alone"]
    assert not called


def test_threads_that_ask_at_once_get_one_recognizer(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[int]()

    class Slow:
        def __init__(self) -> None:
            time.sleep(0.05)
            made.append(1)

    monkeypatch.setattr(recognizer, "TextRecognizer", Slow)
    recognizer._made.cache_clear()
    try:
        with ThreadPoolExecutor(4) as pool:
            got = list(pool.map(lambda _: text_recognizer(), range(4)))
    finally:
        recognizer._made.cache_clear()
    assert len(made) == len(set(map(id, got))) == 1


def test_a_caption_that_stays_is_one_cue() -> None:
    text = [line("Good evening")]
    assert shown([], text, text, text, []) == [(1.0, 4.0, "Good evening")]
    assert shown(text, text) == [(0.0, 2.0, "Good evening")]


def test_a_caption_that_is_missed_or_misread_once_is_still_one() -> None:
    one, wrong = (
        line("Good evening, and welcome"),
        line("Gcod evening, and welcome"),
    )
    assert shown([one], [], [], [one]) == [(0.0, 4.0, one.text)]
    assert shown([one], [], [], [], [one]) == [(0.0, 1.0, one.text), (4.0, 5.0, one.text)]
    unsure = replace(wrong, score=0.91)
    assert shown([unsure], [one], [unsure]) == [(0.0, 3.0, one.text)]


def test_other_texts_at_the_same_place_are_other_cues() -> None:
    assert shown([line("Room 12")], [line("Room 13")]) == [
        (0.0, 1.0, "Room 12"), (1.0, 2.0, "Room 13"),
    ]  # fmt: skip
    told = shown([line("He opens the red door")], [line("She opens the old door")])
    assert [text for *_, text in told] == ["He opens the red door", "She opens the old door"]


def test_a_text_that_only_begins_like_another_is_another() -> None:
    for one, other in (("Room 1", "Room 12"), ("No", "Nobody came"), ("Nobody came", "No one")):
        told = shown([line(one)], [line(one)], [line(other)], [line(other)])
        assert [text for *_, text in told] == [one, other]
    cut = shown(
        [line("Platform nine opens")], [line("Platform nine")], [line("Platform nine opens")]
    )
    assert cut == [(0.0, 3.0, "Platform nine opens")]


def test_text_that_is_typed_letter_by_letter_is_one_cue() -> None:
    assert shown([line("Wel")], [line("Welcome ba")], [line("Welcome back")]) == [
        (0.0, 3.0, "Welcome back")
    ]


def test_a_running_number_is_one_cue() -> None:
    clock = [[line(f"00:0{second}")] for second in range(6)]
    assert shown(*clock) == [(0.0, 6.0, "00:00 … 00:05")]
    score = [[line(f"{goals} : 0")] for goals in (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3)]
    assert [text for *_, text in shown(*score)] == [f"{goals} : 0" for goals in range(4)]
    titles = [[line(f"Chapter {number // 5}")] if number % 5 == 0 else [] for number in range(20)]
    assert [text for *_, text in shown(*titles)] == [f"Chapter {number}" for number in range(4)]


def test_patterns_that_look_like_a_letter_are_no_text() -> None:
    assert shown([line("O")], [line("O")]) == []
    assert shown([line("IX")], [], []) == []
    assert shown([line("IX")], [line("IX")]) == [(0.0, 2.0, "IX")]


def test_lines_that_belong_together_are_told_together() -> None:
    first, second = line("He said that he", top=0.80), line("would come back.", top=0.87)
    title = line("News", top=0.1)
    assert shown([second, first, title]) == [(0.0, 1.0, "News / He said that he would come back.")]
    assert shown([title, first, second], [title]) == [
        (0.0, 1.0, "He said that he would come back."), (0.0, 2.0, "News"),
    ]  # fmt: skip


def test_a_frame_a_second_is_looked_at() -> None:
    assert moments(0.0, 4.0, None) == [0.5, 1.5, 2.5, 3.5]
    assert moments(2.0, 4.9, None) == pytest.approx([2.725, 4.175])
    assert moments(0.0, 0.04, None) == [0.02]
    assert len(moments(0.0, 1000.0, MOST)) == MOST


class Looking(ScreenReader):
    """Counts the frames that are looked at."""

    def __init__(self, reader: Reader, cache: Cache | None = None) -> None:
        super().__init__(reader, cache)
        self.count = 0

    def _looks(self, info: Any, times_s: Sequence[float]) -> Generator[Look]:
        for one in super()._looks(info, times_s):
            self.count += 1
            yield one


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "captions.mp4"
    return captioned(path, (4, ""), (3, "The first caption"), (3, "The second one"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return captioned(tmp_path_factory.mktemp("films") / "bare.mp4", (20, ""))


def test_captions_are_read_with_their_times(film: Path, reader: Reader) -> None:
    found = ScreenReader(reader).read(film, "on")
    assert [cue.text for cue in found.cues] == ["The first caption", "The second one"]
    assert [cue.start_s for cue in found.cues] == pytest.approx([4, 7], abs=0.5)
    assert [cue.end_s for cue in found.cues] == pytest.approx([7, 10], abs=0.5)
    assert not found.warnings
    part = ScreenReader(reader).read(film, "on", (0.0, 5.0))
    assert [(cue.text, cue.end_s) for cue in part.cues] == [("The first caption", 5.0)]
    assert ScreenReader(reader).read(film, "off") == OnScreen()


def test_auto_looks_at_few_frames_where_they_hold_no_text(
    bare: Path, film: Path, reader: Reader
) -> None:
    without, every, auto = Looking(reader), Looking(reader), Looking(reader)
    assert without.read(bare, "auto") == OnScreen()
    assert without.count == FIRST
    assert every.read(bare, "on") == OnScreen()
    assert every.count == 20
    assert auto.read(film, "auto") == ScreenReader(reader).read(film, "on")
    assert auto.count == 4 + 10  # the fourth of the first ones holds text


def test_looking_seldom_is_said(film: Path, reader: Reader, monkeypatch: Any) -> None:
    monkeypatch.setattr(look, "MOST", 4)
    (warning,) = ScreenReader(reader).read(film, "auto").warnings
    assert "looked for every 2.5 s" in warning


def test_what_was_read_is_kept(film: Path, reader: Reader, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    first, second = Looking(reader, cache), Looking(reader, cache)
    found = first.read(film, "on")
    assert second.read(film, "on") == found
    assert (first.count, second.count) == (10, 0)
    assert [entry.kind for entry in cache.entries()] == ["screen"]
    second.read(film, "on", (0.0, 5.0))
    assert second.count == 5


def test_pictures_that_cannot_be_read_are_said_and_an_error_if_asked_for(
    film: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DecoderError("it hangs")

    monkeypatch.setattr(reader, "frames", fail)
    assert ScreenReader(reader).read(film, "auto").warnings == (
        "no text in the pictures was read: it hangs",
    )
    with pytest.raises(DecoderError):
        ScreenReader(reader).read(film, "on")


def test_without_its_library_auto_reads_nothing_and_says_so(
    film: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    recognizer._made.cache_clear()
    (warning,) = ScreenReader(reader).read(film, "auto").warnings
    assert warning.startswith("no text in the pictures was read: text in pictures is read with")
    with pytest.raises(UsageError, match="rapidocr"):
        ScreenReader(reader).read(film, "on")


class Sparse(Reader):
    """A clip of 30 s with a picture at the beginning and another after 21 s."""

    def probe(self, path: Path) -> VideoInfo:
        return VideoInfo(path, 30.0, 640, 360, "h264", "mp4", 0, has_audio=False)

    def frames(
        self, info: VideoInfo, times_s: Sequence[float], **_: object
    ) -> Generator[Frame | FrameReport]:
        if times_s[0] < 21:
            yield Frame(0.0, drawn("Part one"))
        if times_s[-1] >= 21:
            yield Frame(21.0, drawn("Part two"))
        yield FrameReport("pyav", "")


def test_a_picture_that_stands_for_long_has_its_true_times() -> None:
    reader = ScreenReader(Sparse())
    told = [(cue.start_s, cue.end_s, cue.text) for cue in reader.read(Path("clip"), "on").cues]
    assert told == [(0.0, 21.0, "Part one"), (21.0, 30.0, "Part two")]
    (part,) = reader.read(Path("clip"), "on", (10.0, 15.0)).cues
    assert (part.start_s, part.end_s, part.text) == (10.0, 15.0, "Part one")
    assert reader.read(Path("clip"), "on", (40.0, None)) == OnScreen()


HEARD = (Cue(1.0, 2.0, "Welcome to the old harbour."), Cue(6.0, 7.0, "Goodbye!"))


def merged(read: Sequence[Cue], heard: Words) -> Words:
    *cues, words = with_screen(OnScreen(tuple(read)), iter([*heard.cues, heard]))
    assert isinstance(words, Words)
    assert tuple(cues) == words.cues
    return words


def test_words_and_text_are_told_in_order() -> None:
    sign = Cue(4.0, 9.0, "Harbour Street", on_screen=True)
    words = merged([sign], Words("speech", HEARD, "whisper"))
    assert words == Words("speech+screen", (HEARD[0], sign, HEARD[1]), "whisper")
    assert words.said == HEARD
    assert merged([sign], Words("none")) == Words("screen", (sign,), "PP-OCRv6 small")
    assert merged([sign], Words("off")).source == "screen"
    assert merged([], Words("speech", HEARD)) == Words("speech", HEARD)


def test_captions_that_repeat_what_is_said_are_left_out() -> None:
    caption = Cue(0.5, 2.5, "WELCOME to the old harbor", on_screen=True)
    words = merged([caption], Words("speech", HEARD))
    assert (words.source, words.cues) == ("speech", HEARD)
    assert words.warnings == (
        "1 caption on the screen only repeated what is said, and was left out",
    )
    later = replace(caption, start_s=12.0, end_s=13.0)
    assert later in merged([later], Words("speech", HEARD)).cues
    slide = replace(caption, end_s=60.0)
    assert slide in merged([slide], Words("speech", HEARD)).cues


def test_what_is_told_does_not_wait_for_the_end() -> None:
    sign = Cue(4.0, 5.0, "Harbour Street", on_screen=True)
    told = list[str]()

    def said() -> Iterator[Cue | Heard | Words]:
        yield Cue(1.0, 2.0, "first")
        assert told == ["first"]
        yield Cue(6.0, 7.0, "second")
        assert told == ["first"]  # a caption may be said until 8.0
        yield Heard(8.0)
        assert told == ["first", "Harbour Street", "second"]
        yield Words("speech", (Cue(1.0, 2.0, "first"), Cue(6.0, 7.0, "second")))

    for event in with_screen(OnScreen((sign,)), said()):
        if isinstance(event, Cue):
            told.append(event.text)


def test_the_clocks_of_pictures_and_words_are_reconciled(
    reader: Reader, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = reader.probe
    monkeypatch.setattr(reader, "probe", lambda path: replace(probe(path), lead_s=2.0))
    first, _ = ScreenReader(reader).read(film, "on").cues
    assert first.start_s == pytest.approx(6.0, abs=0.5)
    (part,) = ScreenReader(reader).read(film, "on", (0.0, 7.0)).cues
    assert part.end_s == 7.0


def test_a_clip_without_sound_is_told_by_what_it_shows(film: Path, reader: Reader) -> None:
    word_finder = WordFinder(reader, None)
    assert word_finder.words(film, WordRequest()) == Words("none")
    words = word_finder.words(film, WordRequest("off", screen_text="on"))
    assert (words.source, len(words.cues)) == ("screen", 2)
