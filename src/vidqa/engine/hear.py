"""Find the words of a clip while its frames are being looked at."""

from functools import partial
from pathlib import Path

from vidqa.media.reader import Reader
from vidqa.media.transcribe import Recogniser
from vidqa.media.words import find_words
from vidqa.types import Cue, VideoInfo, Words, WordsSource

Subtitles = str | Path
"""`auto`, `off`, or the path of a subtitle file."""

Window = tuple[float, float]
"""Begin and end of a stretch of a clip, in seconds from its first frame."""


def hear(
    info: VideoInfo,
    window: Window,
    *,
    reader: Reader,
    recogniser: Recogniser | None,
    subtitles: Subtitles,
    language: str | None,
) -> Words:
    """The words within a stretch of a clip, from the best source there is.

    Raises:
        UsageError: the subtitle file named cannot be used.
        DecoderError: reading the sound or the text track crashed or hung.

    """
    listen = None
    if recogniser is not None:
        listen = partial(recogniser.listen, start_s=window[0], end_s=window[1])
    words = find_words(info, subtitles=subtitles, language=language, listen=listen)
    inside = tuple(cue for cue in words.cues if _overlaps(cue, window))
    source: WordsSource = words.source if inside or words.source == "off" else "none"
    return Words(source, inside, words.detail, words.warnings)


def _overlaps(cue: Cue, window: Window) -> bool:
    return cue.start_s < window[1] and cue.end_s > window[0]
