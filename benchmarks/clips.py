"""Clips for the benchmarks: half a minute at 1080p with speech, repeated to any length."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

DEMO = Path(__file__).parents[1] / "src" / "vidqa" / "data" / "demo.mp4"
WIDTH, HEIGHT, RATE = 1920, 1080, 30
BASE_S = 30
SAMPLE_RATE = 48_000


def make_clip(target: Path, seconds: int, source: Path | None = None) -> None:
    """A clip of so many seconds, made from half a minute that is kept beside it."""
    base = target.with_name("base.mp4")
    if not base.is_file():
        encode(base, source)
    if not target.is_file():
        repeat(base, target, seconds)


def encode(target: Path, source: Path | None) -> None:
    """Half a minute by x264 and AAC: the source's pictures or made ones, the demo clip's voice."""
    with av.open(str(target), "w") as out:
        video = out.add_stream("libx264", RATE, options={"preset": "fast", "crf": "23"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = out.add_stream("aac", SAMPLE_RATE, layout="mono")
        for number, pixels in enumerate(pictures_of(source) if source else motion()):
            if number == BASE_S * RATE:
                break
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        encode_voice(out, sound)


def encode_voice(out: Any, stream: Any) -> None:
    """The demo clip's sound, with silence up to the end of the half minute."""
    resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
    with av.open(str(DEMO)) as container:
        pieces = [
            piece.to_ndarray()
            for frame in container.decode(container.streams.audio[0])
            for piece in resampler.resample(frame)
        ]
    samples = np.zeros((1, BASE_S * SAMPLE_RATE), np.float32)
    voice = np.concatenate(pieces, axis=1)[:, : samples.shape[1]]
    samples[:, : voice.shape[1]] = voice
    for begin in range(0, samples.shape[1], 1024):
        part = np.ascontiguousarray(samples[:, begin : begin + 1024])
        frame = av.AudioFrame.from_ndarray(part, "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, begin, Fraction(1, SAMPLE_RATE)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def pictures_of(source: Path) -> Iterator[NDArray[np.uint8]]:
    """The frames of a clip, again and again."""
    while True:
        with av.open(str(source)) as container:
            for frame in container.decode(container.streams.best("video")):
                yield frame.to_ndarray(format="rgb24", width=WIDTH, height=HEIGHT)


def motion() -> Iterator[NDArray[np.uint8]]:
    """A textured picture that drifts, under sensor noise; another one every seven seconds."""
    draw = np.random.default_rng(0)
    while True:
        coarse = draw.integers(0, 255, (68, 120, 3)).astype(np.uint8)
        scene = Image.fromarray(coarse).resize((2 * WIDTH, 2 * HEIGHT), Image.Resampling.BICUBIC)
        wide = np.asarray(scene)
        for step in range(7 * RATE):
            x, y = 3 * step, step
            noise = draw.integers(0, 6, (HEIGHT, WIDTH, 1)).astype(np.uint8)
            yield wide[y : y + HEIGHT, x : x + WIDTH] // 2 + 40 + noise


def repeat(base: Path, target: Path, seconds: int) -> None:
    """The same packets again and again, each time half a minute later."""
    last: dict[int, int] = {}
    with av.open(str(target), "w") as out:
        with av.open(str(base)) as container:
            streams = [out.add_stream_from_template(one) for one in container.streams]
        for begin_s in range(0, seconds, BASE_S):
            with av.open(str(base)) as container:
                for packet in container.demux():
                    place = packet.stream_index
                    shift = round(begin_s / packet.time_base)
                    if packet.dts is None or (packet.pts + shift) * packet.time_base >= seconds:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    if packet.dts <= last.get(place, packet.dts - 1):
                        continue  # AAC begins a little before zero, where the last round still is
                    last[place] = packet.dts
                    packet.stream = streams[place]
                    out.mux(packet)
