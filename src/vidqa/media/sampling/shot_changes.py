"""Detect shot changes in a series of thumbnails. Pure functions over pictures.

A new shot begins in one of two ways. A cut: from one frame to the next most of the picture changes,
much more than in the frames around, and it stays changed. A fade or dissolve: for a while every
frame is a mixture of the shots before and after. Movement is neither: a panning camera changes the
picture as much, but gradually, and not by mixing; nor is a flash, after which all is as before.

"Before" and "after" are medians over some frames, which a flash of fewer than half of them does
not affect.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from statistics import median

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
"""A thumbnail, shape (height, width, 3), 0 to 255."""

SPAN_S = 0.3
"""Seconds that count as before and after a frame; no shot is shorter."""

FEWEST_IN_SPAN = 3
"""Frames in a span at least, for clips with a low frame rate."""

RATE_FRAMES = 25
"""Frames from which the frame rate is measured: the first ones."""

# Chosen on some thirty clips of people, animals, traffic and cartoons.
CUT_CHANGE = 15.0
"""Mean difference per pixel, of 255, that makes a cut."""
CUT_SHARE = 0.7
"""Share of the change that comes with one frame."""
CUT_LEAP = 2.5
"""Ratio of that step to the steps around it."""

FADE_CHANGE = 15.0
FADE_UNEXPLAINED = 0.1
"""Share of the change, at most, that is not a mixture of before and after."""
FADE_PROGRESS = 0.1
"""Increase of the share of "after" in half a span, at least."""
FADE_MIDDLE = (0.3, 0.7)
"""Share of "after" in the middle frame: lowest and highest."""
SAME_SCENE = 0.9
"""Share of a picture's contrast (variance) that the one before explains if only the light changed:
the camera's exposure, or a lamp."""
NOISE = 3.0
"""Mean difference per pixel, of 255, corrected for light, below which nothing new is shown."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A frame scaled down, with its time."""

    time_s: float
    picture: Picture


def new_shots(thumbnails: Iterable[Thumbnail]) -> Iterator[float]:
    """Yield the times, in seconds, at which new shots begin, except the first.

    A new shot begins at its first frame, or halfway through a fade. Black and other blank frames
    belong to the shot before them.

    Args:
        thumbnails: in order of time, all of one shape.

    """
    last_s, fading = -np.inf, list[float]()
    for moment in _moments(thumbnails):
        is_cut = _is_cut(moment)
        if not is_cut and _is_fading(moment):
            fading.append(moment.time_s)
            continue
        for time_s in (*_middle(fading), *([moment.time_s] if is_cut else [])):
            if time_s - last_s >= SPAN_S:
                yield time_s
                last_s = time_s
        fading.clear()


def _middle(times_s: list[float]) -> list[float]:
    return times_s[len(times_s) // 2 :][:1]


@dataclass(frozen=True, slots=True)
class _Moment:
    """A frame and its surroundings, measured in spans of `SPAN_S`."""

    time_s: float
    before: Picture
    """The median of the span before the frame."""
    after: Picture
    """The median of the span that begins with the frame."""
    long_before: Picture
    """The median of the span before `before`."""
    long_after: Picture
    """The median of the span after `after`."""
    way: tuple[Picture, Picture, Picture]
    """The frames half a span earlier, at this time, and half a span later."""
    step: float
    """The mean difference of the frame from the one before it."""
    steps_around: float
    """The same for the frames around it: the median before or after it, whichever is larger."""


def _moments(thumbnails: Iterable[Thumbnail]) -> Iterator[_Moment]:
    """Yield each frame with its surroundings; the first and last frames are repeated as padding."""
    source = iter(thumbnails)
    first = list(islice(source, RATE_FRAMES))
    if len(first) < 2:
        return
    span = _frames_in_span(first)
    around: deque[tuple[Thumbnail, Picture, float]] = deque(maxlen=4 * span)
    recent: deque[Picture] = deque(maxlen=span)
    for thumbnail in _padded(first, source, span):
        step = float(np.abs(thumbnail.picture - recent[-1]).mean()) if recent else 0.0
        recent.append(thumbnail.picture)
        around.append((thumbnail, np.median(np.stack(recent), axis=0), step))
        if len(around) == around.maxlen:
            yield _moment(list(around), span)


def _moment(around: list[tuple[Thumbnail, Picture, float]], span: int) -> _Moment:
    place = 2 * span
    steps = [step for _, _, step in around]
    return _Moment(
        time_s=around[place][0].time_s,
        before=around[place - 1][1],
        after=around[place + span - 1][1],
        long_before=around[place - span - 1][1],
        long_after=around[place + 2 * span - 1][1],
        way=(
            around[place - span // 2][0].picture,
            around[place][0].picture,
            around[place + span // 2][0].picture,
        ),
        step=steps[place],
        steps_around=max(
            median(steps[place - span : place]), median(steps[place + 1 : place + span])
        ),
    )


def _padded(first: list[Thumbnail], rest: Iterable[Thumbnail], span: int) -> Iterator[Thumbnail]:
    yield from [first[0]] * span
    last = first[-1]
    yield from first
    for last in rest:
        yield last
    yield from [last] * span


def _frames_in_span(first: list[Thumbnail]) -> int:
    """Return the frames in a span, an odd number, so that the median is one of them."""
    per_frame_s = (first[-1].time_s - first[0].time_s) / (len(first) - 1)
    return max(FEWEST_IN_SPAN, round(SPAN_S / per_frame_s) | 1)


def _is_cut(moment: _Moment) -> bool:
    change = float(np.abs(moment.after - moment.before).mean())
    return (
        change >= CUT_CHANGE
        and moment.step >= CUT_SHARE * change
        and moment.step >= CUT_LEAP * moment.steps_around
        and _shows_new(moment.before, moment.after)
    )


def _is_fading(moment: _Moment) -> bool:
    """Return whether the frames around this one are mixtures with a growing share of "after"."""
    before, after = moment.long_before, moment.long_after
    direction = after - before
    change = float(np.abs(direction).mean())
    if change < FADE_CHANGE or not _shows_new(before, after):
        return False
    shares = [
        float(((one - before) * direction).sum() / (direction**2).sum()) for one in moment.way
    ]
    unexplained = max(
        float(np.abs(one - before - share * direction).mean()) / change
        for one, share in zip(moment.way, shares, strict=True)
    )
    early, middle, late = shares
    return (
        unexplained <= FADE_UNEXPLAINED
        and FADE_MIDDLE[0] <= middle <= FADE_MIDDLE[1]
        and min(middle - early, late - middle) >= FADE_PROGRESS
    )


def _shows_new(before: Picture, after: Picture) -> bool:
    """Return whether a picture is neither blank nor the one before in another light."""
    contrast, other = before - before.mean(), after - after.mean()
    own = float((contrast**2).sum())
    light = float((contrast * other).sum()) / own if own else 0.0
    left = other - light * contrast
    explained = 1 - float((left**2).sum()) / max(1.0, float((other**2).sum()))
    return float(np.abs(left).mean()) >= NOISE and explained < SAME_SCENE
