"""Watch a clip part by part; its words come from listening to the whole once."""

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
from vidqa.engine.summaries.part_answers import ANSWERS, Kept, Made, PartAnswers, tell
from vidqa.engine.summaries.topics import topic_changes
from vidqa.engine.summaries.windows import (
    SLACK,
    Window,
    said_in,
    scenes,
    shown_in,
    together,
    windows,
)
from vidqa.engine.watch.sight_key import sight_key
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import VideoError, VidqaError
from vidqa.media.sampling.select import stretch
from vidqa.media.sampling.shots import find_shots
from vidqa.media.viewing import Viewing
from vidqa.models.summary_form import SummaryForm
from vidqa.system.version import __version__
from vidqa.types import Cue, Notify, Words, combined_source
from vidqa.types.wording import count_words

SHOTS = Kept("shots", tuple[float, ...])
SECONDS_A_FRAME = 10.0
"""Seconds that one frame stands for; a clip too long for its frames is watched in windows."""

Progress = Callable[[str], object]
"""Called with the progress, in words."""


@dataclass(frozen=True, slots=True)
class Piecewise:
    """One clip that is watched in parts."""

    clip: WatchedClip
    """The whole clip; its parts are watched with the same settings."""
    form: SummaryForm
    """The questions for the model."""
    max_new_tokens: int | None
    """Tokens of an answer at most; the model's default if None."""
    notify: Notify | None
    progress: Progress
    shots: list[tuple[float, ...]] = field(default_factory=list, compare=False)
    """The starts of shots, in seconds, once they have been searched for."""
    is_silent: bool = False
    """Whether parts are watched without words."""

    @property
    def span(self) -> tuple[float, float]:
        """Start and end of what is watched, in seconds."""
        return stretch(self.clip.info, self.clip.viewing.start_s, self.clip.viewing.end_s)

    @property
    def budget_s(self) -> float:
        """Seconds watched at once, limited by the frames and by the words that are shown."""
        begin_s, end_s = self.span
        words = sum(count_words(cue.text) for cue in self.clip.words.cues)
        most_words = self.clip.recipe.max_words / (1 + 2 * SLACK)  # both ends may be moved
        by_words_s = (end_s - begin_s) * most_words / max(1, words)
        by_frames_s = self.clip.model.most_frames(self.clip.viewing) * SECONDS_A_FRAME
        return min(by_frames_s, max(by_words_s, SECONDS_A_FRAME))

    def windows(self, most_s: float) -> tuple[Window, ...]:
        """Cut into parts of about `most_s` seconds; decode all to find shots only if needed."""
        cues = self.clip.words.said
        cut = partial(windows, *self.span, most_s, cues=cues, topics=topic_changes(cues))
        parts = cut(shots=())
        if all(part.cut_at != "even" for part in parts):
            return parts
        return cut(shots=self.shots_found())

    def scenes(self, least_s: float) -> tuple[Window, ...]:
        """Cut at every topic, pause and shot, into parts of at least `least_s` seconds."""
        cues, shots = self.clip.words.said, self.shots_found()
        return scenes(*self.span, least_s, cues=cues, shots=shots, topics=topic_changes(cues))

    def watched(self, parts: Sequence[Window]) -> Iterator[tuple[Window, WatchedClip | VideoError]]:
        """Yield each part, read ahead, or why it cannot be watched."""
        name, begun = str(self.clip.info.path), time.monotonic()
        views = [(name, self._view(part)) for part in parts]
        clips = watch_all(self.clip.plain, self.clip.model, views, notify=self.notify)
        with closing(clips) as watched:
            for done, (part, (_, clip)) in enumerate(zip(parts, watched, strict=True)):
                self.progress(_how_far(done, len(parts), time.monotonic() - begun))
                if isinstance(clip, VidqaError) and not isinstance(clip, VideoError):
                    raise clip
                yield part, clip

    def answers(
        self, parts: Sequence[Window], questions: Sequence[str]
    ) -> dict[Window, PartAnswers]:
        """Return the answers about each part, cached or new; damaged parts are left out.

        Raises:
            VideoError: no part can be watched.

        """
        known, failed = self.answers_to_some(parts, questions)
        if failed is not None and not known:
            raise failed
        return known

    def answers_to_some(
        self, parts: Sequence[Window], questions: Sequence[str]
    ) -> tuple[dict[Window, PartAnswers], VideoError | None]:
        """Return the same, and why a part cannot be watched, even if none can."""

        def tell(clip: WatchedClip, _: Window) -> PartAnswers:
            return self.tell(clip, questions)

        return self.each(ANSWERS, dict.fromkeys(parts, questions), tell)

    def each(
        self,
        kept: Kept[Made],
        asked: Mapping[Window, Sequence[str]],
        make: Callable[[WatchedClip, Window], Made],
    ) -> tuple[dict[Window, Made], VideoError | None]:
        """Compute a result for each part that can be watched, or take it from the cache.

        Args:
            kept: its cache entries.
            asked: all texts that change the result.
            make: computes the result of a part.

        """
        cache, about = self.clip.model.answer_cache, self.clip.info.path.name
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

    def tell(self, clip: WatchedClip, questions: Sequence[str]) -> PartAnswers:
        """Ask about the clip, or about one made from it."""
        return tell(clip, questions, max_new_tokens=self.max_new_tokens, notify=self.notify)

    def with_words(self, clip: WatchedClip, answers: Mapping[Window, PartAnswers]) -> WatchedClip:
        """Replace a clip's words by the answers about its parts."""
        texts = {part: " ".join(" ".join(one.texts).split()) for part, one in answers.items()}
        cues = [Cue(part.start_s, part.end_s, text) for part, text in texts.items() if text]
        return clip.with_words(self._words(cues))

    def above(self, answers: Mapping[Window, PartAnswers]) -> "Piecewise":
        """Return a copy whose clip has the answers about parts in place of its words."""
        return replace(self, clip=self.with_words(self.clip, answers))

    def few(
        self,
        answers: Mapping[Window, PartAnswers],
        questions: Sequence[str],
        between: list[PartAnswers],
    ) -> Mapping[Window, PartAnswers]:
        """Reduce the parts until the answers about them fit one prompt.

        If they are too many words, neighbours are summarized together, and those again; the
        answers on the way are added to `between`.
        """
        most = self.clip.recipe.max_words
        while sum(one.words for one in answers.values()) > most:
            groups = together({part: one.words for part, one in answers.items()}, most)
            if len(groups) == len(answers):
                break
            answers = self.above(answers).answers(groups, questions)
            between += answers.values()
        return answers

    def shots_found(self) -> tuple[float, ...]:
        """Return the starts of shots, in seconds; decodes the clip, the first time."""
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
        if self.is_silent:
            silent = without_words(self.clip.viewing)
            return replace(silent, start_s=part.start_s, end_s=part.end_s)
        known = self.clip.words
        words = self._words([*said_in(part, known.said), *shown_in(part, known.on_screen)])
        return replace(self.clip.viewing, start_s=part.start_s, end_s=part.end_s, words=words)

    def _words(self, cues: Sequence[Cue]) -> Words:
        """Return the clip's words with these cues; the warnings were already reported."""
        known, read = self.clip.words, [cue.on_screen for cue in cues]
        source = combined_source(known.source, said=not all(read), read=any(read))
        ordered = sorted(cues, key=lambda cue: (cue.start_s, cue.end_s))
        return replace(known, source=source, cues=tuple(ordered), warnings=())

    def _key(self, part: Window, questions: Sequence[str]) -> Mapping[str, Any]:
        """Return all that changes the answers about a part."""
        model, view = self.clip.model, json.dumps(self._view(part).key, default=str)
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


def without_words(viewing: Viewing) -> Viewing:
    """Return how pictures alone are watched."""
    return replace(viewing, words=Words("off"), screen_text="off")


def _how_far(done: int, every: int, seconds: float) -> str:
    """Return a label such as `part 3 of 9, 0:04:10 left`."""
    label = f"part {done + 1} of {every}"
    if not done:
        return label
    return f"{label}, {timedelta(seconds=round(seconds / done * (every - done)))} left"
