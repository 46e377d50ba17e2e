"""Which moments of a clip to look at. Pure functions over times."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

CLOCK_DIGITS = 6
"""Times are compared to the microsecond: a moment computed to be a frame's own time is its time."""

Strategy = Literal["uniform", "paper", "fps", "scene", "keyframes"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How moments are chosen."""

    strategy: Strategy = "uniform"
    rate_fps: float | None = None
    """Frames a second, with the strategy `fps` only."""

    def __post_init__(self) -> None:
        if self.strategy not in get_args(Strategy):
            raise ValueError(
                f"Sampling: strategy must be one of {', '.join(get_args(Strategy))}, "
                f"got {self.strategy!r}"
            )
        if (self.strategy == "fps") != (self.rate_fps is not None):
            raise ValueError("Sampling: rate_fps belongs to the strategy fps, and is needed there")
        if self.rate_fps is not None and not 0 < self.rate_fps <= 1000:
            raise ValueError(f"Sampling: rate_fps must lie in (0, 1000], got {self.rate_fps}")

    @classmethod
    def parse(cls, text: str) -> "Sampling":
        """Read `uniform`, `paper`, `scene`, `keyframes`, or `fps:2`.

        Raises:
            ValueError: it is none of them.

        """
        name, colon, rate = text.partition(":")
        return cls(name, float(rate) if colon else None)  # type: ignore[arg-type]


def uniform(start_s: float, end_s: float, count: int) -> tuple[float, ...]:
    """The centres of `count` equal slices of a stretch of time, in seconds.

    Raises:
        ValueError: `count` is below 1, or the stretch ends before it starts.

    """
    _check("uniform", start_s, end_s, count)
    slice_s = (end_s - start_s) / count
    return tuple(start_s + slice_s * (index + 0.5) for index in range(count))


def paper(start_s: float, end_s: float, rate_fps: float, count: int) -> tuple[float, ...]:
    """The frames the authors' program takes: every n-th from the first, so the tail may be unseen.

    With N frames, n is N // count but at least 1 (arXiv 2404.03413, `prepare_input`): of a clip of
    1.9 times `count` frames only the first 53 % are seen. The moments are the middles of those
    frames at a constant rate.

    Raises:
        ValueError: as for `uniform`, or the rate is not positive.

    """
    _check("paper", start_s, end_s, count)
    if rate_fps <= 0:
        raise ValueError(f"paper: rate_fps must be positive, got {rate_fps}")
    frames = max(1, int((end_s - start_s) * rate_fps))
    step = max(1, frames // count)
    return tuple(start_s + (n + 0.5) / rate_fps for n in range(0, frames, step)[:count])


def every(start_s: float, end_s: float, rate_fps: float, most: int | None) -> tuple[float, ...]:
    """The moments of a steady beat from `start_s` on; an even choice of them if they are too many.

    Raises:
        ValueError: as for `paper`.

    """
    _check("fps", start_s, end_s, 1 if most is None else most)
    if rate_fps <= 0:
        raise ValueError(f"fps: rate_fps must be positive, got {rate_fps}")
    beats = max(1, int((end_s - start_s) * rate_fps + 1e-9))
    return _evenly([start_s + n / rate_fps for n in range(beats)], most or beats)


def scene(shots_s: Sequence[float], start_s: float, end_s: float, count: int) -> tuple[float, ...]:
    """The middle of every shot; the longest are looked at more often until there are `count`.

    Args:
        shots_s: where shots begin, increasing; the stretch begins with one even if it is not there.
        start_s: where the stretch begins.
        end_s: where it ends.
        count: how many moments; of more shots than that an even choice is taken.

    Raises:
        ValueError: as for `uniform`.

    """
    _check("scene", start_s, end_s, count)
    inside = [time_s for time_s in shots_s if start_s < time_s < end_s]
    shots = list(pairwise([start_s, *inside, end_s]))
    looks = [1] * len(shots)
    while sum(looks) < count:
        lengths = [(end - begin) / n for (begin, end), n in zip(shots, looks, strict=True)]
        looks[lengths.index(max(lengths))] += 1
    times_s = [t for shot, n in zip(shots, looks, strict=True) for t in uniform(*shot, n)]
    return _evenly(times_s, count)


def keyframes(
    keys_s: Sequence[float], start_s: float, end_s: float, count: int
) -> tuple[float, ...]:
    """The uniform moments, each moved to the nearest keyframe of the stretch; none twice.

    Without a keyframe in the stretch it is its beginning.

    Raises:
        ValueError: as for `uniform`.

    """
    wanted = uniform(start_s, end_s, count)
    inside = [time_s for time_s in keys_s if start_s <= time_s < end_s]
    if not inside:
        return (start_s,)
    return tuple(sorted({min(inside, key=lambda key_s: abs(key_s - t)) for t in wanted}))


def _check(name: str, start_s: float, end_s: float, count: int) -> None:
    if count < 1:
        raise ValueError(f"{name}: count must be at least 1, got {count}")
    if end_s < start_s:
        raise ValueError(f"{name}: end_s must not come before start_s, got {start_s} and {end_s}")


def _evenly(times_s: Sequence[float], most: int) -> tuple[float, ...]:
    """At most so many of the times, spread over them."""
    if len(times_s) <= most:
        return tuple(times_s)
    return tuple(times_s[int(len(times_s) * (n + 0.5) / most)] for n in range(most))
