"""The moments of one clip to look at: what the strategies need is read from the file."""

from dataclasses import dataclass

from vidqa.media import sampling
from vidqa.media.container import open_media, video_stream
from vidqa.media.sampling import Sampling
from vidqa.media.shots import find_shots, key_times
from vidqa.types import VideoInfo

FALLBACK_FPS = 25.0
"""Where a container does not state a frame rate; said when it is used."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Times to look at, in seconds from the first frame."""

    times_s: tuple[float, ...]
    warnings: tuple[str, ...] = ()
    """What had to be guessed."""


def find_moments(
    info: VideoInfo, how: Sampling, *, start_s: float, end_s: float, count: int, most: int | None
) -> Moments:
    """Choose moments of a stretch of a clip.

    Args:
        info: the clip, as probed.
        how: the strategy.
        start_s: where the stretch begins, in seconds from the first frame.
        end_s: where it ends.
        count: how many moments, unless the strategy decides.
        most: the limit where it does (`fps`).

    """
    if how.strategy == "uniform":
        return Moments(sampling.uniform(start_s, end_s, count))
    if how.strategy == "scene":
        shots = find_shots(info, start_s, end_s)
        return Moments(sampling.scene(shots, start_s, end_s, count))
    if how.strategy == "keyframes":
        return _at_keyframes(info, start_s, end_s, count)
    if how.strategy == "fps":
        assert how.rate_fps is not None, "checked by Sampling"
        return Moments(sampling.every(start_s, end_s, how.rate_fps, most))
    return _as_in_the_paper(info, start_s, end_s, count)


def _at_keyframes(info: VideoInfo, start_s: float, end_s: float, count: int) -> Moments:
    keys = key_times(info)
    if not keys:
        said = "it is not known where the keyframes are; frames are evenly spread instead"
        return Moments(sampling.uniform(start_s, end_s, count), (said,))
    return Moments(sampling.keyframes(keys, start_s, end_s, count))


def _as_in_the_paper(info: VideoInfo, start_s: float, end_s: float, count: int) -> Moments:
    with open_media(info.path) as container:
        rate = video_stream(container, info.path).average_rate
    warnings = () if rate else (f"no frame rate is stated; {FALLBACK_FPS:g} fps is assumed",)
    rate_fps = float(rate) if rate else FALLBACK_FPS
    return Moments(sampling.paper(start_s, end_s, rate_fps, count), warnings)
