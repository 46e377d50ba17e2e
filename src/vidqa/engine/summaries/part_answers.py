"""A model's answers about a clip or a window of it; those about windows are cached on disk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from vidqa.engine.summaries.summary import whole_sentences
from vidqa.engine.watched_clip import WatchedClip
from vidqa.system.cache import Cache, written
from vidqa.types import Answer, Notify, StoppedBy
from vidqa.types.wording import count_words

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class PartAnswers:
    """The answers to some questions."""

    texts: tuple[str, ...]
    """One text per question, in whole sentences."""
    frame_times_s: tuple[float, ...]
    words_used: int
    words_dropped: int
    visual_tokens: int | None
    """Visual tokens of the longest prompt; None if they are not known."""
    prompt_tokens: int
    """Tokens of the longest prompt."""
    new_tokens: int
    """New tokens of all answers."""
    longest_tokens: int
    """New tokens of the longest answer."""
    stopped_by: StoppedBy
    """Of the first answer that was cut; `end` if none was."""
    warnings: tuple[str, ...]

    @property
    def words(self) -> int:
        """Words of the answers."""
        return sum(map(count_words, self.texts))

    def then(self, other: "PartAnswers") -> "PartAnswers":
        """Append the answers to later questions about the same clip."""
        return replace(
            self,
            texts=(*self.texts, *other.texts),
            visual_tokens=most((self.visual_tokens, other.visual_tokens)),
            prompt_tokens=max(self.prompt_tokens, other.prompt_tokens),
            new_tokens=self.new_tokens + other.new_tokens,
            longest_tokens=max(self.longest_tokens, other.longest_tokens),
            stopped_by=other.stopped_by if self.stopped_by == "end" else self.stopped_by,
            warnings=once(self.warnings, other.warnings),
        )

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> "PartAnswers":
        """Collect answers about one clip."""
        cut = [one for one in answers if one.stopped_by != "end"]
        return cls(
            texts=tuple(
                one.text.strip() if one.stopped_by == "end" else whole_sentences(one.text)
                for one in answers
            ),
            frame_times_s=answers[0].frame_times_s,
            words_used=answers[0].words_used,
            words_dropped=answers[0].words_dropped,
            visual_tokens=most(one.visual_tokens for one in answers),
            prompt_tokens=max(one.prompt_tokens for one in answers),
            new_tokens=sum(one.new_tokens for one in answers),
            longest_tokens=max(one.new_tokens for one in answers),
            stopped_by=cut[0].stopped_by if cut else "end",
            warnings=once(*(one.warnings for one in answers)),
        )


def tell(
    clip: WatchedClip,
    questions: Iterable[str],
    *,
    max_new_tokens: int | None = None,
    notify: Notify | None = None,
) -> PartAnswers:
    """Ask questions about a clip, all of it at once; see `Clip.ask`."""
    how: dict[str, Any] = {"max_new_tokens": max_new_tokens, "windows": "off"}
    return PartAnswers.of([clip.ask(one, notify=notify, **how) for one in questions])


class Kept(Generic[Made]):
    """The disk cache of one kind of results about parts of clips."""

    def __init__(self, kind: str, made: type[Made]) -> None:
        """Choose the kind.

        Args:
            kind: its name in the cache.
            made: the type of a result; an entry that is not one is ignored.

        """
        self._kind, self._made = kind, made

    def read(self, cache: Cache | None, key: Mapping[str, Any]) -> Made | None:
        """Return the cached result for this key; None if there is none."""
        return None if cache is None else cache.recall(self._kind, key, self._made)

    def keep(self, cache: Cache | None, key: Mapping[str, Any], made: Made, *, about: str) -> None:
        """Store a result; `about` is the name of the clip."""
        if cache is not None:
            cache.put(self._kind, key, written(made), about=about)


ANSWERS = Kept("told", PartAnswers)


def most(counts: Iterable[int | None]) -> int | None:
    """Return the largest count, 0 of none; None if one is not known."""
    every = list(counts)
    return None if None in every else max((one for one in every if one is not None), default=0)


def once(*texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts without repeats, in order."""
    return tuple(dict.fromkeys(text for some in texts for text in some))
