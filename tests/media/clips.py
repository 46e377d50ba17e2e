"""Clips made for the tests: every picture carries its own number, written in black and white."""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

BITS = 8
BLOCK = 16
"""Pixels: large enough to survive any codec. The number stands in the upper left corner."""

WIDTH, HEIGHT = 160, 96
MILLISECOND = Fraction(1, 1000)

FIXED_RATE = ("mpeg4", "mpeg2video", "flv", "gif")
"""Encoders that know no times but those of a constant rate."""


def numbered_picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A grey picture with the number in two rows of four blocks; its lower right corner is red."""
    picture = np.full((height, width, 3), 90 + number % 60, np.uint8)
    for bit in range(BITS):
        y, x = BLOCK * (bit // 4), BLOCK * (bit % 4)
        picture[y : y + BLOCK, x : x + BLOCK] = 255 if number >> bit & 1 else 0
    picture[-BLOCK:, -BLOCK:] = (255, 0, 0)
    return picture


def read_number(pixels: NDArray[np.uint8]) -> int:
    """The number a picture carries."""
    number = 0
    for bit in range(BITS):
        y, x = BLOCK * (bit // 4), BLOCK * (bit % 4)
        block = pixels[y + 4 : y + BLOCK - 4, x + 4 : x + BLOCK - 4]
        number |= int(block.mean() > 128) << bit
    return number


def make_clip(
    path: Path | io.RawIOBase,
    times_ms: Sequence[int],
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    container: str | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    pix_fmt: str = "yuv420p",
    key_every: int = 12,
    rate: int = 25,
    sound_s: float = 0.0,
    flags: str | None = None,
) -> None:
    """Write picture 0, 1, 2... at the given times; with a sound of 440 Hz when asked."""
    target = str(path) if isinstance(path, Path) else path
    movflags = {"movflags": flags} if flags else {}
    with at_ordinary_priority(), av.open(target, "w", format=container, options=movflags) as out:
        video = picture_stream(
            out, codec, options=options, size=size, pix_fmt=pix_fmt, key_every=key_every, rate=rate
        )
        tone = tone_stream(out) if sound_s else None
        encode_pictures(out, video, times_ms)
        if tone is not None:
            encode_tone(out, tone, 0.0, sound_s)


@contextmanager
def at_ordinary_priority() -> Iterator[None]:
    """Keep this thread's priority.

    Run by root, the encoder libsvtav1 gives the thread that opens it real-time priority and leaves
    it there; every later child would inherit it, and starve all else on the machine.
    """
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def picture_stream(
    out: Any,
    codec: str = "libx264",
    *,
    options: dict[str, str] | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    pix_fmt: str = "yuv420p",
    key_every: int = 12,
    rate: int = 25,
) -> Any:
    """A new video stream; all streams must be there before the first is encoded."""
    stream = out.add_stream(codec, rate, options=options or {})
    stream.width, stream.height = size
    stream.pix_fmt = pix_fmt
    stream.gop_size = key_every
    stream.thread_count = 1
    stream.codec_context.time_base = Fraction(1, rate) if codec in FIXED_RATE else MILLISECOND
    return stream


def encode_pictures(out: Any, stream: Any, times_ms: Sequence[int], *, first: int = 0) -> None:
    """Encode the pictures `first`, `first` + 1... at the given times."""
    for index, time_ms in enumerate(times_ms):
        picture = numbered_picture(first + index, stream.width, stream.height)
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame.time_base = stream.codec_context.time_base
        frame.pts = round(Fraction(time_ms, 1000) / frame.time_base)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def tone_stream(out: Any) -> Any:
    """A new audio stream."""
    if "webm" in out.format.name:
        return out.add_stream("libopus", 48000, layout="mono")
    return out.add_stream("aac", 44100, layout="mono")


def encode_tone(out: Any, stream: Any, begin_s: float, seconds: float, *, end: bool = True) -> None:
    """A tone of 440 Hz from `begin_s` on; with `end=False` more of it may follow."""
    moments = np.arange(round(seconds * stream.sample_rate)) / stream.sample_rate
    encode_samples(out, stream, np.sin(2 * np.pi * 440 * moments) * 0.5, begin_s)
    if end:
        out.mux(stream.encode(None))


def encode_samples(out: Any, stream: Any, samples: NDArray[np.float64], begin_s: float) -> None:
    """Samples between -1 and 1 from `begin_s` on, at the stream's rate."""
    rate = stream.sample_rate
    for begin in range(0, len(samples), 960):
        piece = samples[None, begin : begin + 960].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = round(begin_s * rate) + begin
        out.mux(stream.encode(frame))


class Pipe(io.RawIOBase):
    """A target that cannot be rewound, as a live stream's: headers never learn the duration."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.content += data
        return len(data)


def turn(path: Path) -> None:
    """Put a display matrix of a quarter turn clockwise into an MP4's header."""
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    turned = [0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30]
    content[matrix : matrix + 36] = b"".join(n.to_bytes(4, "big", signed=True) for n in turned)
    path.write_bytes(content)


def hide_last_keyframe(path: Path) -> None:
    """Take the last keyframe out of an MP4's table of keyframes."""
    content = bytearray(path.read_bytes())
    count = content.index(b"stss") + 8
    listed = int.from_bytes(content[count : count + 4], "big")
    content[count : count + 4] = (listed - 1).to_bytes(4, "big")
    path.write_bytes(content)


def damage(path: Path, begin: float, end: float) -> None:
    """Overwrite a stretch of the pictures' data, given as fractions of it."""
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    size = int.from_bytes(content[start - 8 : start - 4], "big") - 8
    first, last = start + int(size * begin), start + int(size * end)
    content[first:last] = bytes(n % 251 for n in range(last - first))
    path.write_bytes(content)


def decode_all(path: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    """Every shown frame in order of time, by PyAV alone, times from the first one."""
    frames = []
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.best("video")):
            with suppress(av.error.InvalidDataError):
                frames += [
                    (shown.time, shown.to_ndarray(format="rgb24")) for shown in packet.decode()
                ]
    frames.sort(key=lambda shown: shown[0])
    return [(time - frames[0][0], pixels) for time, pixels in frames]
