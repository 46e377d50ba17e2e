"""The moments of one clip to look at: which stretch of it, chosen how."""

from vidqa.errors import UsageError
from vidqa.media.sampling.samplers import Moments, Sampling
from vidqa.prompt.recipe import Recipe
from vidqa.types.clock import as_typed
from vidqa.types.media_info import VideoInfo


def choose_sampling(recipe: Recipe, requested: Sampling | None) -> Sampling:
    """Return the way to choose frames: the one requested, else the recipe's.

    Raises:
        UsageError: the recipe `paper` has its own.

    """
    own = Sampling.parse(recipe.sampling)
    if requested not in (None, own) and recipe.name == "paper":
        raise UsageError(
            "--recipe paper chooses the frames as the authors do", hint="leave --sample out"
        )
    return requested or own


def stretch(info: VideoInfo, start_s: float | None, end_s: float | None) -> tuple[float, float]:
    """Return begin and end of the part of a clip to look at, in seconds from its first frame.

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
    return how.moments(info, start_s, end_s, count)
