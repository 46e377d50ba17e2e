"""Makes the demo clip: four free photographs, slowly moving, and a voice that speaks about them.

Needs the development environment, `espeak-ng` on PATH and a Python package index:

    python scripts/make_demo_clip.py

The photographs come out of scikit-image's wheel and are checked against the hashes below. The clip
carries no subtitles on purpose: what is said in it has to be heard.
"""

import argparse
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import wave
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

WHEEL = "scikit-image==0.26.0"
TARGET = Path(__file__).parents[1] / "src" / "vidqa" / "data" / "demo.mp4"
WIDTH, HEIGHT = 480, 320
FRAMES_PER_SECOND = 25
KEYFRAME_EVERY = 50
VOICE = ("-v", "en-us+m3", "-s", "135", "-p", "50")
"""Of the voices and speeds tried, the one a small recogniser hears right most reliably."""
SPEECH_RATE = 22050
"""What espeak-ng writes."""
SILENCE_BEFORE_S = 0.5
SILENCE_AFTER_S = 0.9


@dataclass(frozen=True)
class View:
    """A part of a picture: its centre as fractions of the picture, its width in pixels."""

    x: float
    y: float
    width: float

    def towards(self, other: "View", part: float) -> "View":
        """The view `part` of the way to the other one."""
        mixed = [a + (b - a) * part for a, b in zip(self.values, other.values, strict=True)]
        return View(*mixed)

    @property
    def values(self) -> tuple[float, float, float]:
        """All three numbers."""
        return self.x, self.y, self.width


@dataclass(frozen=True)
class Shot:
    """One photograph, how the camera moves over it and what is said meanwhile."""

    photo: str
    sha256: str
    begin: View
    end: View
    line: str


SHOTS = (
    Shot(
        "skimage/data/coffee.png",
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        View(0.5, 0.5, 598),
        View(0.46, 0.5, 470),
        "The day starts with a cup of coffee at the espresso bar.",
    ),
    Shot(
        "skimage/data/chelsea.png",
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        View(0.46, 0.46, 370),
        View(0.5, 0.5, 446),
        "This cat is called Chelsea, and she sleeps all day.",
    ),
    Shot(
        "skimage/data/rocket.jpg",
        "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
        View(0.42, 0.55, 460),
        View(0.5, 0.5, 460),
        "The rocket was launched in Florida, with a weather satellite on board.",
    ),
    Shot(
        "skimage/data/camera.png",
        "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
        View(0.47, 0.5, 470),
        View(0.5, 0.5, 510),
        "At the end, a man takes pictures with his old camera.",
    ),
)


def download_photos(folder: Path) -> dict[str, Image.Image]:
    """The photographs by name, out of the wheel, each checked against its hash."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    pip += ["--only-binary", ":all:", "--dest", str(folder), WHEEL]
    subprocess.run(pip, check=True)
    (wheel,) = folder.glob("*.whl")
    photos = {}
    with zipfile.ZipFile(wheel) as archive:
        for shot in SHOTS:
            content = archive.read(shot.photo)
            if hashlib.sha256(content).hexdigest() != shot.sha256:
                raise SystemExit(f"{shot.photo} in {wheel.name} is not the photograph expected")
            photos[shot.photo] = Image.open(io.BytesIO(content)).convert("RGB")
    return photos


def speak(line: str, folder: Path) -> NDArray[np.int16]:
    """The line as spoken by espeak-ng, mono."""
    target = folder / "line.wav"
    subprocess.run(["espeak-ng", *VOICE, "-w", str(target), line], check=True)
    with wave.open(str(target)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (SPEECH_RATE, 1)
        return np.frombuffer(sound.readframes(sound.getnframes()), np.int16)


def lay_out(speech: NDArray[np.int16]) -> tuple[NDArray[np.int16], int]:
    """The speech between its silences, as long as a whole number of frames, and that number."""
    before = round(SILENCE_BEFORE_S * SPEECH_RATE)
    samples = before + len(speech) + round(SILENCE_AFTER_S * SPEECH_RATE)
    samples_per_frame = SPEECH_RATE // FRAMES_PER_SECOND
    frames = -(-samples // samples_per_frame)
    track = np.zeros(frames * samples_per_frame, np.int16)
    track[before : before + len(speech)] = speech
    return track, frames


def move_over(photo: Image.Image, shot: Shot, frames: int) -> Iterator[Image.Image]:
    """The frames of one shot."""
    for index in range(frames):
        view = shot.begin.towards(shot.end, index / (frames - 1))
        half_w, half_h = view.width / 2, view.width * HEIGHT / WIDTH / 2
        x, y = view.x * photo.width, view.y * photo.height
        box = (x - half_w, y - half_h, x + half_w, y + half_h)
        yield photo.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, box=box)


def write_clip(shots: list[tuple[Iterator[Image.Image], NDArray[np.int16]]], target: Path) -> None:
    """Encodes pictures (H.264) and voice (AAC); one thread, so that the bytes repeat."""
    with av.open(str(target), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream(
            "libx264", FRAMES_PER_SECOND, options={"crf": "25", "preset": "slow"}
        )
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.gop_size, video.thread_count = KEYFRAME_EVERY, 1
        audio = container.add_stream("aac", SPEECH_RATE, layout="mono", bit_rate=48_000)
        position = 0
        for pictures, track in shots:
            for picture in pictures:
                container.mux(video.encode(av.VideoFrame.from_image(picture)))
            sound = av.AudioFrame.from_ndarray(track[None], format="s16", layout="mono")
            sound.sample_rate, sound.pts = SPEECH_RATE, position
            sound.time_base = Fraction(1, SPEECH_RATE)
            position += len(track)
            container.mux(audio.encode(sound))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def main() -> None:
    """Makes the clip at the place given, or where the package ships it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="?", type=Path, default=TARGET)
    target = parser.parse_args().target
    if shutil.which("espeak-ng") is None:
        raise SystemExit("espeak-ng is not on PATH; on Debian: apt install espeak-ng")
    with tempfile.TemporaryDirectory() as folder:
        photos = download_photos(Path(folder))
        shots = []
        for shot in SHOTS:
            track, frames = lay_out(speak(shot.line, Path(folder)))
            shots.append((move_over(photos[shot.photo], shot, frames), track))
        write_clip(shots, target)
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
