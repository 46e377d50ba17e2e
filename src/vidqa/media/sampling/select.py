"""The moments of one clip to look at: what the strategies need is read from the file."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vidqa.errors import UsageError
from vidqa.media.container.ending import said_of_end
from vidqa.media.container.timeline import read_timeline
from vidqa.media.sampling import strategies
from vidqa.media.sampling.shots import find_shots
from vidqa.media.sampling.strategies import Sampling
from vidqa.prompt.paper.limits import Numbering, frame_indices
from vidqa.prompt.recipe import Recipe
from vidqa.types.clock import clock
from vidqa.types.media_info import VideoInfo


@dataclass(frozen=True, slots=True)
class Moments:
    """Where to look."""

    times_s: tuple[float, ...]
    """In seconds from the first frame, increasing, at least one."""
    warnings: tuple[str, ...] = ()
    """What was done other than asked for."""
    numbering: Numbering | None = None
    """Which frames they are, where frames were counted: by `paper`."""

    def shown(self, times_s: Sequence[float]) -> Numbering | None:
        """Which frames were shown at these times: two moments may have had the same one."""
        if self.numbering is None:
            return None
        places = (_nearest(self.times_s, time_s) for time_s in times_s)
        return replace(
            self.numbering, numbers=tuple(self.numbering.numbers[place] for place in places)
        )

    def all_warnings(self, shown: int) -> tuple[str, ...]:
        """Those, and whether fewer frames than moments were there to show."""
        wanted = len(self.times_s)
        if shown == wanted:
            return self.warnings
        return (*self.warnings, f"{wanted} frames were asked for, only {shown} differ")


def _nearest(times_s: Sequence[float], time_s: float) -> int:
    return min(range(len(times_s)), key=lambda place: abs(times_s[place] - time_s))


def choose_sampling(recipe: Recipe, wanted: Sampling | None) -> Sampling:
    """The way to choose frames: the one wanted, else the recipe's.

    Raises:
        UsageError: the recipe `paper` has its own.

    """
    own = Sampling.parse(recipe.sampling)
    if wanted not in (None, own) and recipe.name == "paper":
        raise UsageError(
            "--recipe paper chooses the frames as the authors do", hint="leave --sample out"
        )
    return wanted or own


def as_typed(seconds: float) -> str:
    """A time as people write it: `7.5`, `12:30`, `1:02:03`."""
    if seconds < 60:
        return f"{seconds:g}"
    rounded = round(seconds, 2)
    return clock(rounded, 2 if rounded % 1 else 0)


def stretch(info: VideoInfo, start_s: float | None, end_s: float | None) -> tuple[float, float]:
    """Begin and end of the part of a clip to look at, in seconds from its first frame.

    Raises:
        UsageError: it lies outside the clip, or ends before it begins.

    """
    start = 0.0 if start_s is None else start_s
    end = info.duration_s if end_s is None else min(end_s, info.duration_s)
    if start < 0 or start >= info.duration_s > 0:
        raise UsageError(
            f"--start {as_typed(start)} lies outside the clip, which lasts {info.duration_s:.3f} s"
        )
    if end <= start and info.duration_s > 0:
        raise UsageError(f"--end {as_typed(end)} does not come after --start {as_typed(start)}")
    return start, max(start, end)


def find_moments(
    info: VideoInfo, how: Sampling, *, start_s: float, end_s: float, count: int
) -> Moments:
    """Choose at most `count` moments in a stretch of a clip.

    `uniform` and `fps` read nothing, `paper` and `keyframes` all packets, and `scene` decodes.

    Args:
        info: the clip, as probed.
        how: the way to choose them.
        start_s: where the stretch begins, in seconds from the first frame.
        end_s: where it ends.
        count: at least 1.

    Raises:
        UsageError: there is no such number of moments.
        VideoError: the clip cannot be read.

    """
    if count < 1:
        raise UsageError(f"--frames must be at least 1, got {count}")
    if info.kind != "video":
        return Moments((start_s,))
    match how.name:
        case "uniform":
            return Moments(strategies.uniform(start_s, end_s, count))
        case "scene":
            shots = find_shots(info, start_s, end_s)
            return Moments(strategies.scene(shots, start_s, end_s, count))
        case "keyframes":
            return _at_keyframes(info, start_s, end_s, count)
        case "paper":
            return _as_in_the_paper(info, start_s, end_s, count)
        case "fps":
            return _at_a_rate(how, start_s, end_s, count)


def _at_keyframes(info: VideoInfo, start_s: float, end_s: float, count: int) -> Moments:
    timeline = read_timeline(info)
    try:
        times_s = strategies.keyframes(timeline.key_times_s, start_s, end_s, count)
    except ValueError:
        return _instead("there is no keyframe in it", start_s, end_s, count)
    return Moments(times_s, said_of_end(timeline.frame_times_s[-1], end_s))


def _as_in_the_paper(info: VideoInfo, start_s: float, end_s: float, count: int) -> Moments:
    """By the frames of the stretch as if they were the clip; the header says how many to expect."""
    times_s = read_timeline(info).frame_times_s
    # a frame that began earlier is still shown when the stretch begins, but it is not in it
    inside = times_s[bisect_left(times_s, start_s) : bisect_left(times_s, end_s)]
    if not inside:
        return _instead("no frame begins in it", start_s, end_s, count)
    rate_fps = float(info.frame_rate or len(inside) / (end_s - start_s))
    stated = int((end_s - start_s) * info.frame_rate) if info.frame_rate else None
    chosen = frame_indices(len(inside), count, stated_frames=stated)
    return Moments(
        tuple(inside[number] for number in chosen),
        said_of_end(times_s[-1], end_s),
        Numbering(tuple(chosen), rate_fps, start_s),
    )


def _at_a_rate(how: Sampling, start_s: float, end_s: float, count: int) -> Moments:
    assert how.rate_fps is not None, "fps has a rate"
    times_s = strategies.every(start_s, end_s, how.rate_fps, count)
    wanted = strategies.steps_at(start_s, end_s, how.rate_fps)
    if wanted == len(times_s):
        return Moments(times_s)
    return Moments(times_s, (f"{how} would be {wanted} frames; {len(times_s)} of them are seen",))


def _instead(reason: str, start_s: float, end_s: float, count: int) -> Moments:
    said = f"{reason}; the frames are evenly spread instead"
    return Moments(strategies.uniform(start_s, end_s, count), (said,))
