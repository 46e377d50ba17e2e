"""What a model says of a clip, or of a window of it; of windows it is kept on disk."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vidqa.cache import Cache
from vidqa.engine.clip import Clip
from vidqa.engine.summary import whole_sentences
from vidqa.types import Answer, Notify, StoppedBy

KIND = "told"


@dataclass(frozen=True, slots=True)
class Told:
    """The answers to some questions."""

    texts: tuple[str, ...]
    """One a question, in whole sentences."""
    frame_times_s: tuple[float, ...]
    words_used: int
    words_dropped: int
    visual_tokens: int
    """Of the longest prompt."""
    prompt_tokens: int
    """Of the longest prompt."""
    new_tokens: int
    """Of all answers."""
    longest_tokens: int
    """New tokens of the longest answer."""
    stopped_by: StoppedBy
    """Of the first that did not come to its end."""
    warnings: tuple[str, ...]

    @property
    def words(self) -> int:
        """How many words the answers have."""
        return sum(len(text.split()) for text in self.texts)

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> "Told":
        """What is known of answers about one clip."""
        cut = [one for one in answers if one.stopped_by != "end"]
        return cls(
            texts=tuple(
                one.text.strip() if one.stopped_by == "end" else whole_sentences(one.text)
                for one in answers
            ),
            frame_times_s=answers[0].frame_times_s,
            words_used=answers[0].words_used,
            words_dropped=answers[0].words_dropped,
            visual_tokens=max(one.visual_tokens for one in answers),
            prompt_tokens=max(one.prompt_tokens for one in answers),
            new_tokens=sum(one.new_tokens for one in answers),
            longest_tokens=max(one.new_tokens for one in answers),
            stopped_by=cut[0].stopped_by if cut else "end",
            warnings=once(*(one.warnings for one in answers)),
        )


def tell(
    clip: Clip,
    questions: Iterable[str],
    *,
    max_new_tokens: int | None = None,
    notify: Notify | None = None,
) -> Told:
    """Ask a clip some questions; see `Clip.ask`."""
    return Told.of(
        [clip.ask(one, max_new_tokens=max_new_tokens, notify=notify) for one in questions]
    )


def kept_told(cache: Cache | None, key: Mapping[str, Any]) -> Told | None:
    """What was told before, with the same key."""
    content = None if cache is None else cache.get(KIND, key)
    if content is None:
        return None
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(content).items()
    }
    try:
        return Told(**values)
    except TypeError:  # of another version
        return None


def keep_told(cache: Cache | None, key: Mapping[str, Any], told: Told, *, about: str) -> None:
    """Keep what was told."""
    if cache is not None:
        cache.put(KIND, key, json.dumps(asdict(told)).encode(), about=about)


def once(*texts: Iterable[str]) -> tuple[str, ...]:
    """Every text once, in order."""
    return tuple(dict.fromkeys(text for some in texts for text in some))
