"""Choose moments of a clip: pure functions over times."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from heapq import heapify, heapreplace
from itertools import pairwise
from math import ceil

from vidqa.types.evenly import evenly


def uniform(start_s: float, end_s: float, count: int) -> tuple[float, ...]:
    """Return the centres of `count` equal slices of a stretch of time, in seconds.

    A stretch of no length has one moment.

    Raises:
        ValueError: `count` is below 1, or the stretch ends before it starts.

    """
    _check("uniform", start_s, end_s, count)
    slice_s = (end_s - start_s) / count
    return _within(start_s, end_s, (start_s + slice_s * (index + 0.5) for index in range(count)))


def every(start_s: float, end_s: float, rate_fps: float, max_count: int) -> tuple[float, ...]:
    """Return moments at a steady rate from the start on, the start included and the end not.

    Where they would be more than `max_count`, every second of them is taken, or every third and so
    on: the stretch is covered to its end, at a lower rate.

    Raises:
        ValueError: a number is not positive, or the stretch ends before it starts.

    """
    _check("every", start_s, end_s, max_count)
    if not rate_fps > 0:
        raise ValueError(f"every: rate_fps must be above 0, got {rate_fps}")
    steps = steps_at(start_s, end_s, rate_fps)
    stride = ceil(steps / max_count)
    return _within(start_s, end_s, (start_s + step / rate_fps for step in range(0, steps, stride)))


def steps_at(start_s: float, end_s: float, rate_fps: float) -> int:
    """Count the moments that `every` would take without a bound."""
    # a hair less, so that 2 s at 1 fps are two moments however the numbers were rounded
    return max(1, ceil((end_s - start_s) * rate_fps - 1e-6))


def scene(shots_s: Sequence[float], start_s: float, end_s: float, count: int) -> tuple[float, ...]:
    """Return the middle of each shot.

    Where there are fewer shots than `count`, the longest stretches are halved, cut in three and so
    on until there are enough; where there are more, evenly spread ones are chosen.

    Args:
        shots_s: when shots begin, in order; those outside the stretch do not matter.
        start_s: where the stretch begins, and its first shot.
        end_s: where it ends.
        count: how many moments.

    Raises:
        ValueError: `count` is below 1, or the stretch ends before it starts.

    """
    _check("scene", start_s, end_s, count)
    inside = (shot_s for shot_s in shots_s if start_s < shot_s < end_s)
    bounds = _within(start_s, end_s, (start_s, *inside, end_s))
    shots = list(pairwise(bounds)) or [(start_s, end_s)]
    if len(shots) >= count:
        chosen = evenly(shots, count)
        return _within(start_s, end_s, ((begin + end) / 2 for begin, end in chosen))
    parts = _share([end - begin for begin, end in shots], count)
    moments = (
        moment
        for (begin, end), number in zip(shots, parts, strict=True)
        for moment in uniform(begin, end, number)
    )
    return _within(start_s, end_s, moments)


def keyframes(
    key_times_s: Sequence[float], start_s: float, end_s: float, count: int
) -> tuple[float, ...]:
    """Return the keyframes nearest to evenly spread moments, each once: maybe fewer than `count`.

    Args:
        key_times_s: when keyframes are shown, in order.
        start_s: where the stretch begins.
        end_s: where it ends.
        count: how many moments at most.

    Raises:
        ValueError: `count` is below 1, the stretch ends before it starts, or no keyframe is in it.

    """
    _check("keyframes", start_s, end_s, count)
    keys = key_times_s[bisect_left(key_times_s, start_s) : bisect_right(key_times_s, end_s)]
    if not keys:
        raise ValueError(f"keyframes: there is none between {start_s:g} and {end_s:g} s")
    return _within(start_s, end_s, (_nearest(keys, one) for one in uniform(start_s, end_s, count)))


def _nearest(times_s: Sequence[float], time_s: float) -> float:
    """Return the one closest to a moment; of two as close the earlier."""
    place = bisect_left(times_s, time_s)
    return min(times_s[max(0, place - 1) : place + 1], key=lambda one: abs(one - time_s))


def _share(lengths_s: Sequence[float], count: int) -> list[int]:
    """Cut stretches into `count` parts in all, the longest part always next."""
    parts = [1] * len(lengths_s)
    longest = [(-length_s, index) for index, length_s in enumerate(lengths_s)]
    heapify(longest)
    for _ in range(count - len(lengths_s)):
        _, index = longest[0]
        parts[index] += 1
        heapreplace(longest, (-lengths_s[index] / parts[index], index))
    return parts


def _within(start_s: float, end_s: float, times_s: Iterable[float]) -> tuple[float, ...]:
    """Return the times in order, each once, inside the stretch however they were rounded."""
    return tuple(sorted({min(max(time_s, start_s), end_s) for time_s in times_s}))


def _check(name: str, start_s: float, end_s: float, count: int) -> None:
    if count < 1:
        raise ValueError(f"{name}: count must be at least 1, got {count}")
    if end_s < start_s:
        raise ValueError(f"{name}: end_s must not come before start_s, got {start_s} and {end_s}")
