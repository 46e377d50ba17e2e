"""Stretches of a clip, and its words in them, on two time lines: that of frames and that of words.

Which is which is said in `vidqa.types.media_info.VideoInfo.lead_s`.
"""

from dataclasses import replace

from vidqa.types import Cue, Words
from vidqa.types.media_info import VideoInfo

Window = tuple[float, float | None]
"""Begin and end of a stretch of a clip, in seconds from where players begin; None is the end."""


def for_words(window: Window, info: VideoInfo) -> Window:
    """A stretch that counts from a clip's first frame, on the time line of its words.

    One from the very beginning holds what is said before there is a picture, too.
    """
    begin_s, end_s = window
    later_s = begin_s + info.lead_s if begin_s > 0 else 0.0
    return later_s, None if end_s is None else end_s + info.lead_s


def among_frames(words: Words, info: VideoInfo) -> Words:
    """The same words, counted from a clip's first frame; what was said before it is said at it."""
    if not info.lead_s:
        return words
    cues = [
        replace(
            cue,
            start_s=max(0.0, round(cue.start_s - info.lead_s, 3)),
            end_s=max(0.0, round(cue.end_s - info.lead_s, 3)),
        )
        for cue in words.cues
    ]
    return replace(words, cues=tuple(cues))


def within(words: Words, window: Window) -> Words:
    """Only what is said in a stretch."""
    inside = tuple(cue for cue in words.cues if _overlaps(cue, window))
    return replace(words, source=words.source if inside else "none", cues=inside)


def _overlaps(cue: Cue, window: Window) -> bool:
    begin_s, end_s = window
    begun = cue.end_s > begin_s or cue.start_s >= begin_s
    return begun and (end_s is None or cue.start_s < end_s)
