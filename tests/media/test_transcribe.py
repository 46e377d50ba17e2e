"""What is heard: the demo clip, which is spoken by a machine, and things that nobody said."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from clips import encode_samples, make_clip, tone_stream

from vidqa.media.transcribe import Recogniser, believable
from vidqa.paths import data_dir

DEMO = data_dir() / "demo.mp4"


@dataclass
class Heard:
    """A segment as a recogniser gives it."""

    text: str
    avg_logprob: float = -0.2
    no_speech_prob: float = 0.1
    compression_ratio: float = 1.2


def test_what_is_invented_is_dropped():
    heard = [
        Heard(" Good morning."),
        Heard(" Thank you.", avg_logprob=-1.3),
        Heard(" Hmm.", no_speech_prob=0.7),
        Heard(" so so so so so so so so", compression_ratio=6.0),
        Heard(" ..."),
        Heard(" Thanks for watching!"),
        Heard(" thanks for watching"),
        Heard(" Thanks for watching."),
        Heard(" Good morning."),
    ]
    kept = [segment.text.strip() for segment in believable(heard)]
    assert kept == ["Good morning.", "Thanks for watching!", "Good morning."]


def test_no_sound_is_no_error_and_needs_no_model(tmp_path: Path):
    make_clip(tmp_path / "mute.mp4", range(0, 1000, 40))
    words = Recogniser(tmp_path / "no model", threads=1).listen(tmp_path / "mute.mp4")
    assert (words.source, words.cues) == ("none", ())


@pytest.mark.network
def test_the_demo_clip_is_heard_the_same_each_time(speech_folder: Path):
    once, again = (Recogniser(speech_folder, threads=2).listen(DEMO) for _ in range(2))
    assert once == again
    assert once.source == "speech"
    text = " ".join(cue.text for cue in once.cues).lower()
    for word in ("coffee", "cat", "chelsea", "rocket", "florida", "satellite", "camera"):
        assert word in text
    rocket = next(cue for cue in once.cues if "rocket" in cue.text)
    assert rocket.start_s == pytest.approx(11.5, abs=1)
    assert all(0 <= cue.start_s < cue.end_s < 23.5 for cue in once.cues)


@pytest.mark.network
def test_only_the_stretch_asked_for_is_heard_at_the_clips_own_times(speech_folder: Path):
    words = Recogniser(speech_folder, threads=2).listen(DEMO, None, 10.9, 17.2)
    text = " ".join(cue.text for cue in words.cues)
    assert "Florida" in text
    assert "coffee" not in text
    assert all(10.9 <= cue.start_s < 17.2 for cue in words.cues)


@pytest.mark.network
def test_a_language_the_model_does_not_know_is_said(speech_folder: Path):
    recogniser = Recogniser(speech_folder, threads=2)
    assert not recogniser.listen(DEMO, "en", 0, 5).warnings
    (warning,) = recogniser.listen(DEMO, "de", 0, 5).warnings
    assert "English" in warning


@pytest.mark.network
@pytest.mark.parametrize("sound", ["silence", "noise", "hum", "chords"])
def test_nothing_is_heard_where_nobody_speaks(tmp_path: Path, speech_folder: Path, sound: str):
    moments = np.arange(6 * 44100) / 44100
    noise = np.random.default_rng(0).normal(size=len(moments))
    chords = sum(np.sin(2 * np.pi * pitch * moments) for pitch in (220, 277, 330)) / 6
    sounds: dict[str, Callable] = {
        "silence": lambda: 0 * moments,
        "noise": lambda: 0.1 * noise,
        "hum": lambda: 0.4 * np.sin(2 * np.pi * 50 * moments),
        "chords": lambda: chords * (1 - moments % 1.5 / 1.5),
    }
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        encode_samples(out, tone_stream(out), sounds[sound](), 0.0)
    words = Recogniser(speech_folder, threads=2).listen(tmp_path / "a.mp4")
    assert (words.source, words.cues) == ("none", ())
