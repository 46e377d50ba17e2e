"""Choose the next token: the likeliest, or one drawn from a seed.

Shapes: B batch, T tokens, V vocabulary.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from vidqa.network.inference.json_grammar import JsonGrammar
from vidqa.network.loaded import Loaded

COLDEST = 1e-3
"""The lowest temperature above 0: below it logits overflow; 0 takes the likeliest token."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """The settings for choosing the next token: greedy, unless a temperature is given."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.temperature != 0 and not COLDEST <= self.temperature < math.inf:
            raise ValueError(
                f"Sampling: temperature must be 0, or {COLDEST} or more, got {self.temperature}"
            )
        if not 0 < self.top_p <= 1:
            raise ValueError(f"Sampling: top_p must be above 0 and at most 1, got {self.top_p}")

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is taken, and nothing is drawn."""
        return self.temperature == 0


class AnswerPenalty:
    """A penalty on tokens that the answer already has, and on the BOS before it.

    Tokens of the prompt are exempt. Up to transformers 4.37 `generate` behaved like this for a
    prompt of embeddings; since then it leaves out the BOS, and the beginnings of padded rows.
    """

    def __init__(self, penalty: float, *, bos_id: int) -> None:
        if penalty <= 0:
            raise ValueError(f"AnswerPenalty: penalty must be above 0, got {penalty}")
        self.penalty = penalty
        self.bos_id = bos_id

    @classmethod
    def of(cls, loaded: Loaded) -> "AnswerPenalty | None":
        """Return the penalty of a model's configuration, if any."""
        penalty = getattr(loaded.network.config, "answer_penalty", 1.0)
        return None if penalty == 1 else cls(penalty, bos_id=loaded.tokenizer.bos_token_id)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Map the answer so far (B, T) and logits (B, V) to new logits (B, V)."""
        used = functional.pad(input_ids, (1, 0), value=self.bos_id)  # (B, 1 + T)
        return scores.scatter(1, used, self._less(scores.gather(1, used)))

    def of_used(self, used: Tensor, scores: Tensor) -> Tensor:
        """Map which tokens were used (B, V), and logits (B, V), to new logits (B, V)."""
        return torch.where(used, self._less(scores), scores)

    def _less(self, scores: Tensor) -> Tensor:
        return torch.where(scores < 0, scores * self.penalty, scores / self.penalty)


@dataclass(slots=True)
class TokenChooser:
    """The choice of the next token from logits (1, V); draws come from one seeded generator."""

    sampling: Sampling
    penalty: AnswerPenalty | None = None
    grammar: JsonGrammar | None = None
    """Of what may be written; anything if None."""
    _chosen: list[int] = field(init=False, default_factory=list)
    _generator: torch.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._generator = torch.Generator().manual_seed(self.sampling.seed)

    def choose(self, logits: Tensor) -> int:
        """Return the id of the next token."""
        if self.penalty is not None:
            chosen = torch.tensor([self._chosen], dtype=torch.long, device=logits.device)
            logits = self.penalty(chosen, logits.float())
        if self.grammar is not None:
            logits = self.grammar.allowed(logits.float())
        token = self._pick(logits)
        self._chosen.append(token)
        if self.grammar is not None:
            self.grammar.take(token)
        return token

    def _pick(self, logits: Tensor) -> int:
        if self.sampling.greedy:
            return int(logits.argmax(dim=-1))
        scores = logits.float().cpu() / self.sampling.temperature
        likely = _likeliest(scores, self.sampling.top_p)
        drawn = torch.multinomial(likely.softmax(dim=-1), 1, generator=self._generator)
        return int(drawn)


def _likeliest(scores: Tensor, top_p: float) -> Tensor:
    """Rule out all but the likeliest tokens of a joint probability: (B, V) to (B, V)."""
    sorted_scores, order = scores.sort(dim=-1)
    too_unlikely = sorted_scores.softmax(dim=-1).cumsum(dim=-1) <= 1 - top_p
    too_unlikely[..., -1] = False  # the likeliest one stays in any case
    return scores.masked_fill(too_unlikely.scatter(1, order, too_unlikely), -math.inf)
