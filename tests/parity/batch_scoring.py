"""Answers given: as targets of training, and scored against each other as choices.

Letters in shapes: B batch, T tokens, N visual tokens, D width, C choices.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from batch_rows import Row, keep_first
from torch import Tensor
from torch.nn import functional

from vidqa.network.inference.visual_features import VisualForm
from vidqa.network.modeling import VidqaForConditionalGeneration, VidqaOutput

UNSCORED = -100
"""A label that no loss is computed for."""
NO_CHOICE = 9999.0
"""The score of a choice that a question does not have."""


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """The lengths that prompts and answers are cut and padded to."""

    prompt_tokens: int
    answer_tokens: int

    def __post_init__(self) -> None:
        for name in ("prompt_tokens", "answer_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"AnswerLimits: {name} must be 1 or more")


@dataclass(frozen=True, slots=True)
class AnswerBatch:
    """Prompts with their answers: BOS, prompt, answer, padding."""

    input_ids: Tensor
    """(B, T)"""
    attention_mask: Tensor
    """(B, T), 0 on the padding."""
    labels: Tensor
    """(B, T), -100 but on the answers."""
    visual_tokens: Tensor
    """(N, D), of all prompts."""

    def forward(self, network: VidqaForConditionalGeneration) -> VidqaOutput:
        """Score the answers; `loss` is the mean over all their tokens."""
        return network(
            input_ids=self.input_ids,
            attention_mask=self.attention_mask,
            labels=self.labels,
            mm_encoder_outputs={"image": VisualForm().encoded(self.visual_tokens)},
        )


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """How unlikely each answer of a batch is."""

    summed_nll: Tensor
    """(B,): the negative log likelihoods of its tokens, added up."""
    tokens: Tensor
    """(B,)"""

    def released(self, limits: AnswerLimits) -> Tensor:
        """The authors' score (B,): divided by a constant, so that short answers win."""
        return self.summed_nll / (limits.prompt_tokens + limits.answer_tokens)

    @property
    def per_token(self) -> Tensor:
        """The score (B,) that does not prefer short answers."""
        return self.summed_nll / self.tokens.clamp(min=1)


def answer_batch(
    network: VidqaForConditionalGeneration,
    prompts: Sequence[Row],
    answers: Sequence[Sequence[int]],
    *,
    limits: AnswerLimits,
    bos_id: int,
    pad_id: int,
) -> AnswerBatch:
    """Lay prompts and answers out as in training: both are cut on the right, then padded.

    Args:
        network: says what the placeholder is.
        prompts: one row each, without BOS.
        answers: the ids of each answer and what ends it.
        limits: every row is padded to both limits together, and one more for the BOS.
        bos_id: stands before each prompt.
        pad_id: stands behind each answer; where an answer has it, it is not scored.

    """
    image = network.config.image_token_id
    prompts = [keep_first(row, limits.prompt_tokens, image_token_id=image) for row in prompts]
    shape = (len(prompts), 1 + limits.prompt_tokens + limits.answer_tokens)
    ids = prompts[0].input_ids.new_full(shape, pad_id)  # (B, T)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, UNSCORED)
    for index, (row, words) in enumerate(zip(prompts, answers, strict=True)):
        answer = ids.new_tensor(list(words)[: limits.answer_tokens])
        start, end = 1 + len(row.input_ids), 1 + len(row.input_ids) + len(answer)
        ids[index, :start] = functional.pad(row.input_ids, (1, 0), value=bos_id)
        ids[index, start:end] = answer
        mask[index, :end] = 1
        labels[index, start:end] = answer.masked_fill(answer == pad_id, UNSCORED)
    return AnswerBatch(ids, mask, labels, torch.cat([row.visual_tokens for row in prompts]))


def score(network: VidqaForConditionalGeneration, batch: AnswerBatch) -> AnswerScores:
    """How unlikely the answers of a batch are."""
    logits, labels = batch.forward(network).logits, batch.labels
    assert logits is not None
    losses = functional.cross_entropy(
        logits[:, :-1].float().transpose(1, 2),
        labels[:, 1:],
        ignore_index=UNSCORED,
        reduction="none",
    )  # (B, T-1)
    return AnswerScores(losses.sum(-1), (labels[:, 1:] != UNSCORED).sum(-1))


def rank(scores: Tensor, *, choices: Sequence[int] | None = None) -> Tensor:
    """The best choice first, for each question.

    Args:
        scores: (B, C), small is good.
        choices: how many choices each question has; the rest go to the end.

    Returns:
        (B, C) numbers of choices.

    """
    if choices is not None:
        absent = torch.arange(scores.shape[1]) >= torch.tensor(choices).unsqueeze(-1)  # (B, C)
        scores = scores.masked_fill(absent.to(scores.device), NO_CHOICE)
    return scores.argsort(dim=-1)
