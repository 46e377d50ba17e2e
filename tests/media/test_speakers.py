"""Who speaks: voices embedded, windows grouped, words labelled."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clips import make_clip
from vidqa.cli.app import run
from vidqa.engine.speech import StoredVoices
from vidqa.errors import UsageError
from vidqa.media.reader import Reader
from vidqa.media.screen.look import Looking, OnScreen, ScreenReader
from vidqa.media.speech import turns as finding
from vidqa.media.speech.audio import AudioBlock
from vidqa.media.speech.recognizer import Heard
from vidqa.media.speech.turns import TurnFinder, Turns, grouped
from vidqa.media.viewing import Viewing
from vidqa.media.words.finder import WordFinder
from vidqa.media.words.request import WordRequest
from vidqa.media.words.speakers import NOBODY, ONE, by_speaker, labelled
from vidqa.models.pull import pull
from vidqa.models.registry import MODELS
from vidqa.models.store.store import Store
from vidqa.network.voice.encoder import WIDTH, VoiceEncoder, amplified
from vidqa.prompt.interleave import align
from vidqa.system.cache import Cache
from vidqa.tasks.transcribe.caption_formats import Captions
from vidqa.tasks.transcribe.readable import Readable
from vidqa.types import Cue, Segment, Word, Words

Rows = NDArray[np.float32]


def voices(speakers: list[int]) -> Rows:
    """Embeddings of windows: 0.85 alike for one speaker, 0.62 for two, as of real voices."""
    chance = np.random.default_rng(0)
    shared = chance.normal(size=256)
    own = chance.normal(size=(5, 256))
    rows = np.sqrt(0.62) * shared + np.sqrt(0.23) * own[speakers]
    rows = rows + np.sqrt(0.15) * chance.normal(size=(len(speakers), 256))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_number_of_speakers_is_found(count: int) -> None:
    order = [number % count for number in range(40)]
    assert grouped(voices(order)) == [number + 1 for number in order]


def test_speakers_are_numbered_as_they_appear() -> None:
    assert grouped(voices([3, 3, 3, 1, 1, 1, 3, 0, 0, 0])) == [1, 1, 1, 2, 2, 2, 1, 3, 3, 3]


def test_few_strange_windows_are_no_speaker() -> None:
    assert set(grouped(voices([0] * 20 + [1, 1] + [0] * 5))) == {1}
    assert grouped(voices([0])) == [1]
    assert grouped(voices([0, 1])) == [1, 2]


def test_a_long_sound_is_grouped_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "AT_ONCE", 16)
    order = [number // 5 % 3 for number in range(100)]
    assert grouped(voices(order)) == [number + 1 for number in order]
    assert set(grouped(voices([0] * 100))) == {1}


def block(start_s: float, seconds: float) -> AudioBlock:
    return AudioBlock(start_s, np.zeros(round(seconds * 16000), np.int16))


def test_windows_cover_what_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[list[int]]()

    class Encoder:
        def embed(self, sound: Rows, starts: list[int]) -> Rows:
            asked.append(starts)
            return voices([0] * len(starts))

    spoken = iter([[(0.5, 3.0), (5.0, 5.6)], [], [(1.0, 2.6)]])
    monkeypatch.setattr(finding, "find_voices", lambda _: next(spoken))
    finder = TurnFinder(Encoder())
    for start_s in (0.0, 10.0, 20.0):
        finder.add(block(start_s, 10.0))
    assert asked == [[50, 90, 130, 140, 450], [100]]
    assert finder.turns().middles_s == pytest.approx((1.3, 1.7, 2.1, 2.2, 5.3, 21.8))
    assert finder.turns().speakers == (1,) * 6
    assert TurnFinder(Encoder()).turns() == Turns()


TURNS = Turns((1.0, 2.0, 3.0, 4.0, 8.0), (1, 1, 2, 2, 1))


def test_who_speaks_at_a_time_is_who_speaks_nearest_to_it() -> None:
    found = [TURNS.speaker_at(time_s) for time_s in (0.0, 2.4, 2.6, 5.9, 6.1, 99.0)]
    assert found == [1, 1, 2, 2, 1, 1]
    assert Turns().speaker_at(1.0) is None
    assert (TURNS.count, Turns().count) == (2, 0)


def spoken(text: str, start_s: float, each_s: float = 0.5) -> Cue:
    words = tuple(
        Word(start_s + number * each_s, start_s + (number + 1) * each_s, f" {word}")
        for number, word in enumerate(text.split())
    )
    return Cue(start_s, words[-1].end_s, text, words)


def test_a_sentence_is_divided_where_the_speaker_changes() -> None:
    cue = spoken("Is it far? Not at all.", 1.0)
    first, second = by_speaker(cue, TURNS)
    assert (first.text, first.speaker, first.start_s, first.end_s) == ("Is it far?", 1, 1.0, 2.5)
    assert (second.text, second.speaker, second.start_s) == ("Not at all.", 2, 2.5)
    assert first.words + second.words == cue.words
    (whole,) = by_speaker(replace(cue, words=()), TURNS)
    assert (whole.text, whole.speaker) == (cue.text, 1)
    (same,) = by_speaker(spoken("Yes.", 8.0), TURNS)
    assert same == replace(spoken("Yes.", 8.0), speaker=1)
    (unknown,) = by_speaker(cue, Turns())
    assert unknown == cue


def test_nobody_interrupts_for_one_short_word() -> None:
    turns = Turns((1.0, 1.5, 2.0), (1, 2, 1))
    (cue,) = by_speaker(spoken("one two three", 0.75), turns)
    assert (cue.text, cue.speaker) == ("one two three", 1)
    turns = Turns((1.0, 1.4, 1.8, 2.2, 2.6, 3.0), (1, 2, 1, 1, 1, 1))
    (cue,) = by_speaker(spoken("so it is over now then", 0.8, 0.4), turns)
    assert cue.speaker == 1


def test_the_words_of_a_translation_are_not_divided() -> None:
    cue = spoken("Is it far? Not at all.", 1.0)
    (whole,) = by_speaker(cue, TURNS, divides=False)
    assert (whole.text, whole.speaker) == (cue.text, 1)


def test_divided_text_is_clean() -> None:
    words = (Word(1.0, 2.0, " salt &amp;"), Word(2.0, 2.4, " \x1bpepper"), Word(3.0, 4.0, " yes"))
    first, second = by_speaker(Cue(1.0, 4.0, "salt & pepper yes", words), TURNS)
    assert (first.text, second.text) == ("salt & pepper", "yes")


def test_the_number_of_voices_is_said_where_there_are_no_two() -> None:
    heard = Words("speech", (spoken("Yes.", 8.0),))
    for turns, warnings in ((TURNS, ()), (Turns((1.0,), (1,)), (ONE,)), (Turns(), (NOBODY,))):
        *_, words = labelled(iter([*heard.cues, Heard(9.0), heard]), turns)
        assert isinstance(words, Words)
        assert words.warnings == warnings
        assert [cue.speaker for cue in words.cues] == [turns.speaker_at(8.25)]
    *_, words = labelled(iter([Words("none")]), Turns())
    assert words == Words("none")


def test_a_model_is_told_where_the_speaker_changes() -> None:
    cues = [
        replace(spoken(text, start_s), speaker=speaker)
        for text, start_s, speaker in [
            ("Hello.", 0.1, 1), ("How are you?", 0.6, 1), ("Fine.", 2.5, 2), ("Good.", 6.0, 2),
        ]
    ]  # fmt: skip
    assert align([5.0, 7.0], cues) == (
        Segment(5.0, "Speaker 1: Hello. How are you? Speaker 2: Fine."),
        Segment(7.0, "Good."),
    )
    assert align([5.0], [replace(one, speaker=None) for one in cues])[0].text.startswith("Hello.")


def test_transcripts_name_the_speaker() -> None:
    cue = replace(spoken("It is not far.", 1.0), speaker=2)
    written = {form: Captions(form, "a.mp4", readable=None).cue(cue) for form in ("txt", "vtt")}
    assert written["txt"] == "Speaker 2: It is not far.\n"
    assert "\n<v Speaker 2>It is not far.\n" in written["vtt"]
    srt = Captions("srt", "a.mp4", readable=Readable(width=20)).cue(cue)
    assert srt.startswith("1\n00:00:01,000 --> 00:00:03,000\nSpeaker 2: It\nis not far.\n")
    assert json.loads(Captions("json", "a.mp4").cue(cue))["speaker"] == 2
    assert "speaker" not in json.loads(Captions("json", "a.mp4").cue(spoken("Yes.", 1.0)))


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


@dataclass
class Source:
    """An encoder to which all windows sound alike; counts what it was asked."""

    revision: str = "1"
    made: list[int] = field(default_factory=list)

    def load(self) -> "Source":
        return self

    def embed(self, sound: Rows, starts: list[int]) -> Rows:
        self.made.append(len(starts))
        return voices([0] * len(starts))


@pytest.fixture
def spoken_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(finding, "find_voices", lambda _: [(0.0, 2.0)])
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40), sound_s=2)
    (tmp_path / "clip.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    return tmp_path / "clip.mp4"


SPEAKERS = WordRequest(speakers=True)


def test_turns_are_kept(spoken_clip: Path, tmp_path: Path, reader: Reader) -> None:
    cache, source = Cache(tmp_path / "cache"), Source()
    for _ in range(2):
        words = WordFinder(reader, None, cache=cache, voices=source).words(spoken_clip, SPEAKERS)
        assert [(cue.text, cue.speaker) for cue in words.cues] == [("Hello", 1)]
        assert words.warnings == (ONE,)
    assert source.made == [2]
    assert [entry.kind for entry in cache.entries()] == ["turns"]
    finder = WordFinder(reader, None, cache=cache, voices=replace(source, revision="2"))
    finder.words(spoken_clip, SPEAKERS)
    finder.words(spoken_clip, SPEAKERS, (0.5, None))
    assert len(source.made) == 3


def test_text_on_the_screen_has_its_place_among_what_speakers_say(
    spoken_clip: Path, tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs = tuple(
        Cue(start_s, start_s + 0.5, text, on_screen=True)
        for start_s, text in ((0.1, "A sign"), (0.6, "HELLO"), (1.6, "The end"))
    )

    def read(*_: object) -> Looking:
        yield from ()
        return OnScreen(signs)

    monkeypatch.setattr(ScreenReader, "stream", read)
    cache = Cache(tmp_path / "cache")
    for _ in range(2):  # the second time with turns that were kept
        finder = WordFinder(reader, None, cache=cache, voices=Source())
        words = finder.words(spoken_clip, replace(SPEAKERS, screen_text="on"))
        assert [cue.text for cue in words.cues] == ["A sign", "Hello", "The end"]


def test_where_there_is_nothing_to_hear_no_encoder_is_needed(
    tmp_path: Path, reader: Reader
) -> None:
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40))
    (tmp_path / "clip.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    source = Source()
    words = WordFinder(reader, None, voices=source).words(tmp_path / "clip.mp4", SPEAKERS)
    assert (words.cues[0].speaker, words.warnings) == (None, (NOBODY,))
    assert not source.made


def test_speakers_of_no_words_are_refused() -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        Viewing(speakers=True, subtitles="off").words_for(MODELS["starter"])
    with pytest.raises(UsageError, match="that the authors do") as raised:
        Viewing(speakers=True, recipe="paper").recipe_for(MODELS["minigpt4-video-mistral"])
    assert raised.value.hint == "leave --speakers out"
    request = Viewing(speakers=True).words_for(MODELS["starter"])
    assert (request.speakers, request.word_times) == (True, True)


def test_a_model_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(tmp_path / "empty"))
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40), sound_s=2)
    (tmp_path / "clip.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    words = ["transcribe", str(tmp_path / "clip.mp4"), "--speakers", "--subtitles"]
    assert run([*words, str(tmp_path / "clip.srt")]) == 20
    assert "vidqa models pull resemblyzer" in capsys.readouterr().err
    assert run(["ask", str(tmp_path / "clip.mp4"), "Who?", "--model", "resemblyzer"]) == 2
    assert "it cannot answer" in capsys.readouterr().err


def test_quiet_sound_is_amplified() -> None:
    sound = np.sin(np.arange(16000) / 5).astype(np.float32)
    assert amplified(sound) is sound
    quiet = amplified(sound / 1000)
    assert float(np.sqrt((quiet**2).mean())) == pytest.approx(10**-1.5, rel=1e-3)
    assert not amplified(np.zeros(8, np.float32)).any()


def test_embeddings_have_length_one_however_short_the_sound() -> None:
    encoder = VoiceEncoder().eval()
    rows = encoder.embed(np.random.default_rng(0).normal(0, 0.1, 9000).astype(np.float32), [0, 30])
    assert rows.shape == (2, WIDTH)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0, 1.0])


@pytest.mark.network
@pytest.mark.numbers
@pytest.mark.parametrize(
    ("pitch_hz", "seed", "places", "values"),
    [
        (110, 1, [246, 120, 158, 213, 235, 146, 36, 10],
         [0.27254, 0.22206, 0.22019, 0.19005, 0.18567, 0.18331, 0.17854, 0.17133]),
        (210, 2, [150, 11, 246, 10, 149, 32, 88, 195],
         [0.27844, 0.24768, 0.24274, 0.20753, 0.19086, 0.17883, 0.17028, 0.16534]),
    ],
)  # fmt: skip
def test_embeddings_are_those_of_resemblyzer(
    own_cache: Path, pitch_hz: int, seed: int, places: list[int], values: list[float]
) -> None:
    """Of Resemblyzer 0.1.4 with librosa 0.11, `embed_utterance(rate=2.5)`, the second window."""
    pull("resemblyzer")
    rows = StoredVoices(Store()).load().embed(hum(pitch_hz, seed), [0, 40])
    assert np.argsort(-rows[1])[:8].tolist() == places
    assert rows[1][places].tolist() == pytest.approx(values, abs=2e-4)


@pytest.mark.network
@pytest.mark.numbers
def test_two_voices_are_told_apart_by_their_sound(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull("resemblyzer")
    sounds = [hum(pitch_hz, seed) for pitch_hz, seed in ((110, 1), (210, 2), (110, 1))]
    monkeypatch.setattr(finding, "find_voices", lambda _: [(0.0, 4.0), (4.0, 8.0), (8.0, 12.0)])
    finder = TurnFinder(StoredVoices(Store()).load())
    finder.add(AudioBlock(5.0, np.round(np.concatenate(sounds) * 20000).astype(np.int16)))
    turns = finder.turns()
    assert [turns.speaker_at(time_s) for time_s in (6.0, 11.0, 15.0)] == [1, 2, 1]
    assert turns.count == 2


def hum(pitch_hz: int, seed: int) -> Rows:
    """Four seconds of a voice-like sound."""
    time_s = np.arange(4 * 16000) / 16000
    chance = np.random.default_rng(seed)
    tones = (
        np.sin(2 * np.pi * pitch_hz * over * time_s * (1 + 0.01 * np.sin(5 * time_s)) + phase)
        / over ** (1 + seed * 0.3)
        for over, phase in ((over, chance.uniform(0, 6)) for over in range(1, 20))
    )
    return (0.1 * sum(tones) * (0.6 + 0.4 * np.sin(6 * np.pi * time_s))).astype(np.float32)
