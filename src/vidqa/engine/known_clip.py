"""What is known of a watched clip before anything is asked, whoever answers about it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vidqa.engine.answer.question_language import language_warnings
from vidqa.engine.contents import ClipContents
from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.watcher import Watcher
from vidqa.media.viewing import Viewing
from vidqa.prompt.interleave import FittedWords
from vidqa.types import Answer, Segment


class KnownClip(ABC):
    """A clip that was watched: what is shown of it, and what an answer tells of it."""

    warnings: tuple[str, ...]
    """All that was left out or guessed."""
    timings_s: dict[Any, float]
    """Seconds each stage took so far; stages overlap, so their sum is more than the wait."""

    def __init__(
        self, model: Watcher, seen: ClipContents, viewing: Viewing, timer: StageTimer
    ) -> None:
        self.model = model
        self.contents = seen
        """What was seen and heard of it."""
        self.info = seen.info
        self.words = seen.words
        self.fingerprint = seen.fingerprint
        self.decoder = seen.encoded.report.decoder
        self.viewing = viewing
        self.recipe = viewing.recipe_for(model.spec)
        self.video = seen.video

    @property
    @abstractmethod
    def fitted(self) -> FittedWords:
        """The words that are shown to the model, and how many are not."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Each frame's time and the words shown to the model with it."""
        return self.fitted.segments

    @property
    @abstractmethod
    def warnings_of_fit(self) -> tuple[str, ...]:
        """Those about what of it did not fit the model's context."""

    def answer_about(
        self,
        question: str,
        timer: StageTimer | None,
        *,
        prompt_tokens: int,
        visual_tokens: int | None,
        warnings: Sequence[str] = (),
    ) -> Answer:
        """Return an answer without a text, with all else that is known of it.

        Args:
            question: plain text.
            timer: of the stages so far; those of the clip if None.
            prompt_tokens: of the prompt.
            visual_tokens: those among them that are visual, if that is known.
            warnings: about the prompt.

        """
        timer = timer or StageTimer(None, self.timings_s)
        return Answer(
            text="",
            question=question,
            video=self.video,
            fingerprint=self.fingerprint,
            **asdict(self.model.maker),
            recipe=self.recipe.name,
            seed=None,
            frame_times_s=tuple(segment.time_s for segment in self.segments),
            duration_s=self.info.duration_s,
            words_source=self.words.source,
            words_used=self.fitted.used,
            words_dropped=self.fitted.dropped,
            visual_tokens=visual_tokens,
            prompt_tokens=prompt_tokens,
            new_tokens=0,
            stopped_by="chosen",
            warnings=(
                *self.warnings,
                *warnings,
                *language_warnings(question, self.model.spec),
            ),
            timings_s=dict(timer.seconds),
        )
