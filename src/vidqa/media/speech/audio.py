"""The sound of a clip as a recogniser wants it: block after block, however long it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from vidqa.errors import NotAVideoError
from vidqa.media.container.open_media import (
    Losses,
    decoded,
    is_picture,
    open_media,
    quoted,
    words_start,
)
from vidqa.media.speech.tracks import choose_track, ends_early, name_tracks

SAMPLE_RATE = 16_000
"""Whisper's."""

BLOCK_S = 120.0
"""The longest block: enough of Whisper's windows for a batch; 4 MB."""

FIRST_BLOCK_S = 30.0
"""The longest first block, so that the first words come soon."""

SEARCH_S = 15.0
"""A block is cut at the quietest place of its last seconds; nobody speaks that long in one breath
without a pause."""

HUSH_S = 0.3
"""How long the quiet place is: a pause between two sentences, not one between two words."""

STEP_S = 0.02
"""How finely it is looked for."""

GAP_S = 0.1
"""Silence fills holes of at least this length in the time line, left by what cannot be decoded."""

LONGEST_SILENCE_S = 10.0
"""A hole longer than this is not filled: the next block begins after it."""

CANCELLED = 0.01
"""Channels cancel each other out where their sum has less of the loudest one's power than this:
-20 dB. A voice in one of two channels loses 6 dB."""

LONGEST_GAP_S = 3600.0
"""A jump beyond an hour is a broken timestamp, not a silence."""


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """A stretch of sound, cut where it is quiet."""

    start_s: float
    """Where it begins, in seconds from where players begin."""
    samples: NDArray[np.int16]
    """Mono, at 16 kHz."""
    lost_packets: int = 0
    """How many packets could not be decoded since the block before; they are silence."""
    cut_off: bool = False
    """The file could not be read any further."""
    note: str = ""
    """Of several tracks, which one was taken and what else there is."""

    @property
    def end_s(self) -> float:
        """Where it ends, in seconds from where players begin."""
        return self.start_s + len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class SoundInfo:
    """What a file says of its sound."""

    tracks: int
    """How many tracks can be decoded."""
    duration_s: float
    """Of the whole file; 0 when it does not say."""


def probe_sound(path: Path) -> SoundInfo:
    """Look for sound in a file, with a picture or without. Raises as `audio_blocks` does."""
    with open_media(path) as container:
        if is_picture(container):
            raise NotAVideoError(f"{quoted(path)} is a picture: there is nothing to hear in it")
        tracks = sum(stream.codec_context is not None for stream in container.streams.audio)
        return SoundInfo(tracks, max(0.0, float((container.duration or 0) / av.time_base)))


def audio_blocks(
    path: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    language: str | None = None,
    track: str | None = None,
    block_s: float = BLOCK_S,
) -> Iterator[AudioBlock]:
    """Decode a stretch of a clip's sound; nothing comes of a clip without sound.

    Args:
        path: the clip.
        start_s: where the stretch begins, in seconds from where players begin (see
            `VideoInfo.lead_s`).
        end_s: where it ends; the end of the sound if None.
        language: of several tracks, the first that is marked with this language is taken.
        track: number or language of the track to take.
        block_s: the longest block, in seconds.

    Yields:
        Blocks in order of time, none empty. Damaged packets are silence.

    Raises:
        ClipNotFoundError: there is no such file.
        NotAVideoError: it cannot be read.
        UsageError: the track asked for is not there.

    """
    begin_s = words_start(path) + start_s
    length = None if end_s is None else max(0, round((end_s - start_s) * SAMPLE_RATE))
    with open_media(path) as container:
        stream = choose_track(container, path, language, track)
        if stream is None:
            return
        losses = Losses()
        cutter = _Cutter(start_s, length, round(block_s * SAMPLE_RATE), losses)
        cutter.note = name_tracks(container, stream) if track is None else ""
        for time_s, samples in _resampled(decoded(container, stream, losses), losses):
            yield from cutter.place(None if time_s is None else time_s - begin_s, samples)
            if cutter.is_full:
                break
        if not cutter.is_full and ends_early(stream, begin_s + cutter.end / SAMPLE_RATE):
            losses.cut_off = True
    yield from cutter.rest()


class _Cutter:
    """Puts samples on the time line, from zero on, and cuts it into blocks."""

    def __init__(self, start_s: float, limit: int | None, longest: int, losses: Losses) -> None:
        self.start_s = start_s
        self.limit = limit
        self.usual = longest
        self.longest = min(longest, round(FIRST_BLOCK_S * SAMPLE_RATE))
        self.losses = losses
        self.reported_losses = 0
        """Losses that an earlier block has told of."""
        self.parts: list[NDArray[np.int16]] = []
        self.begin = 0
        """Where the block begins that is being filled."""
        self.end = 0
        """How far the time line is filled."""
        self.note = ""
        """For every block."""
        self.next: int | None = None
        """Where the next samples go; below zero before the stretch begins."""

    @property
    def is_full(self) -> bool:
        """Nothing more can be placed."""
        return self.limit is not None and self.end >= self.limit

    def place(self, time_s: float | None, samples: NDArray[np.int16]) -> Iterator[AudioBlock]:
        """Append samples; before them silence, or without those that come before zero."""
        if time_s is not None and self._is_jump(time_s):
            self.next = round(time_s * SAMPLE_RATE)
        position = self.next or 0
        self.next = position + len(samples)
        hole = position - self.end
        if hole > LONGEST_SILENCE_S * SAMPLE_RATE:
            yield from self._block(self.end - self.begin)
            self.begin = self.end = position
        elif hole > 0:
            self._append(np.zeros(hole, np.int16))
        self._append(samples[max(0, -position) :])
        while self.end - self.begin >= self.longest:
            yield from self._block(self._quiet_place())

    def rest(self) -> Iterator[AudioBlock]:
        """Return the last block."""
        yield from self._block(self.end - self.begin, cut_off=self.losses.cut_off)

    def _is_jump(self, time_s: float) -> bool:
        """Return whether samples do not just follow the ones before."""
        if self.next is None:
            return time_s <= LONGEST_GAP_S
        return GAP_S <= time_s - self.next / SAMPLE_RATE <= LONGEST_GAP_S

    def _append(self, samples: NDArray[np.int16]) -> None:
        if self.limit is not None:
            samples = samples[: max(0, self.limit - self.end)]
        if len(samples):
            self.parts.append(samples)
            self.end += len(samples)

    def _block(self, length: int, *, cut_off: bool = False) -> Iterator[AudioBlock]:
        """Hand out the first samples and keep the others for the next block."""
        if not length:
            return
        filled = np.concatenate(self.parts)
        lost, self.reported_losses = self.losses.packets - self.reported_losses, self.losses.packets
        self.parts = [filled[length:].copy()]
        self.longest = self.usual
        start_s = self.start_s + self.begin / SAMPLE_RATE
        self.begin += length
        yield AudioBlock(start_s, filled[:length], lost, cut_off, self.note)

    def _quiet_place(self) -> int:
        """Choose where to cut: in the middle of the quietest part near the longest block's end."""
        search = min(round(SEARCH_S * SAMPLE_RATE), self.longest // 2)
        first = self.longest - search
        tail = np.concatenate(self.parts)[first : self.longest]
        return first + quietest(tail)


def quietest(samples: NDArray[np.int16]) -> int:
    """Return the middle of the quietest stretch of a sound; of several equal ones, of the last."""
    step, steps = round(STEP_S * SAMPLE_RATE), round(HUSH_S / STEP_S)
    count = len(samples) // step
    if count <= steps:
        return len(samples)
    pieces = samples[: count * step].reshape(count, step).astype(np.float32)  # (count, step)
    energy = np.square(pieces).mean(axis=1, dtype=np.float64)  # (count,)
    hush = np.convolve(energy, np.ones(steps), "valid")  # (count - steps + 1,)
    last = len(hush) - 1 - int(np.argmin(hush[::-1]))
    return last * step + steps * step // 2


def _resampled(
    frames: Iterator[Any], losses: Losses
) -> Iterator[tuple[float | None, NDArray[np.int16]]]:
    """Yield each frame's time in the container and its samples at 16 kHz."""
    mixer: _Mixer | None = None
    shape = None
    for frame in frames:
        if (now := (frame.format.name, frame.layout.name, frame.sample_rate)) != shape:
            mixer, shape = _Mixer(frame.layout.nb_channels), now
        try:
            pieces = mixer.mix(frame) if mixer else []
        except (av.error.FFmpegError, ValueError):
            shape = None
            losses.packets += 1  # decoded to a sound that cannot be, at no rate or in no channels
            continue
        for samples in pieces:
            yield frame.time, samples


class _Mixer:
    """Mixes channels into one; where they cancel each other out, the loudest stands for all."""

    def __init__(self, channels: int) -> None:
        self._sum = av.AudioResampler("s16", "mono", SAMPLE_RATE)
        self._apart = av.AudioResampler("s16p", None, SAMPLE_RATE) if channels > 1 else None

    def mix(self, frame: Any) -> Iterator[NDArray[np.int16]]:
        """Mix a frame to one channel at 16 kHz."""
        sums = [piece.to_ndarray()[0] for piece in self._sum.resample(frame)]
        if self._apart is None:
            return iter(sums)
        apart = [piece.to_ndarray() for piece in self._apart.resample(frame)]
        return map(self._loud, sums, apart)

    def _loud(self, mixed: NDArray[np.int16], channels: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the sum (samples), or one of the channels (channels, samples)."""
        powers = [float(np.square(one, dtype=np.float64).sum()) for one in (mixed, *channels)]
        loudest = int(np.argmax(powers[1:]))
        return channels[loudest] if powers[0] < CANCELLED * powers[1 + loudest] else mixed
