"""What is heard: the demo clip, which is spoken by a machine, and things that nobody said."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from whispers import many_languages

from vidqa.errors import UsageError
from vidqa.media.speech.audio import SAMPLE_RATE, AudioBlock, audio_blocks
from vidqa.media.speech.device import Place
from vidqa.media.speech.hallucinations import HallucinationFilter
from vidqa.media.speech.placement import placed
from vidqa.media.speech.recognizer import Heard, Recognizer
from vidqa.models.registry import find_speech
from vidqa.system.paths import data_dir
from vidqa.types import Cue

DEMO = data_dir() / "demo.mp4"
SPEECH = ("coffee", "cat", "chelsea", "rocket", "florida", "satellite", "camera")


@dataclass
class Segment:
    """A segment as a recogniser gives it."""

    text: str
    avg_logprob: float = -0.2
    no_speech_prob: float = 0.1
    compression_ratio: float = 1.2
    start: float = 0.0
    end: float = 1.0
    tokens: Sequence[int] = range(10)
    words: None = None


def block(seconds: float, start_s: float = 0.0) -> AudioBlock:
    return AudioBlock(start_s, np.zeros(round(seconds * SAMPLE_RATE), np.int16))


def listen(
    recognizer: Recognizer, blocks: Iterator[AudioBlock] | list[AudioBlock], **how: Any
) -> tuple[list[Cue], Heard]:
    cues, heard = [], Heard()
    for event in recognizer.listen(blocks, **how):
        if isinstance(event, Cue):
            cues.append(event)
        else:
            heard = event
    return cues, heard


def text_of(cues: list[Cue]) -> str:
    return " ".join(cue.text for cue in cues).lower()


def test_what_is_invented_is_left_out():
    doubt = HallucinationFilter()
    said = [
        Segment(" Good morning."),
        Segment(" Thank you.", avg_logprob=-1.3),
        Segment(" Hmm.", avg_logprob=-0.7, no_speech_prob=0.7),
        Segment(" Well then.", avg_logprob=-0.4, no_speech_prob=0.7),
        Segment(" so so so so so so so so", compression_ratio=6.0),
        Segment(" ..."),
        Segment(" Thanks for watching!"),
        Segment(" thanks for watching"),
        Segment(" Thanks for watching."),
        Segment(" Good morning."),
    ]
    kept = [segment.text.strip() for segment in said if doubt.believes(segment)]
    assert kept == ["Good morning.", "Well then.", "Thanks for watching!", "Good morning."]
    assert doubt.count == 3


def test_cues_stay_inside_their_block_and_in_order():
    stretch = block(5, start_s=100)
    assert placed((1, 3), " one", stretch, not_before_s=0) == Cue(101, 103, "one")
    assert placed((0.5, 9), "two", stretch, not_before_s=101) == Cue(101, 105, "two")
    assert placed((7, 9), "three", stretch, not_before_s=101) == Cue(105, 105, "three")
    assert placed((1, 3), " ", stretch, not_before_s=0) is None


def test_no_sound_needs_no_model(tmp_path: Path):
    deaf = Recognizer(find_speech("whisper-tiny.en"), tmp_path / "no model", Place("cpu", 1))
    assert list(deaf.listen([])) == []


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("whisper-tiny.en", {"language": "de"}, "only knows English"),
        ("whisper-tiny.en", {"task": "translate"}, "cannot translate"),
        ("whisper-large-v3-turbo", {"task": "translate"}, "cannot translate"),
        ("whisper-base", {"language": "xx"}, "no speech model knows"),
    ],
)
def test_what_a_model_cannot_do_is_said_before_it_is_loaded(
    tmp_path: Path, name: str, how: dict[str, str], message: str
):
    deaf = Recognizer(find_speech(name), tmp_path / "no model", Place("cpu", 1))
    with pytest.raises(UsageError, match=message) as caught:
        list(deaf.listen([block(1)], **how))
    assert caught.value.hint


class Fluent:
    """In place of a recogniser's pipeline: tells a language for each block, and hears the same."""

    def __init__(self, *languages: tuple[str, float], heard: Sequence[Segment] = ()) -> None:
        self.model = self
        self._languages = iter(languages)
        self._heard = heard

    def detect_language(self, *_: object, **__: object) -> tuple[str, float, None]:
        return (*next(self._languages), None)

    def transcribe(self, *_: object, **__: object) -> tuple[Sequence[Segment], None]:
        return self._heard, None


def fluent(
    monkeypatch: pytest.MonkeyPatch, name: str, pipeline: Fluent, **how: str
) -> tuple[str, ...]:
    """What a recogniser has to say of three blocks in which somebody speaks."""
    monkeypatch.setattr("vidqa.media.speech.recognizer.find_voices", lambda _: [(0.0, 1.0)])
    one = Recognizer(find_speech(name), Path("nowhere"), Place("cpu", 1))
    one.__dict__["_pipeline"] = pipeline
    _, heard = listen(one, [block(1, start_s=60.0 * n) for n in range(3)], **how)
    return heard.warnings


def test_a_later_part_in_another_language_is_said(monkeypatch: pytest.MonkeyPatch):
    spoken = Fluent(("en", 0.9), ("en", 0.9), ("de", 0.9))
    (told,) = fluent(monkeypatch, "whisper-base", spoken)
    assert told.startswith("from about 2:00 on it sounds like 'de', and was taken for 'en'")
    assert not fluent(monkeypatch, "whisper-base", Fluent(*[("en", 0.9)] * 2, ("de", 0.6)))
    assert not fluent(monkeypatch, "whisper-base", Fluent(), language="en")


def test_what_is_hardly_english_is_said(monkeypatch: pytest.MonkeyPatch):
    strange = Fluent(heard=[Segment(" I'm even a glass", avg_logprob=-0.9)])
    (told,) = fluent(monkeypatch, "whisper-tiny.en", strange)
    assert "hardly English, and whisper-tiny.en knows only English" in told
    assert not fluent(monkeypatch, "whisper-tiny.en", Fluent(heard=[Segment(" It is.")]))
    few = Fluent(heard=[Segment(" even a", avg_logprob=-0.9, tokens=range(9))])
    assert not fluent(monkeypatch, "whisper-tiny.en", few), "a cut word may be all there is to it"


def test_whether_somebody_speaks_at_the_ends_is_told(monkeypatch: pytest.MonkeyPatch):
    recognizer = Recognizer(find_speech("whisper-tiny.en"), Path("nowhere"), Place("cpu", 1))
    monkeypatch.setattr(recognizer, "_segments", lambda *_, **__: [])
    for voices, ends in (([(0.0, 1.0)], (True, True)), ([(0.2, 0.8)], (False, False)), ([], ...)):
        monkeypatch.setattr(
            "vidqa.media.speech.recognizer.find_voices", lambda _, found=voices: found
        )
        (heard,) = recognizer.listen([block(1)])
        assert isinstance(heard, Heard)
        assert heard.speaks_at == ((False, False) if ends is ... else ends)


@pytest.mark.network
def test_words_have_times_where_they_are_asked_for(recognizer: Recognizer):
    plain, _ = listen(recognizer, audio_blocks(DEMO))
    cues, _ = listen(recognizer, audio_blocks(DEMO), word_times=True)
    assert [cue.text for cue in cues] == [cue.text for cue in plain]
    assert not any(cue.words for cue in plain)
    for cue in cues:
        assert "".join(word.text for word in cue.words).strip() == cue.text
        times_s = [time_s for word in cue.words for time_s in word[:2]]
        assert times_s == sorted(times_s)
        assert cue.start_s <= times_s[0] <= times_s[-1] <= cue.end_s
    rocket = next(word for cue in cues for word in cue.words if "rocket" in word.text)
    assert rocket.start_s == pytest.approx(11.7, abs=0.5)


@pytest.mark.network
def test_the_demo_clip_is_heard_the_same_each_time(recognizer: Recognizer):
    again = Recognizer(recognizer.spec, recognizer.model_dir, recognizer.place)
    cues, heard = listen(recognizer, audio_blocks(DEMO))
    assert (cues, heard) == listen(again, audio_blocks(DEMO))
    assert (heard.language, heard.warnings) == ("en", ())
    assert heard.until_s == pytest.approx(23.3, abs=0.2)
    assert all(word in text_of(cues) for word in SPEECH)
    rocket = next(cue for cue in cues if "rocket" in cue.text)
    assert rocket.start_s == pytest.approx(11.5, abs=1)
    assert all(0 <= cue.start_s < cue.end_s < 23.5 for cue in cues)


@pytest.mark.slow
@pytest.mark.network
def test_a_batch_hears_what_single_windows_hear(recognizer: Recognizer):
    once = np.concatenate([one.samples for one in audio_blocks(DEMO)])
    long = AudioBlock(0.0, np.tile(once, 4))
    cues, _ = listen(recognizer, [long])
    assert listen(recognizer, [long])[0] == cues
    single = Recognizer(recognizer.spec, recognizer.model_dir, One("cpu", 2))
    assert listen(single, [long])[0] == cues


class One(Place):
    """One window at a time."""

    @property
    def batch(self) -> int:
        return 1


@pytest.mark.network
def test_no_sentence_is_lost_between_windows_and_blocks(recognizer: Recognizer):
    once = np.concatenate([one.samples for one in audio_blocks(DEMO)])
    whole = np.tile(once, 3)
    for cut in (31, 45):
        parts = [
            AudioBlock(begin / SAMPLE_RATE, whole[begin : begin + cut * SAMPLE_RATE])
            for begin in range(0, len(whole), cut * SAMPLE_RATE)
        ]
        said = text_of(listen(recognizer, parts)[0])
        assert [said.count(word) for word in ("coffee", "rocket")] == [3, 3]


@pytest.mark.network
@pytest.mark.parametrize("sound", ["silence", "white noise", "melody", "hum"])
def test_what_is_between_two_who_speak_is_nobodys(recognizer: Recognizer, sound: str):
    once = np.concatenate([one.samples for one in audio_blocks(DEMO, end_s=5.5)])
    gap = np.round(32767 * SOUNDS[sound]()).astype(np.int16)
    cues, _ = listen(recognizer, [AudioBlock(0.0, np.concatenate([once, gap, once]))])
    assert [cue.text for cue in cues] == [cues[0].text] * 2 or len(cues) == 1
    assert "coffee" in cues[0].text
    for cue in cues:
        assert cue.end_s < 6.5 or cue.start_s > 17


@pytest.mark.network
def test_cues_come_as_they_are_heard(recognizer: Recognizer):
    given: list[float] = []

    def blocks() -> Iterator[AudioBlock]:
        for one in audio_blocks(DEMO, block_s=8):
            given.append(one.start_s)
            yield one

    events = recognizer.listen(blocks())
    first = next(events)
    assert isinstance(first, Cue)
    assert len(given) == 1
    cues = [first, *(event for event in events if isinstance(event, Cue))]
    assert len(given) >= 3
    assert [cue.start_s for cue in cues] == sorted(cue.start_s for cue in cues)
    assert sum(word in text_of(cues) for word in SPEECH) >= 6


@pytest.mark.network
def test_only_the_stretch_asked_for_is_heard_at_the_clips_own_times(recognizer: Recognizer):
    cues, _ = listen(recognizer, audio_blocks(DEMO, start_s=10.9, end_s=17.2))
    assert "florida" in text_of(cues)
    assert "coffee" not in text_of(cues)
    assert all(10.9 <= cue.start_s < cue.end_s <= 17.2 for cue in cues)


@pytest.mark.network
def test_what_could_not_be_decoded_is_said(recognizer: Recognizer):
    lost = replace(block(1), lost_packets=3, cut_off=True)
    warned = Recognizer(
        recognizer.spec, recognizer.model_dir, replace(recognizer.place, warnings=("on the CPU",))
    )
    _, heard = listen(warned, [lost])
    assert heard.warnings == (
        "on the CPU",
        "3 packets of sound could not be decoded",
        "the sound could not be read to its end",
    )


def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(size=12 * SAMPLE_RATE)


def melody(moments: np.ndarray) -> np.ndarray:
    """A plucked string on another of the scale's tones every half second."""
    tone = np.random.default_rng(1).integers(0, 24, len(moments))[(moments * 2).astype(int)]
    phase = 2 * np.pi * 220 * 2 ** (tone / 12) * moments
    return sum(np.sin(phase * n) / n for n in range(1, 6)) * np.exp(-3 * (moments % 0.5)) * 0.3


def brown() -> np.ndarray:
    drift = np.cumsum(noise())
    drift -= np.convolve(drift, np.ones(2000) / 2000, "same")
    return 0.8 * drift / np.abs(drift).max()


MOMENTS = np.arange(12 * SAMPLE_RATE) / SAMPLE_RATE
SOUNDS: dict[str, Callable[[], np.ndarray]] = {
    "silence": lambda: 0 * MOMENTS,
    "faint noise": lambda: 0.01 * noise(),
    "white noise": lambda: 0.1 * noise(),
    "loud noise": lambda: np.clip(0.5 * noise(), -1, 1),
    "brown noise": brown,
    "noise that swells": lambda: 0.3 * noise() * (0.5 + 0.5 * np.sin(8 * np.pi * MOMENTS)),
    "hum": lambda: 0.4 * np.sin(100 * np.pi * MOMENTS) + 0.1 * np.sin(300 * np.pi * MOMENTS),
    "chords": lambda: (
        sum(np.sin(2 * np.pi * pitch * MOMENTS) for pitch in (220, 277, 330))
        / 6
        * (1 - MOMENTS % 1.5 / 1.5)
    ),
    "sweep": lambda: 0.5 * np.sin(2 * np.pi * (100 * MOMENTS + 160 * MOMENTS**2)),
    "melody": lambda: melody(MOMENTS),
    "vibrato": lambda: 0.4 * np.sin(2764 * MOMENTS + 8 * np.sin(35 * MOMENTS)),
    "a buzzer": lambda: (MOMENTS * 120 % 1 < 0.02) * (np.sin(6 * np.pi * MOMENTS) > 0),
}


@pytest.mark.network
@pytest.mark.parametrize("sound", SOUNDS)
def test_nothing_is_heard_where_nobody_speaks(recognizer: Recognizer, sound: str):
    samples = np.round(32767 * np.clip(SOUNDS[sound](), -1, 1)).astype(np.int16)
    cues, _ = listen(recognizer, [AudioBlock(0.0, samples)])
    assert cues == []


@pytest.fixture(scope="session")
def polyglot(tmp_path_factory: pytest.TempPathFactory) -> Recognizer:
    """A tiny random Whisper of many languages: what it writes is nonsense, how it works is not."""
    folder = many_languages(tmp_path_factory.mktemp("polyglot"))
    return Recognizer(find_speech("whisper-tiny"), folder, Place("cpu", 1))


def test_a_language_is_detected_once_somebody_speaks_and_kept(polyglot: Recognizer):
    (spoken,) = audio_blocks(DEMO)
    quiet = block(2)
    heard = [
        event
        for event in polyglot.listen([quiet, replace(spoken, start_s=2), quiet])
        if isinstance(event, Heard)
    ]
    assert heard[0].language is None
    assert heard[1].language == heard[2].language is not None
    (warning,) = [one for one in heard[2].warnings if "guessed" in one]
    assert repr(heard[1].language) in warning


@pytest.mark.parametrize("task", ["transcribe", "translate"])
def test_a_language_that_was_told_is_not_guessed(polyglot: Recognizer, task: str):
    _, heard = listen(polyglot, audio_blocks(DEMO), language="de", task=task)
    assert heard.language == "de"
    assert not any("guessed" in one for one in heard.warnings)
