"""Find the words of a clip while its frames are being looked at."""

from pathlib import Path

from vidqa.engine.background import Background
from vidqa.media.words import Ears, Wanted, Window
from vidqa.types import Words


def hear(ears: Ears, wanted: Wanted, path: Path, window: Window, work: Background[Words]) -> Words:
    """The words within a stretch of a clip, as long as somebody wants them.

    Raises:
        UsageError: the subtitle file named cannot be used, or the recogniser does not know the
            language.
        DecoderError: reading the sound or the text track crashed or hung.

    """
    words = Words("none")
    for event in work.while_wanted(ears.stream(path, wanted, window)):
        if isinstance(event, Words):
            words = event
    return words
