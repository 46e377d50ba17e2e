"""Choose the moments of a clip to look at, whatever has to be read for it."""

from bisect import bisect_left
from dataclasses import dataclass

from vidqa.errors import UsageError
from vidqa.media import sampling
from vidqa.media.container import quoted
from vidqa.media.sampling import Sampling
from vidqa.media.shots import find_shots
from vidqa.media.timeline import key_times, read_timeline
from vidqa.types import VideoInfo


@dataclass(frozen=True, slots=True)
class Moments:
    """Where to look."""

    times_s: tuple[float, ...]
    """In seconds from the first frame, increasing, at least one."""
    warnings: tuple[str, ...] = ()
    """What was done other than asked for."""


def choose_moments(
    info: VideoInfo, sample: Sampling, *, start_s: float, end_s: float, count: int
) -> Moments:
    """Choose at most `count` moments in a stretch of a clip.

    `uniform` and `fps` read nothing, `paper` and `keyframes` all packets, and `scene` decodes.

    Args:
        info: the clip, as probed.
        sample: the way to choose them.
        start_s: where the stretch begins, in seconds from the first frame.
        end_s: where it ends.
        count: at least 1.

    Raises:
        UsageError: nothing can be chosen that way.
        VideoError: the clip cannot be read.

    """
    match sample.name:
        case "uniform":
            return Moments(sampling.uniform(start_s, end_s, count))
        case "scene":
            shots = find_shots(info.path, start_s, end_s)
            return Moments(sampling.scene(shots, start_s, end_s, count))
        case "keyframes":
            return Moments(_keyframes(info, start_s, end_s, count))
        case "paper":
            return Moments(_paper(info, start_s, end_s, count))
        case "fps":
            return _every(sample, start_s, end_s, count)


def _keyframes(info: VideoInfo, start_s: float, end_s: float, count: int) -> tuple[float, ...]:
    try:
        return sampling.keyframes(key_times(info), start_s, end_s, count)
    except ValueError as error:
        raise _nothing(info, "keyframe", start_s, end_s) from error


def _paper(info: VideoInfo, start_s: float, end_s: float, count: int) -> tuple[float, ...]:
    """The authors' rule, applied to the frames of the stretch as if they were the clip."""
    times_s = read_timeline(info).frame_times_s
    # a frame that began earlier is still shown when the stretch begins, but it is not in it
    inside = times_s[bisect_left(times_s, start_s) : bisect_left(times_s, end_s)]
    if not inside:
        raise _nothing(info, "frame with a time", start_s, end_s)
    stated = int((end_s - start_s) * info.frame_rate) if info.frame_rate else None
    return sampling.paper(inside, count, stated_frames=stated)


def _every(sample: Sampling, start_s: float, end_s: float, count: int) -> Moments:
    assert sample.rate_fps is not None, "fps has a rate"
    times_s = sampling.every(start_s, end_s, sample.rate_fps, count)
    wanted = sampling.steps_at(start_s, end_s, sample.rate_fps)
    if wanted == len(times_s):
        return Moments(times_s)
    return Moments(
        times_s, (f"{sample} would be {wanted} frames; {len(times_s)} of them are seen",)
    )


def _nothing(info: VideoInfo, what: str, start_s: float, end_s: float) -> UsageError:
    return UsageError(
        f"there is no {what} between {start_s:g} and {end_s:g} s in {quoted(info.path)}",
        hint="use --sample uniform",
    )
