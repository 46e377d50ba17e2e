"""A loaded model: show it clips."""

from collections.abc import Iterator, Sequence
from typing import Any

from vidqa.engine.answer.thought import Thought
from vidqa.engine.asker import Asker
from vidqa.engine.clip import Clip
from vidqa.engine.local.message import Part, score, stream
from vidqa.engine.local.runtime import Runtime
from vidqa.engine.local.together import answer_together
from vidqa.errors import VidqaError
from vidqa.types import Answer, Notify, TextDelta
from vidqa.types.generation import GenerationSettings, Scored, Written
from vidqa.types.options import with_options


class Model(Asker[Clip], Runtime):
    """A loaded model: watch clips with it."""

    def require_thinking(self) -> None:
        """Refuse `think` at once. Raises UsageError: the model does not think."""
        Thought.of(self.loaded, self.spec, 1, is_kept=False)

    def write(
        self, prompt: str, generation: GenerationSettings | None = None, **given: Any
    ) -> Written:
        """Write an answer to a text alone, without a clip. See `stream_text`.

        Args:
            prompt: plain text.
            generation: how it is written.
            **given: fields of `GenerationSettings` by name.

        Raises:
            UsageError: as `Clip.ask` does.

        """
        *_, written = self.stream_text(prompt, generation, **given)
        assert isinstance(written, Written), "a stream ends with its answer"
        return written

    def stream_text(
        self, prompt: str, generation: GenerationSettings | None = None, **given: Any
    ) -> Iterator[TextDelta | Written]:
        """Yield an answer to a text alone piece by piece, then the whole of it. See `write`."""
        return self.stream_message([prompt], generation, **given)

    def stream_message(
        self,
        message: Sequence[Part],
        generation: GenerationSettings | None = None,
        **given: Any,
    ) -> Iterator[TextDelta | Written]:
        """Yield an answer to texts and pictures, read in their order. See `stream_text`.

        Args:
            message: plain texts, and pixels (height, width, 3) of pictures; one text at least.
            generation: how it is written.
            **given: fields of `GenerationSettings` by name.

        """
        return stream(self, message, with_options(GenerationSettings, generation, given))

    def score_message(self, message: Sequence[Part], answer: str | None) -> Scored:
        """Return how likely a given beginning of an answer to a message is, token by token.

        Args:
            message: as in `stream_message`.
            answer: plain text; None: only the message's tokens are counted.

        Raises:
            UsageError: as `stream_message` does.

        """
        return score(self, message, answer)

    @property
    def kind(self) -> type[Clip]:
        """The class of the clips that are watched with it."""
        return Clip

    def answer_together(
        self,
        clips: Sequence[Clip],
        question: str,
        generation: GenerationSettings | None = None,
        *,
        notify: Notify | None = None,
    ) -> Sequence[Answer | VidqaError]:
        """Answer one question about several clips, with one forward pass per token."""
        return answer_together(clips, question, generation, notify=notify)
