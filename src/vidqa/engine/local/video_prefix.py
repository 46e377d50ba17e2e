"""The video prefix: the prompt before the question, prefilled once and reused by every question."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vidqa.errors import ModelUnsupportedError
from vidqa.network.inference.decode import (
    Context,
    log_likelihoods,
    prefill_prefix,
    prefill_question,
)
from vidqa.network.inference.prompt_ids import Pictures, PromptIds, Turn, tokenize_prompt
from vidqa.network.loaded import Loaded


class VideoPrefix:
    """The prompt before the question, prefilled once."""

    def __init__(
        self,
        loaded: Loaded,
        turn: Turn,
        pictures: Pictures,
        *,
        window: int | None,
        prefix: Context | None = None,
    ) -> None:
        """Prefill the clip's part of the prompt.

        Args:
            loaded: network and processor.
            turn: the text around the question.
            pictures: the clip's part.
            window: tokens at most; of a longer prompt only the last ones are read.
            prefix: the KV cache of the clip's part, if it was prefilled before.

        """
        self._loaded = loaded
        self._turn = turn
        self._pictures = pictures
        self._window = window
        self.prefix = prefix or _prefilled(loaded, pictures)

    def prompt(self, question: str, turn: Turn | None = None) -> PromptIds:
        """Tokenize a harmless question behind the clip; in another turn, where one is given.

        Raises:
            ModelUnsupportedError: the clip's part of that turn is another one.

        """
        turn = turn or self._turn
        if turn.prefix_text != self._turn.prefix_text:
            raise ModelUnsupportedError("the model's chat template shows a clip otherwise to think")
        return tokenize_prompt(
            self._loaded, turn, question, self._pictures.input_ids, window=self._window
        )

    @property
    def prefix_tokens(self) -> int:
        """Tokens before the question."""
        return self._pictures.input_ids.shape[1]

    @property
    def suffix_text(self) -> str:
        """The text that closes a question's turn and opens the answer."""
        return self._turn.suffix_text

    def behind(self, ids: Sequence[int]) -> PromptIds:
        """Return the prompt with given ids behind the clip."""
        return PromptIds(
            question_ids=torch.tensor([list(ids)], device=self._loaded.network.device),
            tokens=self.prefix_tokens + len(ids),
            text=self._turn.prefix_text + str(self._loaded.tokenizer.decode(list(ids))),
        )

    def fresh(self) -> Context:
        """Return a copy of the prefilled KV cache; the caller may extend it."""
        return self.prefix.branch()

    def visual_tokens(self, prompt: PromptIds) -> int:
        """Return the number of visual tokens that a prompt holds."""
        return len(self._read(prompt).visual_tokens)

    def begin(self, prompt: PromptIds) -> tuple[Tensor, Context]:
        """Prefill a prompt; return its last logits (1, V) and a context that the caller owns."""
        context = self._context(prompt)
        return prefill_question(self._loaded.network, prompt.question_ids, context), context

    def score(self, prompt: PromptIds, answers: Sequence[Sequence[int]]) -> list[Tensor]:
        """Return the log likelihood of each token of each answer, (T,) each."""
        logits, begun = self.begin(prompt)
        likelihoods = []
        for number, answer in enumerate(answers, start=1):
            ids = torch.tensor([answer], device=logits.device)  # (1, T)
            context = begun.branch() if number < len(answers) else begun
            likelihoods.append(log_likelihoods(self._loaded.network, logits, context, ids))
        return likelihoods

    def _read(self, prompt: PromptIds) -> Pictures:
        """Return the clip's part that is read with this question behind it."""
        if not prompt.cut:
            return self._pictures
        kept = max(0, self._pictures.input_ids.shape[1] - prompt.cut)
        mark: int = self._loaded.network.config.image_token_id
        return self._pictures.last(kept, image_token_id=mark)

    def _context(self, prompt: PromptIds) -> Context:
        if prompt.cut:
            return _prefilled(self._loaded, self._read(prompt))
        return self.fresh()


def _prefilled(loaded: Loaded, pictures: Pictures) -> Context:
    return prefill_prefix(
        loaded.network,
        pictures.input_ids,
        pictures.visual_tokens,
        form=pictures.form,
        positions=pictures.positions,
    )
