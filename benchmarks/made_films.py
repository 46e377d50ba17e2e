"""Films of any length: sentences are said and pictures shown at times that are written down.

All of a film that is no fact says and shows nothing to be asked for: sentences of chance from a
few dozen, and a grey that changes every half a minute. `flite` (a Debian package) speaks.
"""

import subprocess
import wave
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

RATE = 16_000
SIZE = (320, 240)
FRAMES_A_SECOND = 5
SHOWN_S = 12
"""How long a picture stays."""
SHOT_S = 30
PAUSE_S = 0.6
"""Between sentences."""

Sound = NDArray[np.int16]


def write_film(
    file: Path,
    seconds: float,
    *,
    said: Mapping[float, str],
    shown: Mapping[float, Image.Image],
    fillers: Sequence[str],
    voices: Sequence[str] = ("slt", "rms", "awb", "kal16"),
) -> dict[float, float]:
    """Write a film; returns when each sentence that matters really begins.

    Args:
        file: an MP4 file.
        seconds: how long it lasts.
        said: sentences that matter, by the second from which on they may begin.
        shown: pictures, by the second at which they appear.
        fillers: sentences for the rest.
        voices: of flite, in turn.

    """
    speaker, begun = Speaker(file.parent, voices), dict[float, float]()
    with av.open(str(file), "w") as out:
        video = out.add_stream("libx264", FRAMES_A_SECOND, options={"preset": "ultrafast"})
        video.width, video.height = SIZE
        video.pix_fmt = "yuv420p"
        video.gop_size = 10 * FRAMES_A_SECOND
        audio = out.add_stream("aac", rate=RATE, layout="mono")
        pictures, sounds = (
            pictures_of(seconds, shown),
            sounds_of(seconds, said, fillers, speaker, begun),
        )
        for second in range(round(seconds)):
            for number in range(FRAMES_A_SECOND):
                frame = av.VideoFrame.from_image(next(pictures))
                frame.pts = second * FRAMES_A_SECOND + number
                frame.time_base = Fraction(1, FRAMES_A_SECOND)
                out.mux(video.encode(frame))
            heard = av.AudioFrame.from_ndarray(next(sounds)[None], format="s16", layout="mono")
            heard.sample_rate, heard.pts = RATE, second * RATE
            heard.time_base = Fraction(1, RATE)
            out.mux(audio.encode(heard))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return begun


def pictures_of(seconds: float, shown: Mapping[float, Image.Image]) -> Iterator[Image.Image]:
    """Yield the frames."""
    chance = np.random.default_rng(0)
    fitted = {at_s: fit(picture) for at_s, picture in shown.items()}
    grey = Image.new("RGB", SIZE, (128, 128, 128))
    for number in range(round(seconds) * FRAMES_A_SECOND):
        at_s = number / FRAMES_A_SECOND
        if at_s % SHOT_S == 0:
            grey = Image.new("RGB", SIZE, tuple(map(int, chance.integers(60, 200, 3))))
        now = next((one for one in fitted if one <= at_s < one + SHOWN_S), None)
        yield grey if now is None else fitted[now]


def fit(picture: Image.Image) -> Image.Image:
    """Fit a picture into the frame."""
    copy, frame = picture.convert("RGB"), Image.new("RGB", SIZE, (225, 225, 220))
    copy.thumbnail(SIZE)
    frame.paste(copy, ((SIZE[0] - copy.width) // 2, (SIZE[1] - copy.height) // 2))
    return frame


def sounds_of(
    seconds: float,
    said: Mapping[float, str],
    fillers: Sequence[str],
    speaker: "Speaker",
    begun: dict[float, float],
) -> Iterator[Sound]:
    """Yield the sound, a second at a time."""
    chance, left, samples = np.random.default_rng(1), dict(sorted(said.items())), 0
    waiting = np.zeros(0, np.int16)
    for _ in range(round(seconds)):
        while len(waiting) < RATE:
            now_s = (samples + len(waiting)) / RATE
            due = next((at_s for at_s in left if at_s <= now_s), None)
            if due is None:
                text = fillers[int(chance.integers(len(fillers)))]
            else:
                text, begun[due] = left.pop(due), now_s
            pause = np.zeros(round(PAUSE_S * RATE), np.int16)
            waiting = np.concatenate([waiting, speaker.say(text), pause])
        yield waiting[:RATE]
        waiting, samples = waiting[RATE:], samples + RATE


class Speaker:
    """Says sentences, each the same way every time."""

    def __init__(self, folder: Path, voices: Sequence[str]) -> None:
        self._file, self._voices = folder / "said.wav", voices
        self._said = dict[str, Sound]()

    def say(self, text: str) -> Sound:
        """Return a sentence at 16 kHz."""
        if text not in self._said:
            voice = self._voices[len(self._said) % len(self._voices)]
            command = ["flite", "-voice", voice, "-t", text, "-o", str(self._file)]
            subprocess.run(command, check=True)
            with wave.open(str(self._file)) as opened:
                samples = np.frombuffer(opened.readframes(opened.getnframes()), np.int16)
                rate = opened.getframerate()
            at = np.arange(int(len(samples) * RATE / rate)) * rate / RATE
            heard = np.interp(at, np.arange(len(samples)), samples)
            self._said[text] = heard.astype(np.int16)
            self._file.unlink()
        return self._said[text]
