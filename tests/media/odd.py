"""Clips as cameras, discs and programs leave them: many tracks, tags, late pictures, raw streams.

Made with PyAV alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from clips import encode_pictures, picture_stream

RATE = 16_000
MILLISECOND = Fraction(1, 1000)

Line = tuple[float, float, str]
"""Begin and end in seconds, and text."""


@dataclass(frozen=True)
class Sound:
    """One track of sound."""

    samples: NDArray[np.float64]
    """(channels, samples) at 16 kHz, between -1 and 1."""
    language: str = ""
    title: str = ""
    is_default: bool = False
    begin_s: float = 0.0


@dataclass(frozen=True)
class Text:
    """One track of subtitles."""

    lines: Sequence[Line]
    language: str = ""
    title: str = ""
    is_default: bool = False
    is_forced: bool = False


@dataclass(frozen=True)
class Odd:
    """All that is in a clip."""

    pictures_ms: Sequence[int] = range(0, 2000, 40)
    sounds: Sequence[Sound] = ()
    texts: Sequence[Text] = ()
    tags: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """As Matroska, sound uncompressed."""
        with av.open(str(path), "w", format="matroska") as out:
            out.metadata.update(self.tags)
            video = picture_stream(out) if self.pictures_ms else None
            sounds = [_sound_stream(out, sound) for sound in self.sounds]
            texts = [_text_stream(out, text) for text in self.texts]
            if video is not None:
                encode_pictures(out, video, list(self.pictures_ms))
            for stream, sound in zip(sounds, self.sounds, strict=True):
                _encode(out, stream, sound)
            for stream, text in zip(texts, self.texts, strict=True):
                _mux_lines(out, stream, text.lines)
        return path


def tone(seconds: float, hertz: float = 440.0, level: float = 0.5) -> NDArray[np.float64]:
    """A tone, (samples,)."""
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE) * level


def write_raw(path: Path, codec: str, count: int, rate: int) -> Path:
    """Pictures as an encoder makes them, without a container."""
    form = {"libx264": "h264", "libx265": "hevc", "mpeg4": "m4v"}[codec]
    with av.open(str(path), "w", format=form) as out:
        stream = picture_stream(out, codec, rate=rate)
        encode_pictures(out, stream, [number * 1000 // rate for number in range(count)])
    return path


def write_encrypted(path: Path) -> Path:
    """An MP4 under Common Encryption, as shops sell films; the key is lost."""
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
        "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
    }
    with av.open(str(path), "w", format="mp4", options=options) as out:
        video, sound = picture_stream(out), out.add_stream("aac", 44100, layout="mono")
        encode_pictures(out, video, range(0, 2000, 40))
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 44100), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts = 44100, 0
        out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    return path


def _sound_stream(out: Any, sound: Sound) -> Any:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(sound.samples)]
    stream = out.add_stream("pcm_s16le", RATE, layout=layout)
    _mark(stream, sound)
    return stream


def _text_stream(out: Any, text: Text) -> Any:
    stream = out.add_mux_stream("subrip")
    stream.time_base = MILLISECOND
    _mark(stream, text)
    if text.is_forced:
        stream.disposition |= av.stream.Disposition.forced
    return stream


def _mark(stream: Any, track: Sound | Text) -> None:
    if track.language:
        stream.metadata["language"] = track.language
    if track.title:
        stream.metadata["title"] = track.title
    flag = av.stream.Disposition.default if track.is_default else av.stream.Disposition(0)
    stream.disposition = flag


def _encode(out: Any, stream: Any, sound: Sound) -> None:
    whole = np.round(sound.samples * 32767).astype(np.int16)  # (channels, samples)
    layout = stream.layout.name
    for begin in range(0, whole.shape[1], 1600):
        piece = np.ascontiguousarray(whole[:, begin : begin + 1600].T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(piece, format="s16", layout=layout)
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = round(sound.begin_s * RATE) + begin
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _mux_lines(out: Any, stream: Any, lines: Sequence[Line]) -> None:
    for begin_s, end_s, text in lines:
        packet = av.Packet(text.encode())
        packet.stream, packet.time_base = stream, MILLISECOND
        packet.pts = packet.dts = round(begin_s * 1000)
        packet.duration = round((end_s - begin_s) * 1000)
        out.mux(packet)
