"""Put the text in a clip's pictures among the words that are said."""

import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from vidqa.media.screen.look import OnScreen
from vidqa.media.screen.recognizer import READ_BY
from vidqa.media.words.listening import Event
from vidqa.types import Cue, Words, combined_source
from vidqa.types.wording import counted

BESIDE_S = 3.0
"""Seconds by which a caption may be shown before or after its words are said."""
SAME = 0.8
"""Share of a caption's words that are said beside it, from which it repeats them."""
LONGEST_CAPTION_S = 10.0
"""Seconds; what is shown for longer is no caption of what is said."""

WORD = re.compile(r"\w+")


def with_screen(found: OnScreen, said: Iterator[Event]) -> Iterator[Event]:
    """Yield what is said and what is on the screen in order of time, and at last the `Words`.

    Captions that repeat what is said are left out, with a warning; so a caption, and what is said
    after it, is held back until all is heard that is said beside it.
    """
    merger, words = _Merger(deque(found.cues)), Words("none")
    for event in said:
        if isinstance(event, Words):
            words = event
        elif isinstance(event, Cue):
            merger.hear(event)
            yield from merger.told(until_s=event.start_s)
        else:
            yield event
            yield from merger.told(until_s=event.until_s)
    yield from merger.told(until_s=math.inf)
    cues = tuple(merger.cues)
    read = any(cue.on_screen for cue in cues)
    source = combined_source(words.source, said=bool(words.cues), read=read)
    yield replace(
        words,
        source=source,
        cues=cues,
        detail=READ_BY if source == "screen" else words.detail,
        warnings=(*words.warnings, *found.warnings, *_repeated(merger.repeated)),
    )


@dataclass(slots=True)
class _Merger:
    """Cues that wait for their turn."""

    shown: deque[Cue]
    """What is on the screen and not told yet."""
    cues: list[Cue] = field(default_factory=list)
    """All that was told."""
    repeated: int = 0
    _heard: list[Cue] = field(default_factory=list)
    _waiting: deque[Cue] = field(default_factory=deque)

    def hear(self, cue: Cue) -> None:
        """Take what is said, in order of time."""
        self._heard.append(cue)
        self._waiting.append(cue)

    def told(self, *, until_s: float) -> Iterator[Cue]:
        """Yield what can be told once all before a time has been heard."""
        while self._waiting or self.shown:
            if self._waiting and not (
                self.shown and self.shown[0].start_s < self._waiting[0].start_s
            ):
                self.cues.append(self._waiting.popleft())
                yield self.cues[-1]
                continue
            if not self.shown or until_s < _is_told_at(self.shown[0]):
                return
            caption = self.shown.popleft()
            if _repeats(caption, self._heard):
                self.repeated += 1
                continue
            self.cues.append(caption)
            yield caption


def _is_caption(cue: Cue) -> bool:
    return cue.end_s - cue.start_s <= LONGEST_CAPTION_S


def _is_told_at(cue: Cue) -> float:
    """Return until when must have been listened before a text on the screen is told."""
    return cue.end_s + BESIDE_S if _is_caption(cue) else cue.start_s


def _repeats(caption: Cue, cues: Sequence[Cue]) -> bool:
    """Return whether a caption only repeats what is said at its time."""
    if not _is_caption(caption):
        return False
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
