"""Canonical prefill and token-by-token decoding, the same for every family.

Shapes: B = 1, T tokens, N visual tokens, D width, L deeper layers, V vocabulary.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vidqa.network.inference.kv_caches import branch_of, new_cache
from vidqa.network.inference.steps import Steps, own_steps
from vidqa.network.inference.token_sampling import TokenChooser
from vidqa.network.inference.visual_features import EncodedPictures, VisualForm
from vidqa.system.footprint import PREFILL_CHUNK_TOKENS

if TYPE_CHECKING:  # it imports transformers
    from vidqa.network.inference.static_steps import StaticSteps


@dataclass(slots=True)
class Context:
    """The state of the decoder after what it has read so far."""

    cache: Any
    """Keys and values, and the states of recurrent layers."""
    shift: int | None = None
    """Offset from a token's number to its position, if pictures count by rows and columns; else
    None, and the network counts by itself."""

    def branch(self) -> "Context":
        """Return a copy that can be extended while this one stays unchanged. See `branch_of`."""
        return Context(branch_of(self.cache), self.shift)


@torch.inference_mode()
def prefill_prefix(
    network: Any,
    input_ids: Tensor,
    visual_tokens: Tensor,
    *,
    form: VisualForm | None = None,
    positions: Tensor | None = None,
) -> Context:
    """Prefill the video prefix of the prompt, in fixed chunks.

    Args:
        network: any family that takes `mm_encoder_outputs`.
        input_ids: (1, T) with N placeholders.
        visual_tokens: (N, (1 + L) D), projected, in reading order.
        form: in which the family takes them; one tensor a picture, and no deeper features, if None.
        positions: (3, 1, T), see `positions_of`.

    """
    form = form or VisualForm()
    cache = new_cache(network)
    is_image = input_ids[0] == network.config.image_token_id  # (T,)
    assert int(is_image.sum()) == visual_tokens.shape[0], "placeholders and visual tokens differ"
    seen = 0
    for start in range(0, input_ids.shape[1], PREFILL_CHUNK_TOKENS):
        chunk = slice(start, start + PREFILL_CHUNK_TOKENS)
        count = int(is_image[chunk].sum())
        _outputs(
            network,
            input_ids[:, chunk],
            cache,
            positions=None if positions is None else positions[..., chunk],
            pictures=form.encoded(visual_tokens[seen : seen + count]) if count else None,
        )
        seen += count
    if positions is None:
        return Context(cache)
    return Context(cache, int(positions.max()) + 1 - input_ids.shape[1])


@torch.inference_mode()
def prefill_question(network: Any, question_ids: Tensor, context: Context) -> Tensor:
    """Prefill the question (1, T) after a prefix; return the logits (1, V) of its last token."""
    logits = None
    for start in range(0, question_ids.shape[1], PREFILL_CHUNK_TOKENS):
        chunk = question_ids[:, start : start + PREFILL_CHUNK_TOKENS]
        logits = _next(network, chunk, context)
    assert logits is not None, "a question has at least one token"
    return logits


@torch.inference_mode()
def decode(network: Any, logits: Tensor, context: Context, chooser: TokenChooser) -> Iterator[int]:
    """Yield token ids endlessly; the caller decides when to stop."""
    token = chooser.choose(logits)
    yield token
    static = _static_steps(network, context, chooser)
    if static is not None and chooser.sampling.greedy:
        yield from static.likeliest(token)
    own = own_steps(network, [context.cache], in_place=True)
    steps: Steps = own or static or _Steps(network, context)
    while True:
        token = chooser.choose(steps.read([token]))
        yield token


@torch.inference_mode()
def decode_until(
    network: Any,
    logits: Tensor,
    context: Context,
    chooser: TokenChooser,
    *,
    ends: Collection[int],
    most: int,
) -> tuple[list[int], int]:
    """Write tokens until one of some comes, or as many as may.

    Args:
        network: any family.
        logits: (1, V) after the prompt.
        context: of the prompt; what is written is added to it, but for the last token.
        chooser: of the tokens.
        ends: ids that end it, and are not among its tokens.
        most: tokens at most.

    Returns:
        The tokens, and the last id, which the context does not have yet: the one that ended it, or
        the last token.

    """
    own = own_steps(network, [context.cache], in_place=True)
    steps: Steps = own or _Steps(network, context)
    written = list[int]()
    token = chooser.choose(logits)
    while token not in ends:
        written.append(token)
        if len(written) == most:
            break
        token = chooser.choose(steps.read([token]))
    return written, token


@torch.inference_mode()
def log_likelihoods(network: Any, logits: Tensor, context: Context, answer_ids: Tensor) -> Tensor:
    """Return the log-likelihood of each token of a given answer after a context.

    Args:
        network: any family.
        logits: (1, V) after the prompt.
        context: of the prompt; the answer is added to it.
        answer_ids: (1, T).

    Returns:
        (T,) natural logarithms of probabilities.

    """
    rows = [logits]
    if answer_ids.shape[1] > 1:
        rows.append(_read(network, answer_ids[:, :-1], context, keep=0)[0])  # (T-1, V)
    scores = torch.cat(rows).float().log_softmax(dim=-1)  # (T, V)
    return scores.gather(1, answer_ids[0, :, None])[:, 0]


def _static_steps(network: Any, context: Context, chooser: TokenChooser) -> "StaticSteps | None":
    """Return how an answer is written in memory that does not move, where that is wanted."""
    if hasattr(network, "new_steps"):
        return None
    from vidqa.network.inference.static_steps import StaticSteps, can_be_static, wants_static

    is_wanted = wants_static(network) and chooser.grammar is None
    if is_wanted and can_be_static(network, context):
        return StaticSteps(network, context, chooser.penalty)
    return None


@dataclass(frozen=True, slots=True)
class _Steps:
    """One answer, written as prompts are read."""

    network: Any
    context: Context

    def read(self, tokens: Sequence[int]) -> Tensor:
        """Read a token; return the logits (1, V) of what follows."""
        return _next(self.network, torch.tensor([tokens], device=self.network.device), self.context)

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only: there is one."""
        assert list(rows) == [0], "one answer is written at a time"


def _next(network: Any, input_ids: Tensor, context: Context) -> Tensor:
    """Read tokens (1, T); return the logits (1, V) of the last position."""
    return _read(network, input_ids, context, keep=1)[:, -1]


def _read(network: Any, input_ids: Tensor, context: Context, *, keep: int) -> Tensor:
    """Read tokens (1, T); return logits (1, keep, V) of the last positions; `keep` 0 means all."""
    positions = None
    if context.shift is not None:
        start = context.cache.get_seq_length() + context.shift
        numbers = torch.arange(start, start + input_ids.shape[1], device=input_ids.device)
        positions = numbers.expand(3, 1, -1)
    return _outputs(network, input_ids, context.cache, positions=positions, keep=keep)


def _outputs(
    network: Any,
    input_ids: Tensor,
    cache: Any,
    *,
    positions: Tensor | None = None,
    pictures: EncodedPictures | None = None,
    keep: int = 1,
) -> Tensor:
    """Run one step of the decoder, (1, T) -> (1, keep, V); the cache grows by T."""
    length = cache.get_seq_length() + input_ids.shape[1]
    given: dict[str, Any] = {}
    if positions is not None:
        given["position_ids"] = positions
    if pictures is not None:
        given["mm_encoder_outputs"] = {"image": pictures}
    logits: Tensor = network(
        input_ids=input_ids,
        attention_mask=torch.ones(1, length, dtype=torch.long, device=input_ids.device),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=keep,
        **given,
    ).logits
    return logits
