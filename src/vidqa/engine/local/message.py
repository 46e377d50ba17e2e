"""Answer a message of texts and pictures that is about no clip, or from a clip read elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidqa.engine.answer.generate import Begin, Writing, checked_sampling
from vidqa.engine.answer.thought import Thought
from vidqa.engine.contents import checked_question
from vidqa.engine.local.runtime import Runtime
from vidqa.engine.local.shown_clip import answer_ids, neutralized
from vidqa.engine.local.video_prefix import VideoPrefix
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import UsageError
from vidqa.network.inference.decode import Context, log_likelihoods, prefill_question
from vidqa.network.inference.frame_encoder import FrameEncoder
from vidqa.network.inference.kv_caches import new_cache
from vidqa.network.inference.positions import numbers_rows
from vidqa.network.inference.prompt_ids import Turn, ids_of
from vidqa.network.text.detokenize import TextStream
from vidqa.types import TextDelta
from vidqa.types.generation import GenerationSettings, Scored, Written

Part = str | NDArray[np.uint8]
"""A text, or the pixels (height, width, 3) of a picture."""


@dataclass(frozen=True, slots=True)
class _Prompt:
    """A message in the model's own template."""

    tokens: int
    begin: Begin


def stream(
    model: Runtime, message: Sequence[Part], how: GenerationSettings
) -> Iterator[TextDelta | Written]:
    """Yield an answer to a message piece by piece, then the whole of it.

    Args:
        model: the model.
        message: texts, in which control tokens are only letters, and pictures, as they are read.
        how: how it is written; `windows` and `strict` are about clips.

    Raises:
        UsageError: no text is in it, a setting is out of range, or it does not fit the model's
            context.

    """
    sampling = checked_sampling(how.temperature, how.top_p, how.seed)
    prompt = _prompt(model, message, thinks=how.think is not None)
    writing = _writing(model, prompt.tokens, how)
    with model.memory.errors(model.name):
        for piece in writing.pieces(prompt.begin, sampling, StageTimer(None, {})):
            yield TextDelta(piece)
    yield Written(writing.text, prompt.tokens, writing.new_tokens, writing.stopped_by)


def score(model: Runtime, message: Sequence[Part], answer: str | None) -> Scored:
    """Return how likely the model finds a given beginning of an answer, token by token.

    Args:
        model: the model.
        message: as in `stream`.
        answer: plain text; None: only the prompt's tokens are counted.

    Raises:
        UsageError: as `stream` does.

    """
    prompt = _prompt(model, message, thinks=False)
    if answer is None:
        return Scored(prompt.tokens, ())
    ids = answer_ids(model.loaded, model.spec, answer)[:-1]
    _require_room(model, prompt.tokens + len(ids))
    with model.memory.errors(model.name):
        logits, context = prompt.begin()
        given = torch.tensor([ids], device=logits.device)  # (1, T)
        scores = log_likelihoods(model.loaded.network, logits, context, given)
    texts = [str(model.loaded.tokenizer.decode([one])) for one in ids]
    return Scored(prompt.tokens, tuple(zip(ids, scores.tolist(), texts, strict=True)))


def _prompt(model: Runtime, message: Sequence[Part], *, thinks: bool) -> _Prompt:
    """Read the pictures of a message, and put its last text behind the rest."""
    texts = [one for one in message if isinstance(one, str)]
    checked_question("".join(texts))
    loaded, spec = model.loaded, model.spec
    *before, last = message if isinstance(message[-1], str) else (*message, "")
    assert isinstance(last, str), "it is a text"
    content = [
        {"type": "text", "text": neutralized(loaded, spec, one)}
        if isinstance(one, str)
        else {"type": "image"}
        for one in before
    ]
    turn = Turn(
        loaded.chat_template,
        lambda question: [*content, {"type": "text", "text": question}],
        template_kwargs=spec.family.template_for(thinks=thinks),
    )
    question = neutralized(loaded, spec, last)
    pictures = [one for one in before if not isinstance(one, str)]
    if not pictures:
        ids = ids_of(loaded.tokenizer, turn.prefix_text + question + turn.suffix_text)
        return _Prompt(len(ids), partial(_begin, model, ids[None]))
    with model.memory.errors(model.name):
        shown = _encoded(model, pictures).place(turn.prefix_text, range(len(pictures)))
        _require_room(model, shown.input_ids.shape[1])
        prefix = VideoPrefix(loaded, turn, shown, window=None)
    prompt = prefix.prompt(question)
    return _Prompt(prompt.tokens, partial(prefix.begin, prompt))


def _encoded(model: Runtime, pictures: Sequence[NDArray[np.uint8]]) -> FrameEncoder:
    """Encode pictures; those of one size that follow one another at once."""
    family = model.spec.family
    parts = list[tuple[FrameEncoder, Sequence[int]]]()
    for _, some in groupby(pictures, key=lambda pixels: pixels.shape):
        encoder = FrameEncoder(
            model.loaded, family.image_kwargs, processor_kwargs=family.processor_kwargs
        )
        alike = list(some)
        for pixels in alike:
            encoder.push(pixels)
        encoder.flush()
        parts.append((encoder, range(len(alike))))
    return FrameEncoder.joined(parts)


def _begin(model: Runtime, ids: Tensor) -> tuple[Tensor, Context]:
    """Prefill a text alone, (1, T)."""
    network = model.loaded.network
    context = Context(new_cache(network), 0 if numbers_rows(network) else None)
    return prefill_question(network, ids.to(network.device), context), context


def _require_room(model: Runtime, tokens: int) -> None:
    """Refuse a message that is too long. Raises UsageError."""
    if tokens >= (most := model.loaded.context_tokens):
        raise UsageError(f"{tokens} prompt tokens do not fit {model.name}, which reads {most}")


def _writing(model: Runtime, tokens: int, how: GenerationSettings) -> Writing:
    """Begin an answer behind as many tokens. Raises UsageError: it has no room."""
    loaded, spec = model.loaded, model.spec
    thought = None
    if how.think is not None:
        thought = Thought.of(loaded, spec, how.think, is_kept=False)
        tokens += thought.room
        thought.require_room(tokens)
    _require_room(model, tokens)
    room = loaded.context_tokens - tokens
    limit = how.max_new_tokens or spec.max_new_tokens
    return Writing(
        loaded,
        TextStream(loaded.tokenizer),
        limit=min(limit, room),
        at_limit="context_full" if room < limit else "token_limit",
        schema=how.schema,
        thought=thought,
    )
