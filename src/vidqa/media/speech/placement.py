"""What Whisper heard in a block of sound, as cues of the clip."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from vidqa.media.cues import clean_line, make_cue
from vidqa.media.speech.audio import AudioBlock
from vidqa.media.speech.voice_activity import Stretch, snapped
from vidqa.types import Cue, Word


def place_segments(
    segments: Iterable[Any], voices: list[Stretch], block: AudioBlock, *, not_before_s: float
) -> Iterator[Cue]:
    """Yield the segments of a block as cues, with their words, in order of time."""
    last_s = not_before_s
    for segment in segments:
        spoken = snapped((segment.start, segment.end), voices)
        if cue := placed(spoken, segment.text, block, not_before_s=last_s):
            last_s = cue.start_s
            yield replace(cue, words=_words(segment.words or (), cue, block))


def placed(spoken: Stretch, text: str, block: AudioBlock, *, not_before_s: float) -> Cue | None:
    """Make a cue of what was said in a block, inside its block and in order of time."""
    start_s = min(max(not_before_s, block.start_s + spoken[0]), block.end_s)
    return make_cue(start_s, min(block.start_s + spoken[1], block.end_s), text)


def _words(words: Iterable[Any], cue: Cue, block: AudioBlock) -> tuple[Word, ...]:
    """Time Whisper's words within their cue, in order; none where they are not its text."""
    found, last_s = list[Word](), cue.start_s
    for word in words:
        begin_s = min(max(last_s, block.start_s + word.start), cue.end_s)
        last_s = min(max(begin_s, block.start_s + word.end), cue.end_s)
        found.append(Word(round(begin_s, 3), round(last_s, 3), word.word))
    is_whole = clean_line("".join(word.text for word in found)) == cue.text
    return tuple(found) if is_whole else ()
