"""Find the shots of a clip by decoding it to thumbnails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vidqa.media.clock import CLOCK_DIGITS
from vidqa.media.container.open_media import Losses, decoded, open_media, start_of, video_stream
from vidqa.media.sampling.shot_changes import Picture, Thumbnail, new_shots
from vidqa.types.media_info import VideoInfo

THUMBNAIL = (32, 18)
"""Pixels of width and height: enough to tell shots apart, too few for noise and small movement."""

MOST_PER_S = 30
"""Frames per second used at most: a cut takes as long in faster clips."""


def find_shots(info: VideoInfo, start_s: float, end_s: float) -> tuple[float, ...]:
    """Return when new shots begin in a part of a clip, in seconds from its first frame.

    Takes about as long as decoding the clip up to `end_s`; shots shorter than a third of a second
    are not separated. See `vidqa.media.sampling.shot_changes` for the method.

    Raises:
        VideoError: the clip cannot be read.

    """
    if info.kind != "video":
        return ()
    losses = Losses()
    shots = tuple(new_shots(_thumbnails(info.path, start_s, end_s, losses, threads=0)))
    if losses.packets or losses.cut_off or losses.missing:
        # with threads, what a damaged picture is patched up with depends on their timing
        shots = tuple(new_shots(_thumbnails(info.path, start_s, end_s, Losses(), threads=1)))
    return shots


def _thumbnails(
    path: Path, start_s: float, end_s: float, losses: Losses, *, threads: int
) -> Iterator[Thumbnail]:
    """Yield thumbnails of the frames in a part of a clip, at most `MOST_PER_S`."""
    with open_media(path) as container:
        stream = video_stream(container, path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        first_s, next_s = None, start_s
        for frame in decoded(container, stream, losses):
            if frame.time is None:
                continue
            first_s = start_of(frame) if first_s is None else first_s
            time_s = round(frame.time - first_s, CLOCK_DIGITS)
            if time_s > end_s:
                return
            if time_s >= next_s:
                yield Thumbnail(time_s, _small(frame))
                next_s = time_s + 0.9 / MOST_PER_S  # a little less: clocks are not that even


def _small(frame: Any) -> Picture:
    width, height = THUMBNAIL
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    pixels: Picture = small.to_ndarray().astype(np.float32)
    return pixels
