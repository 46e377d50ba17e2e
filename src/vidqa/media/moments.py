"""The moments of one clip to look at: what the strategies need is read from the file."""

from dataclasses import dataclass

from vidqa.media import sampling
from vidqa.media.packets import Refusal, tabulate
from vidqa.media.sampling import Sampling
from vidqa.media.shots import find_shots, key_times
from vidqa.types import VideoInfo


@dataclass(frozen=True, slots=True)
class Moments:
    """Times to look at, in seconds from the first frame."""

    times_s: tuple[float, ...]
    warnings: tuple[str, ...] = ()
    """What had to be done otherwise."""


def find_moments(
    info: VideoInfo, how: Sampling, *, start_s: float, end_s: float, count: int
) -> Moments:
    """Choose moments of a stretch of a clip.

    Args:
        info: the clip, as probed.
        how: the way to choose.
        start_s: where the stretch begins, in seconds from the first frame.
        end_s: where it ends.
        count: how many moments at most.

    """
    if how.name == "scene":
        shots = find_shots(info, start_s, end_s)
        return Moments(sampling.scene(shots, start_s, end_s, count))
    if how.name == "keyframes":
        return _at_keyframes(info, start_s, end_s, count)
    if how.name == "paper":
        return _as_in_the_paper(info, start_s, end_s, count)
    if how.rate_fps is not None:
        return Moments(sampling.every(start_s, end_s, how.rate_fps, count))
    return Moments(sampling.uniform(start_s, end_s, count))


def _at_keyframes(info: VideoInfo, start_s: float, end_s: float, count: int) -> Moments:
    keys = [key_s for key_s in key_times(info) if start_s <= key_s <= end_s]
    if keys:
        return Moments(sampling.keyframes(keys, start_s, end_s, count))
    said = "no keyframe is known there; the frames are evenly spread instead"
    return Moments(sampling.uniform(start_s, end_s, count), (said,))


def _as_in_the_paper(info: VideoInfo, start_s: float, end_s: float, count: int) -> Moments:
    """By the frames that are there; the header's rate and duration say how many to expect."""
    table = tabulate(info)
    if isinstance(table, Refusal):
        said = f"the frames cannot be counted ({table.reason}); they are evenly spread instead"
        return Moments(sampling.uniform(start_s, end_s, count), (said,))
    frames = [time_s for time_s in table.times_s.tolist() if start_s <= time_s <= end_s]
    stated = None if info.frame_rate is None else int((end_s - start_s) * float(info.frame_rate))
    if not frames:
        return Moments((start_s,))
    return Moments(sampling.paper(frames, count, stated_frames=stated))
