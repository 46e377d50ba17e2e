"""Which frames the released weights are shown: every n-th from the first, up to a limit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """What one decoder is shown at most, in the authors' programs."""

    max_frames: int
    max_words: int
    context_tokens: int
    """Of a longer prompt only so many last places are read."""


LLAMA2 = Budget(max_frames=45, max_words=400, context_tokens=3700)
"""Llama-2-7b-chat, as the authors' inference script sets it."""
MISTRAL = Budget(max_frames=90, max_words=800, context_tokens=7500)
"""Mistral-7B-Instruct-v0.2, as the authors' inference script sets it."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """Frames of a clip, or of a stretch of it, by their numbers."""

    numbers: tuple[int, ...]
    """Those shown, increasing; the stretch begins with number 0."""
    frames_per_s: float
    """As the header states, or as the frames are."""
    start_s: float = 0.0
    """Where the stretch begins in the clip."""


def frame_indices(
    frame_count: int, max_frames: int, *, stated_frames: int | None = None
) -> list[int]:
    """The frames shown of a clip: every n-th from the first, n whole, up to `max_frames`.

    n is the number of frames over `max_frames`, rounded down, at least 1. So the end of a clip goes
    unseen, almost half of it where the number of frames is just below a multiple of `max_frames`:
    of 179 frames and at most 90 it is the first 90.

    Args:
        frame_count: how many frames there are, at least one.
        max_frames: the most to show.
        stated_frames: how many the header claims, duration times rate rounded down: it is what n
            is computed from; `frame_count` if None.

    Raises:
        ValueError: a number is not positive.

    """
    believed = frame_count if stated_frames is None else stated_frames
    return _every(frame_count, max_frames, step=max(1, believed // max(1, max_frames)))


def tvqa_indices(frame_count: int, max_frames: int) -> list[int]:
    """The pictures shown of a TVQA folder; the step is rounded, half to even. Raises likewise."""
    return _every(frame_count, max_frames, step=max(1, round(frame_count / max(1, max_frames))))


def padded(indices: list[int], length: int) -> list[int]:
    """Repeat the last frame up to `length`, as training and evaluation do with short clips."""
    return indices + indices[-1:] * (length - len(indices))


def _every(frame_count: int, max_frames: int, *, step: int) -> list[int]:
    if frame_count < 1 or max_frames < 1:
        raise ValueError(f"needs at least one frame, got {frame_count} of at most {max_frames}")
    return list(range(0, frame_count, step))[:max_frames]
