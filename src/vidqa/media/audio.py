"""The sound of a clip as a recogniser wants it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from vidqa.media.container import Losses, clip_start, decoded, open_media

SAMPLE_RATE = 16_000
"""Whisper's."""

GAP_S = 0.1
"""Silence fills holes of at least this length in the time line, left by what cannot be decoded."""

LONGEST_GAP_S = 3600.0
"""A jump beyond an hour is a broken timestamp, not a silence."""


def read_audio(
    path: Path, *, start_s: float = 0.0, end_s: float | None = None
) -> NDArray[np.float32] | None:
    """Decode a stretch of a clip's sound.

    Args:
        path: the clip.
        start_s: where the stretch begins, in seconds from the clip's first frame.
        end_s: where it ends; the end of the sound if None.

    Returns:
        Mono samples between -1 and 1 at 16 kHz, the first of them at `start_s`; None when there is
        no sound in it. Damaged packets are silence.

    """
    begin_s = clip_start(path) + start_s
    length = None if end_s is None else max(0, round((end_s - start_s) * SAMPLE_RATE))
    with open_media(path) as container:
        stream = _audio_stream(container)
        if stream is None:
            return None
        track = _Track(length)
        for time_s, samples in _resampled(decoded(container, stream, Losses())):
            track.place(None if time_s is None else time_s - begin_s, samples)
            if track.is_full:
                break
    samples = track.samples()
    return samples.astype(np.float32) / np.float32(32768) if len(samples) else None


class _Track:
    """Samples from zero on, on the time line."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.parts: list[NDArray[np.int16]] = []
        self.length = 0
        self.next: int | None = None
        """Where the next samples go; below zero before the stretch begins."""

    @property
    def is_full(self) -> bool:
        """Nothing more can be placed."""
        return self.limit is not None and self.length >= self.limit

    def place(self, time_s: float | None, samples: NDArray[np.int16]) -> None:
        """Append samples; before them silence, or without those that come before zero."""
        if time_s is not None and self._is_jump(time_s):
            self.next = round(time_s * SAMPLE_RATE)
        position = self.next or 0
        self.next = position + len(samples)
        if position > self.length:
            self._append(np.zeros(position - self.length, np.int16))
        self._append(samples[max(0, -position) :])

    def _is_jump(self, time_s: float) -> bool:
        """Whether samples do not just follow the ones before."""
        if self.next is None:
            return time_s <= LONGEST_GAP_S
        return GAP_S <= time_s - self.next / SAMPLE_RATE <= LONGEST_GAP_S

    def _append(self, samples: NDArray[np.int16]) -> None:
        if self.limit is not None:
            samples = samples[: max(0, self.limit - self.length)]
        if len(samples):
            self.parts.append(samples)
            self.length += len(samples)

    def samples(self) -> NDArray[np.int16]:
        """All of them."""
        return np.concatenate(self.parts) if self.parts else np.zeros(0, np.int16)


def _audio_stream(container: Any) -> Any | None:
    """The sound that belongs to the picture shown; None when nothing of it can be decoded."""
    video = container.streams.best("video")
    stream = container.streams.best("audio", related=video)
    return None if stream is None or stream.codec_context is None else stream


def _resampled(frames: Iterator[Any]) -> Iterator[tuple[float | None, NDArray[np.int16]]]:
    """Each frame's time in the container and its samples at 16 kHz."""
    resampler: Any = None
    shape = None
    for frame in frames:
        if (now := (frame.format.name, frame.layout.name, frame.sample_rate)) != shape:
            resampler, shape = av.AudioResampler("s16", "mono", SAMPLE_RATE), now
        for piece in resampler.resample(frame):
            yield frame.time, piece.to_ndarray()[0]
