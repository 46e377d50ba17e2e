"""The ways to choose frames: one row of a table each. What they read comes in when they run."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from vidqa.media.sampling import strategies
from vidqa.prompt.paper.limits import Numbering, frame_indices
from vidqa.types.media_info import VideoInfo

RATE = re.compile(r"\d+(\.\d+)?|\d*\.\d+", re.ASCII)

HIGHEST_RATE = 240.0
"""Frames per second; no camera takes more."""

MOST_BY_RATE = 512
"""Frames at most of a sampler with a rate, where no number is given: the model's own number would
make a rate pointless."""


@dataclass(frozen=True, slots=True)
class Moments:
    """When to look at a clip."""

    times_s: tuple[float, ...]
    """In seconds from the first frame, increasing, at least one."""
    warnings: tuple[str, ...] = ()
    """What was done other than asked for."""
    numbering: Numbering | None = None
    """Which frames they are, where frames were counted: by `paper`."""

    def shown(self, times_s: Sequence[float]) -> Numbering | None:
        """Return which frames were shown at these times: two moments may have had the same one."""
        if self.numbering is None:
            return None
        places = (_nearest(self.times_s, time_s) for time_s in times_s)
        return replace(
            self.numbering, numbers=tuple(self.numbering.numbers[place] for place in places)
        )

    def all_warnings(self, shown: int) -> tuple[str, ...]:
        """Return those, and whether fewer frames than moments could be shown."""
        wanted = len(self.times_s)
        if shown == wanted:
            return self.warnings
        return (*self.warnings, f"{wanted} frames were asked for, only {shown} differ")


def _nearest(times_s: Sequence[float], time_s: float) -> int:
    return min(range(len(times_s)), key=lambda place: abs(times_s[place] - time_s))


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a clip to look at, and how many moments to choose in it."""

    info: VideoInfo
    start_s: float
    """In seconds from the first frame."""
    end_s: float
    count: int
    """At least 1."""
    rate_fps: float | None = None
    """For samplers that have a rate."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """One way to choose frames."""

    meaning: str
    """As the help of `--sample` says it."""
    choose: Callable[[Span], Moments]
    has_rate: bool = False
    """Whether it is written with frames per second, as `fps:2` is."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """A way to choose frames, by its name in `SAMPLERS`."""

    name: str = "uniform"
    rate_fps: float | None = None
    """Frames per second, for samplers that have a rate only."""

    def __post_init__(self) -> None:
        if self.name not in SAMPLERS:
            raise ValueError(f"Sampling: name must be one of {names()}, got {self.name!r}")
        if (self.rate_fps is not None) != SAMPLERS[self.name].has_rate:
            raise ValueError(f"Sampling: rate_fps goes with fps and nothing else, got {self!r}")
        if self.rate_fps is not None and not 0 < self.rate_fps <= HIGHEST_RATE:
            raise ValueError(
                f"Sampling: rate_fps must be above 0, at most {HIGHEST_RATE:g}, "
                f"got {self.rate_fps:g}"
            )

    @classmethod
    def parse(cls, text: str) -> "Sampling":
        """Read the name of a sampler, with its rate where it has one: `uniform`, `fps:2`.

        Raises:
            ValueError: there is no such sampler.

        """
        name, colon, rate = text.partition(":")
        sampler = SAMPLERS.get(name)
        if sampler is not None and not sampler.has_rate and not colon:
            return cls(name)
        if sampler is not None and sampler.has_rate and RATE.fullmatch(rate):
            return cls(name, float(rate))
        raise ValueError(f"no sampling is called {text!r}; there are {names()}")

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        return self.name if self.rate_fps is None else f"{self.name}:{self.rate_fps:g}"

    def most(self, asked: int | None, default: int) -> int:
        """Return how many frames to take at most: those asked for, else the model's own number."""
        if asked is not None:
            return asked
        return MOST_BY_RATE if SAMPLERS[self.name].has_rate else default

    def moments(self, info: VideoInfo, start_s: float, end_s: float, count: int) -> Moments:
        """Choose at most `count` moments. Raises VideoError where the clip cannot be read."""
        return SAMPLERS[self.name].choose(Span(info, start_s, end_s, count, self.rate_fps))


def _spread(span: Span) -> Moments:
    return Moments(strategies.uniform(span.start_s, span.end_s, span.count))


def _one_a_shot(span: Span) -> Moments:
    from vidqa.media.sampling.shots import find_shots

    shots = find_shots(span.info, span.start_s, span.end_s)
    return Moments(strategies.scene(shots, span.start_s, span.end_s, span.count))


def _at_keyframes(span: Span) -> Moments:
    from vidqa.media.container.ending import said_of_end
    from vidqa.media.container.timeline import read_timeline

    timeline = read_timeline(span.info)
    try:
        times_s = strategies.keyframes(timeline.key_times_s, span.start_s, span.end_s, span.count)
    except ValueError:
        return _instead("there is no keyframe in it", span)
    return Moments(times_s, said_of_end(timeline.frame_times_s[-1], span.end_s))


def _at_a_rate(span: Span) -> Moments:
    assert span.rate_fps is not None, "fps has a rate"
    times_s = strategies.every(span.start_s, span.end_s, span.rate_fps, span.count)
    wanted = strategies.steps_at(span.start_s, span.end_s, span.rate_fps)
    if wanted == len(times_s):
        return Moments(times_s)
    how = Sampling("fps", span.rate_fps)
    return Moments(times_s, (f"{how} would be {wanted} frames; {len(times_s)} of them are seen",))


def _as_in_the_paper(span: Span) -> Moments:
    """Count the frames of the stretch as if they were the clip; the header says how many."""
    from vidqa.media.container.ending import said_of_end
    from vidqa.media.container.timeline import read_timeline

    times_s = read_timeline(span.info).frame_times_s
    # a frame that began earlier is still shown when the stretch begins, but it is not in it
    inside = times_s[bisect_left(times_s, span.start_s) : bisect_left(times_s, span.end_s)]
    if not inside:
        return _instead("no frame begins in it", span)
    length_s, rate = span.end_s - span.start_s, span.info.frame_rate
    stated = int(length_s * rate) if rate else None
    chosen = frame_indices(len(inside), span.count, stated_frames=stated)
    return Moments(
        tuple(inside[number] for number in chosen),
        said_of_end(times_s[-1], span.end_s),
        Numbering(tuple(chosen), float(rate or len(inside) / length_s), span.start_s),
    )


def _instead(reason: str, span: Span) -> Moments:
    message = f"{reason}; the frames are evenly spread instead"
    return replace(_spread(span), warnings=(message,))


SAMPLERS: Mapping[str, Sampler] = {
    "uniform": Sampler("evenly spread", _spread),
    "scene": Sampler("one a shot", _one_a_shot),
    "keyframes": Sampler("at keyframes, quick on hours of video", _at_keyframes),
    "fps": Sampler("N a second", _at_a_rate, has_rate=True),
    "paper": Sampler("as in the paper", _as_in_the_paper),
}
"""By name. `uniform` and `fps` read nothing, `paper` and `keyframes` packets; `scene` decodes."""


def written_names() -> tuple[str, ...]:
    """Return the names as they are typed: `uniform`, `fps:N`."""
    return tuple(f"{name}:N" if one.has_rate else name for name, one in SAMPLERS.items())


def names() -> str:
    """Return the same in one line, for people."""
    return ", ".join(written_names())
