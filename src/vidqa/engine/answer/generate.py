"""An answer while it is being generated."""

from collections.abc import Callable, Iterator

from torch import Tensor

from vidqa.engine.answer.json_text import require_json
from vidqa.engine.answer.thought import Thought
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import UsageError
from vidqa.network.inference.decode import Context, decode
from vidqa.network.inference.json_grammar import JsonGrammar
from vidqa.network.inference.token_sampling import AnswerPenalty, Sampling, TokenChooser
from vidqa.network.loaded import Loaded
from vidqa.network.text.detokenize import TextStream
from vidqa.network.text.whole_answer import WholeText
from vidqa.types import StoppedBy

Begin = Callable[[], tuple[Tensor, Context]]
"""Prefills the prompt; returns its last logits (1, V) and a context that the caller owns."""


class Writing:
    """The tokens and text so far, and finally why they ended."""

    def __init__(
        self,
        loaded: Loaded,
        text: TextStream | WholeText,
        *,
        limit: int,
        at_limit: StoppedBy,
        schema: str | None = None,
        thought: Thought | None = None,
    ) -> None:
        """Allow at most `limit` tokens; a longer answer is stopped by `at_limit`.

        With a `schema` it is JSON that fits it, with a `thought` the model thinks before. Raises
        UsageError if nothing can fit.
        """
        self.thought = thought
        self._grammar = None
        if schema is not None:
            self._grammar = JsonGrammar(loaded, schema)
        self._loaded = loaded
        self._text = text
        self._limit = limit
        self.stopped_by: StoppedBy = at_limit
        self.answer_ids: list[int] = []
        """Ids of the answer, without its end token."""
        self.new_tokens = 0
        """Number of tokens, the end token included."""
        self.is_over = False
        """Whether no more tokens are needed."""

    @property
    def is_json(self) -> bool:
        """Whether it has to be JSON."""
        return self._grammar is not None

    @property
    def text(self) -> str:
        """The text so far."""
        return self._text.text

    def pieces(self, begin: Begin, sampling: Sampling, timer: StageTimer) -> Iterator[str]:
        """Yield the text piece by piece.

        Args:
            begin: prefills the prompt.
            sampling: how tokens are chosen.
            stopwatch: times the stages prefill and generate.

        Raises:
            UsageError: with a schema: the answer became too long, or nothing more fits it.

        """
        loaded = self._loaded
        chooser = TokenChooser(sampling, AnswerPenalty.of(loaded), self._grammar)
        with timer.stage("prefill"):
            logits, context = begin()
        with timer.stage("generate"):
            if self.thought is not None:
                logits = self.thought.think(logits, context, sampling)
            for token in decode(loaded.network, logits, context, chooser):
                if (piece := self.take(token)) and not self.is_json:
                    yield piece
                if self.is_over:
                    break
        piece = self.finish()
        if self.is_json:  # nothing is shown of what a program could not read
            require_json(self.text, is_whole=self.stopped_by == "end", tokens=self.new_tokens)
            piece = self.text
        if piece:
            yield piece

    def take(self, token: int) -> str:
        """Add one token, unless it ends the answer; return the text that can now be shown."""
        self.new_tokens += 1
        if token in self._loaded.stop_ids:
            self.stopped_by = "end"
            self.is_over = True
            return ""
        self.answer_ids.append(token)
        self.is_over = self.new_tokens == self._limit
        return self._text.push(token)

    def finish(self) -> str:
        """Return the text that was held back."""
        return self._text.finish()


def checked_sampling(temperature: float, top_p: float, seed: int) -> Sampling:
    """Check the sampling settings.

    Raises:
        UsageError: a setting is out of range.

    """
    try:
        return Sampling(temperature, top_p, seed)
    except ValueError as error:
        raise UsageError(str(error)) from error
