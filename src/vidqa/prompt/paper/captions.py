"""Assign words to frames by three rules, one for each of the authors' programs.

All rules visit every frame of the clip, shown or not. A cue that is on screen at a frame's time
waits for the next shown frame and is never used twice. The rules differ in their clock and in how
they treat cues that overlap or repeat words.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from vidqa.types import Cue


@dataclass(slots=True)
class _Pending:
    """The text heard since the last shown frame, and all text heard before."""

    text: str = ""
    emitted: str = ""
    """Text of the last shown frame that had any."""
    used: set[str] = field(default_factory=set)

    def add(self, text: str) -> None:
        self.text += f"{text} "


Listen = Callable[[_Pending, int], None]
"""Function that adds what is heard at the frame of that number to the pending text."""


def asked_captions(
    cues: Sequence[Cue], shown: Sequence[int], *, frames_per_s: float, max_words: int
) -> list[str]:
    """Return the words of each shown frame as the inference script places them.

    Args:
        cues: in order of time.
        shown: the numbers of the shown frames, increasing.
        frames_per_s: frame rate of the clip.
        max_words: no text is added once so many words were shown; the last one may exceed it.

    Returns:
        One text per shown frame, with a blank after each cue; empty if nothing was said.

    """
    spans = [(int(cue.start_s * 1000), int(cue.end_s * 1000), _line(cue)) for cue in cues]

    def listen(pending: _Pending, number: int) -> None:
        text = _found(spans, number / frames_per_s * 1000)
        if text is not None and text.strip() not in pending.used:
            pending.used.add(text.strip())
            pending.add(text.strip())

    return _walk(listen, shown, max_words=max_words)


def evaluated_captions(
    cues: Sequence[Cue], shown: Sequence[int], *, frames_per_s: float, max_words: int
) -> list[str]:
    """Return the words as the evaluation script, TVQA and the paper's own code place them.

    The first cue on screen counts, even if it was used before and hides another. Its blanks
    stay. The clock counts whole frames per second, so `frames_per_s` must be 1 or more.
    See `asked_captions`.
    """
    clock = _whole_rate(frames_per_s)

    def listen(pending: _Pending, number: int) -> None:
        for cue in _active(cues, number / clock):
            text = _line(cue)
            if text in pending.text:
                continue
            if text not in pending.used:
                pending.used.add(text)
                pending.add(text)
            return

    return _walk(listen, shown, max_words=max_words)


def trained_captions(
    cues: Sequence[Cue], shown: Sequence[int], *, frames_per_s: float, max_words: int
) -> list[str]:
    """Return the words as training places them since April 2024: word by word, no repeats.

    Every cue on screen counts; a word that is part of the pending text, or of the text before it,
    is dropped. The clock is that of `evaluated_captions`. See `asked_captions`.
    """
    clock = _whole_rate(frames_per_s)

    def listen(pending: _Pending, number: int) -> None:
        for cue in _active(cues, number / clock):
            text = _line(cue)
            if text in pending.used:
                continue
            pending.used.add(text)
            for word in text.split():
                if word not in pending.text and word not in pending.emitted:
                    pending.add(word)

    return _walk(listen, shown, max_words=max_words)


def _walk(listen: Listen, shown: Sequence[int], *, max_words: int) -> list[str]:
    """Listen at every frame up to the last shown one; return the pending text of shown ones."""
    pending, captions, words = _Pending(), [], 0
    wanted: Container[int] = frozenset(shown)
    for number in range(shown[-1] + 1 if shown else 0):
        listen(pending, number)
        if number not in wanted:
            continue
        if pending.text and words < max_words:
            captions.append(pending.text)
            words += len(pending.text.split(" "))
            pending.text, pending.emitted = "", pending.text
        else:
            captions.append("")
    return captions


def _active(cues: Sequence[Cue], time_s: float) -> list[Cue]:
    return [cue for cue in cues if cue.start_s <= time_s <= cue.end_s]


def _found(spans: Sequence[tuple[int, int, str]], time_ms: float) -> str | None:
    """Find a cue at that time by bisection; among overlapping cues that is any one."""
    low, high = 0, len(spans) - 1
    while low <= high:
        middle = (low + high) // 2
        start, end, text = spans[middle]
        if time_ms < start:
            high = middle - 1
        elif time_ms > end:
            low = middle + 1
        else:
            return text
    return None


def _line(cue: Cue) -> str:
    return cue.text.replace("\n", " ")


def _whole_rate(frames_per_s: float) -> int:
    if frames_per_s < 1:
        raise ValueError(f"this rule needs at least one frame a second, got {frames_per_s}")
    return int(frames_per_s)
