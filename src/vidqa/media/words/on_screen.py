"""Put the text in a clip's pictures among the words that are said."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from vidqa.media.screen.look import OnScreen
from vidqa.media.screen.recognizer import READ_BY
from vidqa.media.words.listening import Event
from vidqa.types import Cue, Words, WordsSource
from vidqa.types.wording import counted

BESIDE_S = 3.0
"""Seconds by which a caption may be shown before or after its words are said."""
SAME = 0.8
"""Share of a caption's words that are said beside it, from which it repeats them."""

WORD = re.compile(r"\w+")


def with_screen(found: OnScreen, said: Iterator[Event]) -> Iterator[Event]:
    """Yield what is said and what is on the screen in order of time, and at last the `Words`.

    Captions that repeat what is said are left out, with a warning. To tell them, all cues are held
    back to the end if there is any text on the screen.
    """
    if not (found.cues or found.warnings):
        yield from said
        return
    cues, words = list[Cue](), Words("none")
    for event in said:
        if isinstance(event, Words):
            words = event
        elif isinstance(event, Cue):
            cues.append(event)
        else:
            yield event
    read = [cue for cue in found.cues if not _repeats(cue, cues)]
    merged = tuple(sorted([*cues, *read], key=lambda cue: (cue.start_s, cue.end_s)))
    yield from merged
    repeated = _repeated(len(found.cues) - len(read))
    warnings = (*words.warnings, *found.warnings, *repeated)
    source = _source(words, read)
    detail = READ_BY if source == "screen" else words.detail
    yield replace(words, source=source, cues=merged, detail=detail, warnings=warnings)


def _source(words: Words, read: Sequence[Cue]) -> WordsSource:
    if not read:
        return words.source
    if words.source in ("none", "off"):
        return "screen"
    return cast(WordsSource, f"{words.source}+screen")


def _repeats(caption: Cue, cues: Sequence[Cue]) -> bool:
    """Return whether a caption only repeats what is said at its time."""
    begin_s, end_s = caption.start_s - BESIDE_S, caption.end_s + BESIDE_S
    beside = [cue.text for cue in cues if cue.start_s < end_s and cue.end_s > begin_s]
    known = {word for text in beside for word in _words(text)}
    shown = _words(caption.text)
    return bool(shown) and sum(word in known for word in shown) >= SAME * len(shown)


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold().replace("'", "").replace("\u2019", ""))


def _repeated(count: int) -> Iterator[str]:
    if count:
        was = "was" if count == 1 else "were"
        captions = counted(count, "caption")
        yield f"{captions} on the screen only repeated what is said, and {was} left out"
