"""A clip that is asked through its windows where it is too long for its frames."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from vidqa.engine.asking.is_long import is_long
from vidqa.engine.asking.long_clip import LongClip, Memory, Shown
from vidqa.engine.summaries.piecewise import Progress
from vidqa.engine.summaries.summarize import summarize
from vidqa.engine.summaries.summary import Summary
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watched_clip import WatchedClip
from vidqa.errors import UsageError
from vidqa.types import Answer, Notify, PromptView, TextDelta
from vidqa.types.generation import GenerationSettings
from vidqa.types.options import with_options
from vidqa.types.summaries import Length

UNSCORED = "the server does not tell how likely a sentence is, so that none can be checked"
NOWHERE = "nothing in the clip is about the question more than the rest, so all was looked at"


class WindowedClip(WatchedClip):
    """A watched clip: ask it anything, any number of times.

    One that is too long for its frames is asked through the windows that a question is about, and
    every sentence of a free answer says where in the clip it is from; see `Answer.claims`.
    """

    def stream(
        self,
        question: str,
        generation: GenerationSettings | None = None,
        *,
        notify: Notify | None = None,
        progress: Progress | None = None,
        **given: Any,
    ) -> Iterator[TextDelta | Answer]:
        """Yield the answer piece by piece, then the whole of it. See `WatchedClip.stream`.

        Args:
            question: plain text.
            generation: how it is written; `windows` is about long clips.
            notify: called when a stage begins.
            progress: called with which window of a long clip is watched.
            **given: fields of `GenerationSettings` by name.

        Raises:
            VideoError: no window that it is about can be watched.
            UsageError: as `WatchedClip.stream` does.

        """
        how = with_options(GenerationSettings, generation, given)
        if not self.is_asked_in_windows(how.windows):
            return super().stream(question, how, notify=notify)
        self.require_askable(question, how)
        if how.think is not None:
            raise UsageError(
                f"{self.info.path.name} is too long to be shown at once, and thought about at once",
                hint="--windows off thinks about a few frames of all of it",
            )
        if how.strict and not self.can_score:
            raise UsageError(f"--strict leaves out what nothing supports; {UNSCORED}")
        if how.schema is not None or not self.can_score:
            return self._at_once(question, how, notify=notify)
        return self._long.stream(question, how, notify=notify, progress=progress)

    def _at_once(
        self, question: str, how: GenerationSettings, *, notify: Notify | None
    ) -> Iterator[TextDelta | Answer]:
        """Yield an answer from the windows that a question is about, sentences unchecked.

        An object has none, and of others nobody can tell what they rest on.
        """
        chosen = self._long.chosen_for(question, how.windows)
        warnings = tuple[str, ...]()
        if self._long.is_part(chosen):
            shown = self._long.shown(chosen)
            seen: dict[str, Any] = {"chosen_by": chosen.by, "looked_at": shown.looked_at}
            events = shown.clip.stream(question, how, notify=notify)
        else:
            seen, events = {}, super().stream(question, how, notify=notify)
            warnings = () if chosen.are_all else (*chosen.warnings, NOWHERE)
        if not self.can_score:
            warnings = (*warnings, UNSCORED)
        for event in events:
            if isinstance(event, Answer):
                event = replace(event, warnings=(*event.warnings, *warnings), **seen)
            yield event

    def is_asked_in_windows(self, windows: int | str = "auto") -> bool:
        """Return whether it is too long for its frames, and windows are not switched off."""
        return windows != "off" and is_long(self)

    def prompt(self, question: str, *, windows: int | str = "auto") -> PromptView:
        """Return what the model sees when asked: every frame's time, words and token counts."""
        shown = self._shown_for(question, windows)
        return super().prompt(question) if shown is None else shown.clip.prompt(question)

    def choose(
        self,
        question: str,
        choices: Sequence[str],
        *,
        threshold: float | None = None,
        notify: Notify | None = None,
        windows: int | str = "auto",
    ) -> Answer:
        """Return the likeliest given answer. See `WatchedClip.choose`."""
        if not self.is_asked_in_windows(windows):
            return super().choose(question, choices, threshold=threshold, notify=notify)
        self.require_askable(question)
        chosen = self._long.chosen_for(question, windows)
        if self._long.is_part(chosen):
            shown = self._long.shown(chosen)
            answer = shown.clip.choose(question, choices, threshold=threshold, notify=notify)
            return replace(answer, chosen_by=chosen.by, looked_at=shown.looked_at)
        answer = super().choose(question, choices, threshold=threshold, notify=notify)
        nowhere = () if chosen.are_all else (*chosen.warnings, NOWHERE)
        return replace(answer, warnings=(*answer.warnings, *nowhere))

    def grounded(self, answer: Answer | str) -> Answer:
        """Add to an answer, or that to a question, what it rests on. See `WatchedClip.grounded`.

        Of an answer from windows, that is what its least certain sentence rests on there.
        """
        answer = self.ask(answer) if isinstance(answer, str) else answer
        if answer.claims is not None:
            judged = [one.grounding for one in answer.claims if one.grounding is not None]
            weakest = min(judged, key=lambda one: one.without_both, default=None)
            return replace(answer, grounding=weakest)
        if answer.chosen_by is not None:
            windows = tuple(Window(*span, "even") for span in answer.looked_at)
            return self._long.opened(windows).grounded(answer)
        return super().grounded(answer)

    def summarize(self, length: Length = "medium", **how: Any) -> Summary:
        """Sum the clip up. See `vidqa.engine.summaries.summarize.summarize`."""
        return summarize(self, length=length, **how)

    @cached_property
    def _memory(self) -> Memory:
        return Memory()

    @property
    def _long(self) -> LongClip:
        return LongClip(self, self._memory)

    def _shown_for(self, question: str, windows: int | str) -> Shown | None:
        if not self.is_asked_in_windows(windows):
            return None
        self.require_askable(question)
        return self._long.shown_for(question, windows)
