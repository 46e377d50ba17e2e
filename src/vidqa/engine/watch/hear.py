"""Find the words of a clip while its frames are being encoded."""

from vidqa.engine.watch.background import Background
from vidqa.media.stretches import Window, among_frames, for_words
from vidqa.media.words.finder import WordFinder
from vidqa.media.words.request import WordRequest
from vidqa.types import Words
from vidqa.types.media_info import VideoInfo


def hear(
    word_finder: WordFinder,
    wanted: WordRequest,
    info: VideoInfo,
    window: Window,
    work: Background[Words],
) -> Words:
    """Return the words within a stretch of a clip, unless cancelled.

    Window and words count from the clip's first frame.

    Raises:
        UsageError: the subtitle file cannot be used, or the recognizer does not know the language.
        DecoderError: reading the sound or the text track crashed or hung.

    """
    words = Words("none")
    for event in work.while_wanted(word_finder.stream(info.path, wanted, for_words(window, info))):
        if isinstance(event, Words):
            words = event
    return among_frames(words, info)
