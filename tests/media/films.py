"""Films of a few pictures that are nothing alike."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from clips import picture_stream

Picture = NDArray[np.float32]
HEIGHT, WIDTH = 18, 32
BLACK = np.full((HEIGHT, WIDTH, 3), 16, np.float32)


def landscape(seed: int, width: int = WIDTH) -> Picture:
    """A picture of large soft patches, as pictures are, and no two alike."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:width]
    picture = np.zeros((HEIGHT, width, 3), np.float32)
    for _ in range(width // 2):
        place = (y - random.uniform(0, HEIGHT)) ** 2 + (x - random.uniform(0, width)) ** 2
        picture += np.exp(-place / random.uniform(8, 60))[..., None] * random.uniform(-90, 90, 3)
    return np.clip(picture + random.uniform(90, 150, 3), 16, 235).astype(np.float32)


def film(
    path: Path, pictures: Iterable[Picture], codec: str = "libx264", *, rate: int = 25
) -> Path:
    """A clip of so many frames a second; a keyframe every 12 frames."""
    with av.open(str(path), "w") as out:
        stream = picture_stream(out, codec, rate=rate)
        for number, one in enumerate(pictures):
            large = np.kron(one, np.ones((6, 5, 1))).astype(np.uint8)[:96, :160]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(large), "rgb24")
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(number / rate / frame.time_base)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


ONE, TWO, THREE = (landscape(seed) for seed in (1, 2, 3))


def with_chapters(source: Path, target: Path, chapters: Iterable[tuple[float, float, str]]) -> Path:
    """The same clip, with chapters: begin and end in seconds, and title."""
    written = [
        {
            "id": number,
            "start": round(start_s * 1000),
            "end": round(end_s * 1000),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": title},
        }
        for number, (start_s, end_s, title) in enumerate(chapters)
    ]
    with av.open(str(source)) as clip, av.open(str(target), "w") as out:
        pictures = out.add_stream_from_template(clip.streams.video[0])
        out.set_chapters(written)
        for packet in clip.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                out.mux(packet)
    return target
