"""Watch a clip part by part; what is said in it is known from listening to the whole."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from vidqa.engine.many import watch_all
from vidqa.engine.summaries.told import TOLD, Kept, Made, Told, tell
from vidqa.engine.summaries.topics import topic_changes
from vidqa.engine.summaries.windows import SLACK, Window, said_in, scenes, windows
from vidqa.engine.watch.saved import sight_key
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import VideoError, VidqaError
from vidqa.media.sampling.select import stretch
from vidqa.media.sampling.shots import find_shots
from vidqa.media.viewing import Viewing
from vidqa.models.spec import SummaryForm
from vidqa.system.version import __version__
from vidqa.types import Cue, Notify, Words
from vidqa.types.wording import count_words

SHOTS = Kept("shots", tuple[float, ...])
SECONDS_A_FRAME = 10.0
"""What one frame can stand for: a clip of more seconds than frames allow is watched in windows."""

Progress = Callable[[str], object]
"""Told how far the work has come, in words."""


@dataclass(frozen=True, slots=True)
class Piecewise:
    """One clip, and its parts."""

    clip: WatchedClip
    """The whole of it; its parts are watched in the same way."""
    form: SummaryForm
    """What the model is asked."""
    max_new_tokens: int | None
    """Of an answer; as the model has it if None."""
    notify: Notify | None
    progress: Progress
    shots: list[tuple[float, ...]] = field(default_factory=list, compare=False)
    """Once they were looked for."""

    @property
    def span(self) -> tuple[float, float]:
        """Begin and end of what is watched, in seconds."""
        return stretch(self.clip.info, self.clip.viewing.start_s, self.clip.viewing.end_s)

    @property
    def budget_s(self) -> float:
        """How much is watched at once: as frames allow, and as many words as are shown."""
        begin_s, end_s = self.span
        words = sum(count_words(cue.text) for cue in self.clip.words.cues)
        most_words = self.clip.recipe.max_words / (1 + 2 * SLACK)  # both ends may be moved
        by_words_s = (end_s - begin_s) * most_words / max(1, words)
        by_frames_s = self.clip.model.most_frames(self.clip.viewing) * SECONDS_A_FRAME
        return min(by_frames_s, max(by_words_s, SECONDS_A_FRAME))

    def windows(self, most_s: float) -> tuple[Window, ...]:
        """Parts of about so many seconds; for shots all is decoded, where pauses do not do."""
        cues = self.clip.words.cues
        cut = partial(windows, *self.span, most_s, cues=cues, topics=topic_changes(cues))
        parts = cut(shots=())
        if all(part.cut_at != "even" for part in parts):
            return parts
        return cut(shots=self._shots())

    def scenes(self, least_s: float) -> tuple[Window, ...]:
        """Parts of at least so many seconds that end where something ends."""
        cues, shots = self.clip.words.cues, self._shots()
        return scenes(*self.span, least_s, cues=cues, shots=shots, topics=topic_changes(cues))

    def watched(self, parts: Sequence[Window]) -> Iterator[tuple[Window, WatchedClip | VideoError]]:
        """Each part, read ahead of time; or why it cannot be watched."""
        name, begun = str(self.clip.info.path), time.monotonic()
        views = [(name, self._view(part)) for part in parts]
        with closing(watch_all(WatchedClip, self.clip.model, views, notify=self.notify)) as watched:
            for done, (part, (_, clip)) in enumerate(zip(parts, watched, strict=True)):
                self.progress(_how_far(done, len(parts), time.monotonic() - begun))
                if isinstance(clip, VidqaError) and not isinstance(clip, VideoError):
                    raise clip
                yield part, clip

    def told(self, parts: Sequence[Window], questions: Sequence[str]) -> dict[Window, Told]:
        """What is said of each part, at an earlier time or now; without those that are damaged.

        Raises:
            VideoError: none can be watched.

        """
        known, failed = self.told_of_some(parts, questions)
        if failed is not None and not known:
            raise failed
        return known

    def told_of_some(
        self, parts: Sequence[Window], questions: Sequence[str]
    ) -> tuple[dict[Window, Told], VideoError | None]:
        """The same, and why a part cannot be watched; it may be that none can."""

        def tell(clip: WatchedClip, _: Window) -> Told:
            return self.tell(clip, questions)

        return self.each(TOLD, dict.fromkeys(parts, questions), tell)

    def each(
        self,
        kept: Kept[Made],
        asked: Mapping[Window, Sequence[str]],
        make: Callable[[WatchedClip, Window], Made],
    ) -> tuple[dict[Window, Made], VideoError | None]:
        """Make something of each part that can be watched, or take what was made before.

        Args:
            kept: how it is kept on disk.
            asked: all texts that change it.
            make: it, of a part.

        """
        cache, about = self.clip.model.cache, self.clip.info.path.name
        keys = {part: self._key(part, texts) for part, texts in asked.items()}
        found = {part: kept.read(cache, key) for part, key in keys.items()}
        failed = None
        for part, clip in self.watched([part for part, known in found.items() if known is None]):
            if isinstance(clip, VideoError):
                failed = clip
                continue
            found[part] = made = make(clip, part)
            kept.keep(cache, keys[part], made, about=about)
        return {part: known for part, known in found.items() if known is not None}, failed

    def tell(self, clip: WatchedClip, questions: Sequence[str]) -> Told:
        """What is said of the clip, or of one made of it."""
        return tell(clip, questions, max_new_tokens=self.max_new_tokens, notify=self.notify)

    def retold(self, clip: WatchedClip, told: Mapping[Window, Told]) -> WatchedClip:
        """A clip with what is said of parts beside its frames, in place of its words."""
        texts = {part: " ".join(" ".join(one.texts).split()) for part, one in told.items()}
        cues = [Cue(part.start_s, part.end_s, text) for part, text in texts.items() if text]
        return clip.retold(self._words(cues))

    def above(self, told: Mapping[Window, Told]) -> "Piecewise":
        """The same parts, with what was said of them in place of words."""
        return replace(self, clip=self.retold(self.clip, told))

    def _shots(self) -> tuple[float, ...]:
        if not self.shots:
            cache, info = self.clip.model.cache, self.clip.info
            key = {"fingerprint": self.clip.fingerprint, "span": self.span, "vidqa": __version__}
            found = SHOTS.read(cache, key)
            if found is None:
                self.progress("looking for shots")
                found = self.clip.model.reader.call(info.path, find_shots, info, *self.span)
                SHOTS.keep(cache, key, found, about=info.path.name)
            self.shots.append(found)
        return self.shots[0]

    def _view(self, part: Window) -> Viewing:
        words = self._words(said_in(part, self.clip.words.cues))
        return replace(self.clip.viewing, start_s=part.start_s, end_s=part.end_s, words=words)

    def _words(self, cues: Sequence[Cue]) -> Words:
        """Some of the words of the clip, or others in their place; what warns of them was said."""
        known = self.clip.words
        source = "none" if known.source != "off" and not cues else known.source
        return replace(known, source=source, cues=tuple(cues), warnings=())

    def _key(self, part: Window, questions: Sequence[str]) -> Mapping[str, Any]:
        """All that changes what is said of a part."""
        model, view = self.clip.model, json.dumps(asdict(self._view(part)), default=str)
        return sight_key(
            fingerprint=self.clip.fingerprint,
            model=model.revision,
            family=asdict(model.spec.family),
            device=model.device,
            dtype=model.dtype,
            frames=model.most_frames(self.clip.viewing),
            view=hashlib.sha256(view.encode()).hexdigest(),
            questions=questions,
            max_new_tokens=self.max_new_tokens or model.spec.max_new_tokens,
        )


def _how_far(done: int, every: int, seconds: float) -> str:
    """`part 3 of 9, 0:04:10 left`."""
    label = f"part {done + 1} of {every}"
    if not done:
        return label
    return f"{label}, {timedelta(seconds=round(seconds / done * (every - done)))} left"
