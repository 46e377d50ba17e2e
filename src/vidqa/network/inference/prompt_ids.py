"""Turn a conversation in the model's own template into ids and visual tokens.

The template is rendered once around a mark that stands for the question. The text before the
mark is the video prefix, the same for every question; the text after it closes the turn.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from torch import Tensor

from vidqa.errors import ModelUnsupportedError
from vidqa.network.inference.visual_features import VisualForm
from vidqa.network.loaded import Loaded
from vidqa.network.text.chat_template import ChatTemplate

QUESTION_MARK = "\ue000question\ue000"
"""The placeholder of the question while the template is rendered (Unicode private use area)."""

ANSWER_MARK = "\ue000answer\ue000"
"""The placeholder of an earlier answer, likewise."""

OUR_MARKS = frozenset({QUESTION_MARK, ANSWER_MARK})
"""Marks that text from outside must not contain."""


class Turn:
    """The user's turn as text, split at the question."""

    def __init__(
        self,
        chat_template: ChatTemplate,
        content: Callable[[str], list[dict[str, str]]],
        *,
        template: str | None = None,
        template_kwargs: Mapping[str, object] | None = None,
    ) -> None:
        """Render the content of a question in a template, the model's own if None."""
        rendered = chat_template.render(
            [{"role": "user", "content": content(QUESTION_MARK)}],
            template=template,
            add_generation_prompt=True,
            **dict(template_kwargs or {}),
        )
        before, mark, after = rendered.partition(QUESTION_MARK)
        assert mark, "the chat template left the question out"
        self.prefix_text: str = before
        """The text up to the question; one placeholder an image."""
        self.suffix_text: str = after
        """The text that closes the turn and opens the answer."""


def between_turns(
    chat_template: ChatTemplate, template_kwargs: Mapping[str, object] | None = None
) -> str:
    """Return the text that the model's template puts between an answer and the next question.

    Raises:
        ModelUnsupportedError: the template does not allow a second question.

    """
    messages = [
        {"role": role, "content": [{"type": "text", "text": text}]}
        for role, text in (("user", "-"), ("assistant", ANSWER_MARK), ("user", QUESTION_MARK))
    ]
    variables: dict[str, Any] = dict(template_kwargs or {})
    rendered = chat_template.render(messages, **variables)
    _, answered, rest = rendered.partition(ANSWER_MARK)
    between, asked, _ = rest.partition(QUESTION_MARK)
    if not (answered and asked):
        raise ModelUnsupportedError("the model's chat template knows one question, no conversation")
    return str(between)


def require_template(chat_template: ChatTemplate, folder: Path) -> None:
    """Refuse a model whose template would silently lose a clip's order.

    Raises:
        ModelUnsupportedError: it has no chat template; or one that leaves the question out, or does
            not keep frames and words as they come.

    """
    content = [{"type": "image"}, {"type": "text", "text": ANSWER_MARK}] * 2
    messages = [{"role": "user", "content": [*content, {"type": "text", "text": QUESTION_MARK}]}]
    try:
        rendered = chat_template.render(messages)
    except ModelUnsupportedError:
        raise
    except Exception as error:  # a template is a program
        raise ModelUnsupportedError(
            f"the model in {folder} has no chat template that can be used: {error}"
        ) from error
    image = str(chat_template.processor.image_token)
    marks = [image, ANSWER_MARK, QUESTION_MARK]
    found = re.findall("|".join(map(re.escape, marks)), rendered)
    if found != [image, ANSWER_MARK, image, ANSWER_MARK, QUESTION_MARK]:
        raise ModelUnsupportedError(
            f"the chat template of the model in {folder} does not keep frames and words in order"
        )


@dataclass(frozen=True, slots=True)
class Pictures:
    """A clip's prefix: its ids and its encoded frames."""

    input_ids: Tensor
    """(1, T), N placeholders among them."""
    visual_tokens: Tensor
    """(N, (1 + L) D), projected into the decoder's width, in reading order."""
    form: VisualForm = field(default_factory=VisualForm)
    """The form in which the family takes them."""
    positions: Tensor | None = None
    """(3, 1, T), in families whose pictures count by rows and columns. See `positions_of`."""

    def last(self, tokens: int, *, image_token_id: int) -> "Pictures":
        """Return only the last `tokens` of the prefix; the first image left may be cut."""
        dropped = self.input_ids[:, : max(0, self.input_ids.shape[1] - tokens)]
        gone = int((dropped == image_token_id).sum())
        rest = slice(dropped.shape[1], None)
        return replace(
            self,
            input_ids=self.input_ids[:, rest],
            visual_tokens=self.visual_tokens[gone:],
            positions=None if self.positions is None else self.positions[..., rest],
        )

    def only(self, stays: Tensor, kept: Tensor) -> "Pictures":
        """Return those of the ids, (T,), and of the visual tokens, (N,), that are true.

        What is left is where it was, in families whose pictures count by rows and columns.
        """
        positions = None if self.positions is None else self.positions[..., stays]
        return replace(
            self,
            input_ids=self.input_ids[:, stays],
            visual_tokens=self.visual_tokens[kept],
            positions=positions,
        )


@dataclass(frozen=True, slots=True)
class PromptIds:
    """A question after a prefix."""

    question_ids: Tensor
    """(1, T): the question and what closes the turn."""
    tokens: int
    """Tokens of the prompt that the model reads."""
    text: str
    """The whole prompt as the template rendered it."""
    cut: int = 0
    """Tokens at the beginning of the prompt that are dropped."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about the part of the prompt that is not read."""
        if not self.cut:
            return ()
        return (f"the first {self.cut} tokens of the prompt were cut off, as the authors do",)


def ids_of(tokenizer: Any, text: str) -> Tensor:
    """Return the ids of a piece of text, (T,)."""
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids[0]
    return cast(Tensor, ids).long()


def tokenize_prompt(
    loaded: Loaded, turn: Turn, question: str, prefix_ids: Tensor, *, window: int | None = None
) -> PromptIds:
    """Tokenize a question and the close of the turn separately, so that the prefix stays the same.

    Args:
        loaded: has the tokenizer.
        turn: the text around the question.
        question: holds no control tokens.
        prefix_ids: (1, T) of the clip.
        window: tokens that are read at most, the last ones of a longer prompt.

    """
    tail = question + turn.suffix_text
    ids = loaded.tokenizer(tail, add_special_tokens=False, return_tensors="pt").input_ids
    length = prefix_ids.shape[1] + ids.shape[1]
    read = ids if window is None else ids[:, -window:]
    return PromptIds(
        question_ids=read.to(prefix_ids.device),
        tokens=length if window is None else min(length, window),
        text=turn.prefix_text + tail,
        cut=0 if window is None else max(0, length - window),
    )
