"""A conversation about a long clip: each turn is shown the windows that it is about."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vidqa.engine.asking.choose import Chosen
from vidqa.engine.asking.long_clip import LongClip, Shown
from vidqa.engine.asking.question.kinds import is_about_all, names_all, refers
from vidqa.engine.conversation import Conversation, Exchange
from vidqa.engine.local.local_clip import LocalClip
from vidqa.engine.summaries.piecewise import Progress
from vidqa.engine.summaries.windows import Window
from vidqa.engine.watched_clip import WatchedClip
from vidqa.types import Answer, Notify, TextDelta
from vidqa.types.generation import GenerationSettings
from vidqa.types.options import with_options


class LongConversation(Conversation):
    """Questions about a long clip that may refer to earlier ones and to their answers.

    A question that points to windows of its own is shown those, and all earlier turns; any other is
    shown what the one before was. A model that makes no text of several windows is shown one after
    the other, as if nothing had been asked before.
    """

    def __init__(self, long: LongClip, progress: Progress | None = None) -> None:
        """Begin; `progress` is called with which window is watched."""
        super().__init__(_local(long.clip))
        self._long, self._progress = long, progress
        self._shown: Shown | None = None
        self._is_done = False

    def forget(self) -> None:
        """Drop all turns and windows, but not the clip."""
        super().forget()
        self.clip, self._shown = _local(self._long.clip), None

    def stream(
        self,
        question: str,
        generation: GenerationSettings | None = None,
        *,
        notify: Notify | None = None,
        **given: Any,
    ) -> Iterator[TextDelta | Answer]:
        """Yield the answer sentence by sentence, each once it was checked, then the whole of it.

        A question about all of the clip, or one that nothing points to, stands alone. A turn that
        is broken off leaves no trace, and neither does one whose answer nothing supports.

        Args:
            question: plain text; control tokens in it are only letters.
            generation: how it is written, and from how many windows.
            notify: called when the stages prefill and generate begin.
            **given: as in `Clip.stream`.

        Raises:
            VideoError: a window cannot be watched.
            UsageError: as `Clip.stream` does.

        """
        how = with_options(GenerationSettings, generation, given)
        before = self.clip, self._shown, list(self.turns), self._first
        self._is_done = False
        try:
            yield from self._stream(question, how, notify)
        finally:
            if not self._is_done:  # it was broken off, or nothing supports its answer
                self.clip, self._shown, self.turns, self._first = before
                self._context = None

    def _stream(
        self, question: str, how: GenerationSettings, notify: Notify | None
    ) -> Iterator[TextDelta | Answer]:
        if how.windows == "off":
            self._turn_to(None)
            yield from self._ended(super().stream(question, how, notify=notify))
            return
        if how.schema is not None:
            yield from self._as_object(question, how, notify)
            return
        asked = self.clip.neutralized(question)
        if self._shown is None or not (refers(question) or self._stays(question)):
            chosen = self._long.chosen_for(
                question, how.windows, by_pictures=False, progress=self._progress
            )
            if self._long.is_one_by_one or not chosen.windows or chosen.are_all:
                yield from self._alone(question, asked, how, notify)
                return
            self._turn_to(self._long.shown(chosen, progress=self._progress))
        assert self._shown is not None, "there are windows"
        *_, answer = super().stream(question, how, notify=notify)
        assert isinstance(answer, Answer), "a stream ends with its answer"
        texts, checked = self._long.checked(
            answer, self._shown, strict=how.strict, notify=notify, progress=self._progress
        )
        if not checked.has_evidence and not refers(question):
            self.turns.pop()
            self._context = None
            yield from self._alone(question, asked, how, notify)
            return
        self.turns[-1] = replace(self.turns[-1], answer=checked)
        yield from self._ended(iter([*map(TextDelta, texts), checked]))

    def _as_object(
        self, question: str, how: GenerationSettings, notify: Notify | None
    ) -> Iterator[TextDelta | Answer]:
        """Answer from the windows that a question points to; an object has no sentences."""
        if self._shown is None or not (refers(question) or self._stays(question)):
            chosen = self._long.chosen_for(
                question, how.windows, by_pictures=False, progress=self._progress
            )
            is_part = self._long.is_part(chosen)
            shown = self._long.shown(chosen, progress=self._progress) if is_part else None
            self._turn_to(shown)
        yield from self._ended(super().stream(question, how, notify=notify))

    def _stays(self, question: str) -> bool:
        """Return whether a question about nothing in particular is about the last windows."""
        return is_about_all(question) and not names_all(question)

    def _ended(self, events: Iterator[TextDelta | Answer]) -> Iterator[TextDelta | Answer]:
        """Yield events; the turn stands once the answer is there, if anything supports it."""
        for event in events:
            if isinstance(event, Answer):
                self._is_done = event.has_evidence
            yield event

    def _turn_to(self, shown: Shown | None) -> None:
        """Read all turns again behind other windows, if they are others."""
        clip = _local(self._long.clip if shown is None else shown.clip)
        if clip is not self.clip:
            self.clip, self._context = clip, None
        self._shown = shown

    def _alone(
        self,
        question: str,
        asked: str,
        how: GenerationSettings,
        notify: Notify | None,
    ) -> Iterator[TextDelta | Answer]:
        """Answer without earlier turns; later ones know of it, and look where it was from."""
        events = self._long.stream(question, how, notify=notify, progress=self._progress)
        for event in self._ended(events):
            if isinstance(event, Answer) and event.has_evidence:
                told = " ".join(one.text for one in event.claims or () if one.spans)
                ids = self.clip.model.loaded.encode(self.clip.neutralized(told))
                self.turns.append(Exchange(asked, tuple(ids), event))
                self._look_at(event)
            yield event

    def _look_at(self, answer: Answer) -> None:
        """Show the windows of an answer to what follows, unless it is from all of them."""
        if answer.chosen_by in (None, "all"):
            return
        some = answer.looked_at[-1:] if self._long.is_one_by_one else answer.looked_at
        windows = tuple(Window(*span, "even") for span in some)
        self._turn_to(self._long.shown(Chosen(windows, answer.chosen_by), progress=self._progress))


def _local(clip: WatchedClip) -> LocalClip:
    """Return a clip as one that is answered about here: only those are talked about."""
    assert isinstance(clip, LocalClip), "a conversation is held by a model in this process"
    return clip
