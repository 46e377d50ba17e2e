"""The sound tracks of a clip: which one is listened to, and where it should end."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from vidqa.errors import NoVideoStreamError, UsageError
from vidqa.media.container.naming import name_of, pick
from vidqa.media.container.open_media import quoted, video_stream
from vidqa.media.languages import language_of

END_TOLERANCE_S = 1.0
"""A sound that ends so much before its stated end was cut off."""

OPTION = "--audio-track"


def choose_track(container: Any, path: Path, language: str | None, track: str | None) -> Any | None:
    """Take the sound asked for, else in the language, else the picture's; None without any.

    Raises:
        UsageError: the track asked for is not there, or no decoder reads it.

    """
    streams = list(container.streams.audio)
    if track is not None:
        number, chosen = pick(streams, track, OPTION, path)
        if chosen.codec_context is None:
            raise UsageError(f"no decoder here reads sound track {number} of {quoted(path)}")
        return chosen
    if language is not None:
        for stream in streams:
            if stream.codec_context is not None and language_of(stream.language) == language:
                return stream
    video = None
    with suppress(NoVideoStreamError):
        video = video_stream(container, path)
    stream = container.streams.best("audio", related=video)
    if stream is not None and stream.codec_context is not None:
        return stream
    return next((one for one in streams if one.codec_context is not None), None)


def name_tracks(container: Any, chosen: Any) -> str:
    """Say which sound is listened to, where there are several."""
    names = {}
    for number, stream in enumerate(container.streams.audio, start=1):
        unread = "" if stream.codec_context is not None else " (no decoder here reads it)"
        names[stream.index] = name_of(number, stream) + unread
    taken = names.pop(chosen.index)
    if not names:
        return ""
    return f"listened to sound track {taken}; there are also {', '.join(names.values())}"


def ends_early(stream: Any, end_s: float) -> bool:
    """Tell whether a sound that ends here, in the container's time, was said to be longer."""
    if not stream.duration:
        return False
    stated_s = float(((stream.start_time or 0) + stream.duration) * stream.time_base)
    return end_s < stated_s - END_TOLERANCE_S
