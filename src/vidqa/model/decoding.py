"""Canonical prefill and token by token decoding, the same for every family.

Shapes: B = 1, T tokens, N visual tokens, D width, V vocabulary.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import (
    Cache,
    DynamicCache,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)
from transformers.modeling_outputs import BaseModelOutputWithPooling

PREFILL_CHUNK_TOKENS = 512
"""Matrix products round differently in other shapes: fixed chunks make a cached prefix and a fresh
one the same bytes, and bound the memory of a long prompt."""


@dataclass(slots=True)
class Prefix:
    """A video's part of the prompt, already in the KV cache."""

    input_ids: Tensor
    """(1, T)"""
    cache: Cache


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen: greedily, unless a temperature is given."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < math.inf:
            raise ValueError(f"Sampling: temperature must be 0 or more, got {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"Sampling: top_p must be above 0 and at most 1, got {self.top_p}")

    @property
    def greedy(self) -> bool:
        """Nothing is drawn."""
        return self.temperature == 0


class AnswerPenalty(LogitsProcessor):
    """Makes tokens less likely that the answer already has, and the BOS before it.

    The words of the prompt are free. Up to transformers 4.37 `generate` behaved like this for a
    prompt of embeddings; since then it leaves out the BOS, and the beginnings of padded rows.
    """

    def __init__(self, penalty: float, *, bos_id: int) -> None:
        if penalty <= 0:
            raise ValueError(f"AnswerPenalty: penalty must be above 0, got {penalty}")
        self.penalty = penalty
        self.bos_id = bos_id

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Take the answer so far (B, T) and logits (B, V) to new logits (B, V)."""
        used = functional.pad(input_ids, (1, 0), value=self.bos_id)  # (B, 1 + T)
        there = scores.gather(1, used)
        less = torch.where(there < 0, there * self.penalty, there / self.penalty)
        return scores.scatter(1, used, less)


@dataclass(slots=True)
class TokenChooser:
    """Picks the next token from logits (1, V); draws come from one seeded generator."""

    sampling: Sampling
    penalty: AnswerPenalty | None = None
    _chosen: list[int] = field(init=False, default_factory=list)
    _warpers: LogitsProcessorList = field(init=False)
    _generator: torch.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._warpers = LogitsProcessorList()
        if not self.sampling.greedy:
            self._warpers.append(TemperatureLogitsWarper(self.sampling.temperature))
            self._warpers.append(TopPLogitsWarper(self.sampling.top_p))
        self._generator = torch.Generator().manual_seed(self.sampling.seed)

    def choose(self, logits: Tensor) -> int:
        """The id of the next token."""
        if self.penalty is not None:
            chosen = torch.tensor([self._chosen], dtype=torch.long, device=logits.device)
            logits = self.penalty(chosen, logits.float())
        token = self._pick(logits)
        self._chosen.append(token)
        return token

    def _pick(self, logits: Tensor) -> int:
        if self.sampling.greedy:
            return int(logits.argmax(dim=-1))
        no_ids: Any = torch.empty(1, 0, dtype=torch.long)
        scores: Any = self._warpers(no_ids, logits.float().cpu())
        drawn = torch.multinomial(scores.softmax(dim=-1), 1, generator=self._generator)
        return int(drawn)


@torch.inference_mode()
def prefill_prefix(network: PreTrainedModel, input_ids: Tensor, visual_tokens: Tensor) -> Prefix:
    """Run the video's part of the prompt through the decoder, in fixed chunks.

    Args:
        network: any family that takes `mm_encoder_outputs`.
        input_ids: (1, T) with N placeholders.
        visual_tokens: (N, D), projected, in reading order.

    """
    cache = DynamicCache(config=network.config.get_text_config())
    is_image = input_ids[0] == network.config.image_token_id  # (T,)
    assert int(is_image.sum()) == visual_tokens.shape[0], "placeholders and visual tokens differ"
    seen = 0
    for start in range(0, input_ids.shape[1], PREFILL_CHUNK_TOKENS):
        chunk = slice(start, start + PREFILL_CHUNK_TOKENS)
        count = int(is_image[chunk].sum())
        _forward(network, input_ids[:, chunk], cache, visual_tokens[seen : seen + count])
        seen += count
    return Prefix(input_ids, cache)


@torch.inference_mode()
def prefill_question(network: PreTrainedModel, question_ids: Tensor, cache: Cache) -> Tensor:
    """Run the question (1, T) behind a prefix and return the logits (1, V) after its last token."""
    logits = None
    for start in range(0, question_ids.shape[1], PREFILL_CHUNK_TOKENS):
        chunk = question_ids[:, start : start + PREFILL_CHUNK_TOKENS]
        logits = _forward(network, chunk, cache, None)
    assert logits is not None, "a question has at least one token"
    return logits


@torch.inference_mode()
def decode(
    network: PreTrainedModel, logits: Tensor, cache: Cache, chooser: TokenChooser
) -> Iterator[int]:
    """Yield token ids without end; whoever takes them decides when it is enough."""
    while True:
        token = chooser.choose(logits)
        yield token
        logits = _forward(network, torch.tensor([[token]], device=logits.device), cache, None)


@torch.inference_mode()
def log_likelihoods(
    network: PreTrainedModel, logits: Tensor, cache: Cache, answer_ids: Tensor
) -> Tensor:
    """How likely each token of a given answer is behind what is in the cache.

    Args:
        network: any family.
        logits: (1, V) behind the prompt.
        cache: of the prompt; the answer is added to it.
        answer_ids: (1, T).

    Returns:
        (T,) natural logarithms of probabilities.

    """
    rows = [logits]
    if answer_ids.shape[1] > 1:
        rows.append(_outputs(network, answer_ids[:, :-1], cache, None, keep=0)[0])  # (T-1, V)
    scores = torch.cat(rows).float().log_softmax(dim=-1)  # (T, V)
    return scores.gather(1, answer_ids[0, :, None])[:, 0]


def encoded(visual_tokens: Tensor) -> BaseModelOutputWithPooling:
    """Visual tokens (N, D) as the families take them in `mm_encoder_outputs`."""
    parts: Any = (visual_tokens,)  # all families hand back, and take, one tensor an image
    return BaseModelOutputWithPooling(pooler_output=parts)


def _forward(
    network: PreTrainedModel, input_ids: Tensor, cache: Cache, visual_tokens: Tensor | None
) -> Tensor:
    """One step of the decoder: (1, T) -> logits of the last place (1, V); the cache grows by T."""
    return _outputs(network, input_ids, cache, visual_tokens, keep=1)[:, -1]  # (1, V)


def _outputs(
    network: PreTrainedModel,
    input_ids: Tensor,
    cache: Cache,
    visual_tokens: Tensor | None,
    *,
    keep: int,
) -> Tensor:
    """Logits (1, keep, V) of the last places, of all where `keep` is 0."""
    past = cache.get_seq_length()
    pictures = {}
    if visual_tokens is not None and len(visual_tokens):
        pictures["mm_encoder_outputs"] = {"image": encoded(visual_tokens)}
    length = past + input_ids.shape[1]
    logits: Tensor = network(
        input_ids=input_ids,
        attention_mask=torch.ones(1, length, dtype=torch.long, device=input_ids.device),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=keep,
        **pictures,
    ).logits
    return logits
