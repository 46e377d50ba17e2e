"""Convert times and words of a clip between its two time lines: that of frames, that of words.

`vidqa.types.media_info.VideoInfo.lead_s` explains the two.
"""

from dataclasses import replace

from vidqa.types import Cue, Words
from vidqa.types.media_info import VideoInfo

Window = tuple[float, float | None]
"""Start and end of a part of a clip, in seconds from where players begin; None: to the end."""


def for_words(window: Window, info: VideoInfo) -> Window:
    """Convert a window from the time line of frames to that of words.

    A window from the very start includes what is said before the first frame.
    """
    begin_s, end_s = window
    later_s = begin_s + info.lead_s if begin_s > 0 else 0.0
    return later_s, None if end_s is None else end_s + info.lead_s


def among_frames(words: Words, info: VideoInfo) -> Words:
    """Convert words to the time line of frames; speech before the first frame moves to 0."""
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
    """Return only the words inside a window."""
    inside = tuple(cue for cue in words.cues if _overlaps(cue, window))
    return replace(words, source=words.source if inside else "none", cues=inside)


def _overlaps(cue: Cue, window: Window) -> bool:
    begin_s, end_s = window
    begun = cue.end_s > begin_s or cue.start_s >= begin_s
    return begun and (end_s is None or cue.start_s < end_s)
