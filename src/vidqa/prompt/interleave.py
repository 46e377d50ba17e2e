"""Interleave frames and words within a budget, without pixels, tensors or tokenizers."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vidqa.prompt.form import PromptForm
from vidqa.types import ON_SCREEN_JOIN, Cue, Segment
from vidqa.types.wording import count_words, first_words


@dataclass(frozen=True, slots=True)
class FittedWords:
    """Segments that fit a budget of words, and the number of words left out."""

    segments: tuple[Segment, ...]
    used: int
    """Words shown to the model."""
    dropped: int
    """Words left out."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence on the words left out, if any."""
        if not self.dropped:
            return ()
        return (f"{self.dropped} of {self.used + self.dropped} words did not fit",)


def align(frame_times_s: Sequence[float], cues: Iterable[Cue]) -> tuple[Segment, ...]:
    """Assign every cue to the first frame at or after its start.

    Cues that start after the last frame go to the last frame, so that none is lost. What is on the
    screen stays apart from what is said. A speaker is named where another one spoke before.

    Args:
        frame_times_s: strictly increasing, at least one.
        cues: in any order.

    """
    said: list[list[str]] = [[] for _ in frame_times_s]
    read: list[list[str]] = [[] for _ in frame_times_s]
    last = len(frame_times_s) - 1
    speaker: int | None = None
    for cue in sorted(cues, key=lambda cue: (cue.start_s, cue.end_s)):
        texts = (read if cue.on_screen else said)[
            min(bisect_left(frame_times_s, cue.start_s), last)
        ]
        is_told = cue.on_screen or cue.speaker == speaker
        texts.append(cue.text if is_told else cue.spoken_text)
        if not cue.on_screen:
            speaker = cue.speaker
    return tuple(
        Segment(time_s, " ".join(words), ON_SCREEN_JOIN.join(shown))
        for time_s, words, shown in zip(frame_times_s, said, read, strict=True)
    )


def fit_words(segments: Sequence[Segment], max_words: int) -> FittedWords:
    """Share a budget of words among segments.

    A segment that needs less than an even share keeps all its words and leaves the rest to the
    others; longer ones keep their beginnings. So a wordy start never costs the end its words. What
    is said and what is on the screen have a share each.
    """
    texts = [text for segment in segments for text in (segment.text, segment.on_screen)]
    counts = [count_words(text) for text in texts]
    shares = _even_shares(counts, max_words)
    kept = [
        text if share == count else first_words(text, share)
        for text, share, count in zip(texts, shares, counts, strict=True)
    ]
    fitted = tuple(
        replace(segment, text=said, on_screen=read)
        for segment, said, read in zip(segments, kept[::2], kept[1::2], strict=True)
    )
    return FittedWords(fitted, used=sum(shares), dropped=sum(counts) - sum(shares))


def _even_shares(counts: Sequence[int], budget: int) -> list[int]:
    """Split `budget` evenly; what small counts leave goes to the others, earlier ones first."""
    shares = [0] * len(counts)
    left = budget
    by_size = sorted(range(len(counts)), key=lambda index: counts[index])
    for position, index in enumerate(by_size):
        shares[index] = min(counts[index], left // (len(counts) - position))
        left -= shares[index]
    for index, count in enumerate(counts):  # the remainder of rounding down
        extra = min(count - shares[index], left)
        shares[index] += extra
        left -= extra
    return shares


def user_content(
    segments: Sequence[Segment], question: str, form: PromptForm
) -> list[dict[str, str]]:
    """Return the user's turn as chat templates take it: images and texts in reading order."""
    content: list[dict[str, str]] = []
    for number, segment in enumerate(segments, start=1):
        if form.frame:
            content.append({"type": "text", "text": _marked(form.frame, number, segment.time_s)})
        content.append({"type": "image"})
        words = form.heard.format(words=segment.text) if segment.text else form.unheard
        shown = form.read.format(words=segment.on_screen) if segment.on_screen else ""
        content.append({"type": "text", "text": words + shown})
    content.append({"type": "text", "text": form.question.format(question=question)})
    return content


def _marked(form: str, number: int, time_s: float) -> str:
    minutes, seconds = divmod(int(time_s), 60)
    clock = f"{minutes:02}:{seconds:02}"
    return form.format(number=number, seconds=f"{time_s:.1f}", clock=clock)


def neutralize(text: str, control_tokens: Iterable[str]) -> str:
    """Break up `control_tokens` in user text, so that it cannot change the prompt's structure.

    A blank is put between the first two adjacent letters of each occurrence, so that it stays
    readable; if no two are adjacent, the first letter is removed. Tokens made of blanks alone
    are left as they are.
    """
    broken = {token: _broken(token) for token in control_tokens if token.strip()}
    while found := [token for token in broken if token in text]:  # breaking one may make another
        for token in sorted(found, key=len, reverse=True):
            text = text.replace(token, broken[token])
    return text


def _broken(token: str) -> str:
    """Add one blank or remove one letter; fewer letters are adjacent than before."""
    for place, (one, other) in enumerate(pairwise(token), start=1):
        if not (one.isspace() or other.isspace()):
            return f"{token[:place]} {token[place:]}"
    return token.replace(token.strip()[0], "", 1)
