"""Show windows of a clip closely, and a few frames of the rest around them, at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vidqa.engine.contents import ClipContents
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watch.encode_frames import EncodedFrames, FrameTaker
from vidqa.media.sampling.samplers import Moments
from vidqa.types import Cue
from vidqa.types.evenly import evenly

REST = 4
"""Of so many frames one is of the rest of the clip."""
LEAST_STEP_S = 0.01
"""Seconds between two frames; nearer ones are one frame."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A frame that was encoded with others."""

    time_s: float
    encoder: FrameTaker
    number: int


def composed(
    whole: ClipContents, parts: Mapping[Window, ClipContents], most_frames: int
) -> ClipContents:
    """Return contents with frames and words of some windows, and frames of what is around them.

    Args:
        whole: the clip, with frames of all of it.
        parts: what was seen and heard in the windows.
        most_frames: of all, at most.

    """
    around = [
        one
        for one in _frames(whole)
        if not any(part.start_s <= one.time_s < part.end_s for part in parts)
    ]
    around = evenly(around, min(most_frames // REST, most_frames - len(parts)))
    each = max(1, (most_frames - len(around)) // len(parts))
    close = [one for part in parts.values() for one in evenly(_frames(part), each)]
    frames = list(_apart(sorted([*around, *close], key=lambda one: one.time_s)))
    times_s = tuple(one.time_s for one in frames)
    encoder = whole.encoded.frames.joined([(one.encoder, (one.number,)) for one in frames])
    cues = {
        (cue.start_s, cue.end_s, cue.text, cue.on_screen): _beside(cue, window, times_s)
        for window, part in parts.items()
        for cue in part.words.cues
    }
    ordered = sorted(cues.values(), key=lambda cue: (cue.start_s, cue.end_s))
    return replace(
        whole,
        moments=Moments(times_s),
        encoded=EncodedFrames(encoder, times_s, whole.encoded.report),
        words=replace(whole.words, cues=tuple(ordered)),
    )


def _frames(contents: ClipContents) -> list[_Taken]:
    encoded = contents.encoded
    return [
        _Taken(time_s, encoded.frames, number)
        for number, time_s in enumerate(encoded.frame_times_s)
    ]


def _apart(frames: Sequence[_Taken]) -> Iterator[_Taken]:
    before_s = float("-inf")
    for one in frames:
        if one.time_s - before_s >= LEAST_STEP_S:
            yield one
            before_s = one.time_s


def _beside(cue: Cue, window: Window, times_s: Sequence[float]) -> Cue:
    """Let a cue begin no later than the last frame of its window, beside which it is shown."""
    last_s = max((one for one in times_s if window.start_s <= one < window.end_s), default=None)
    start_s = max(cue.start_s, window.start_s)
    return replace(cue, start_s=start_s if last_s is None else min(start_s, last_s))
