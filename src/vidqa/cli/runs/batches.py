"""Clips in groups that are answered together."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from vidqa.errors import NotEnoughMemoryError, VidqaError
from vidqa.media.elsewhere.staging import StageFullError

if TYPE_CHECKING:
    from vidqa.engine import Clip

Watched = tuple[str, "Clip | VidqaError"]
"""A clip by name, or why it cannot be watched."""


def in_batches(
    watched: Iterable[Watched], most: int, again: Callable[[str], "Clip | VidqaError"]
) -> Iterator[list[Watched]]:
    """Yield groups of at most `most` watched clips, with those between them that failed.

    A group is emptied once it was used: a clip that did not fit memory beside the others, or whose
    copy did not fit the disk, can then be watched again.
    """
    group, clips = list[Watched](), 0
    for video, clip in watched:
        if isinstance(clip, NotEnoughMemoryError | StageFullError) and clips:
            yield group
            group.clear()
            clips, clip = 0, again(video)
        group.append((video, clip))
        clips += not isinstance(clip, VidqaError)
        if clips in (0, most):
            yield group
            group.clear()
            clips = 0
    if group:
        yield group
