"""The authors' frame sampling: every n-th frame from the first, up to a limit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one decoder's prompt in the authors' programs."""

    max_frames: int
    max_words: int
    context_tokens: int
    """Tokens at the end of a longer prompt that are read; the rest is cut off."""


LLAMA2 = Budget(max_frames=45, max_words=400, context_tokens=3700)
"""Limits for Llama-2-7b-chat, from the authors' inference script."""
MISTRAL = Budget(max_frames=90, max_words=800, context_tokens=7500)
"""Limits for Mistral-7B-Instruct-v0.2, from the authors' inference script."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbers of the shown frames in a clip, or in a part of it."""

    numbers: tuple[int, ...]
    """Numbers of the frames shown, increasing; the part begins with number 0."""
    frames_per_s: float
    """Frames per second, as the header states or as measured."""
    start_s: float = 0.0
    """Seconds from the start of the clip to the start of the part."""


def frame_indices(
    frame_count: int, max_frames: int, *, stated_frames: int | None = None
) -> list[int]:
    """Choose the frames of a clip: every n-th from the first, n whole, up to `max_frames`.

    n is the number of frames over `max_frames`, rounded down, at least 1. So the end of a clip is
    not shown, up to almost half of it just below a multiple of `max_frames`: of 179 frames and
    at most 90, the first 90 are chosen.

    Args:
        frame_count: the number of frames, at least one.
        max_frames: the most frames to choose.
        stated_frames: the number of frames that the header claims (duration times rate, rounded
            down), from which n is computed; `frame_count` if None.

    Raises:
        ValueError: a number is not positive.

    """
    believed = frame_count if stated_frames is None else stated_frames
    return _every(frame_count, max_frames, step=max(1, believed // max(1, max_frames)))


def tvqa_indices(frame_count: int, max_frames: int) -> list[int]:
    """Choose the pictures of a TVQA folder; the step is rounded half to even. Raises likewise."""
    return _every(frame_count, max_frames, step=max(1, round(frame_count / max(1, max_frames))))


def padded(indices: list[int], length: int) -> list[int]:
    """Repeat the last frame up to `length`, as training and evaluation do for short clips."""
    return indices + indices[-1:] * (length - len(indices))


def _every(frame_count: int, max_frames: int, *, step: int) -> list[int]:
    if frame_count < 1 or max_frames < 1:
        raise ValueError(f"needs at least one frame, got {frame_count} of at most {max_frames}")
    return list(range(0, frame_count, step))[:max_frames]
