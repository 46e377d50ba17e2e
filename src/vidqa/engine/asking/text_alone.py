"""Write an answer to a text alone, without a clip: a model can judge what another has answered."""

from collections.abc import Iterator

from torch import Tensor

from vidqa.engine.answer.generate import Writing, checked_sampling
from vidqa.engine.answer.thought import Thought
from vidqa.engine.runtime import Runtime
from vidqa.engine.shown_clip import checked_question, neutralized
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import UsageError
from vidqa.network.inference.decode import Context, prefill_question
from vidqa.network.inference.kv_caches import new_cache
from vidqa.network.inference.positions import numbers_rows
from vidqa.network.inference.prompt_ids import Turn, ids_of
from vidqa.network.text.detokenize import TextStream
from vidqa.types import TextDelta
from vidqa.types.generation import GenerationSettings, Written


def stream(model: Runtime, prompt: str, how: GenerationSettings) -> Iterator[TextDelta | Written]:
    """Yield an answer to a text alone piece by piece, then the whole of it; no picture is seen.

    Args:
        model: the model.
        prompt: plain text; control tokens in it are only letters.
        how: how it is written; `windows` and `strict` are about clips.

    Raises:
        UsageError: the prompt is empty, a setting is out of range, or it does not fit the model's
            context.

    """
    sampling = checked_sampling(how.temperature, how.top_p, how.seed)
    loaded = model.loaded
    ids = _prompt_ids(model, prompt, thinks=how.think is not None)
    writing = _writing(model, ids.shape[1], how)

    def begin() -> tuple[Tensor, Context]:
        network = loaded.network
        context = Context(new_cache(network), 0 if numbers_rows(network) else None)
        return prefill_question(network, ids, context), context

    with model.memory.errors(model.name):
        for piece in writing.pieces(begin, sampling, StageTimer(None, {})):
            yield TextDelta(piece)
    yield Written(writing.text, ids.shape[1], writing.new_tokens, writing.stopped_by)


def _prompt_ids(model: Runtime, prompt: str, *, thinks: bool) -> Tensor:
    """Return the ids of a text in the model's own template, (1, T)."""
    loaded, spec = model.loaded, model.spec
    text = neutralized(loaded, spec, checked_question(prompt))
    turn = Turn(
        loaded.chat_template,
        lambda question: [{"type": "text", "text": question}],
        template_kwargs=spec.family.template_for(thinks=thinks),
    )
    ids = ids_of(loaded.tokenizer, turn.prefix_text + text + turn.suffix_text)
    return ids[None].to(loaded.network.device)


def _writing(model: Runtime, tokens: int, how: GenerationSettings) -> Writing:
    """Begin an answer behind as many tokens. Raises UsageError: it has no room."""
    loaded, spec = model.loaded, model.spec
    thought = None
    if how.think is not None:
        thought = Thought.of(loaded, spec, how.think, is_kept=False)
        tokens += thought.room
        thought.require_room(tokens)
    if (room := loaded.context_tokens - tokens) < 1:
        raise UsageError(
            f"{tokens} prompt tokens do not fit {model.name}, which reads {loaded.context_tokens}"
        )
    limit = how.max_new_tokens or spec.max_new_tokens
    return Writing(
        loaded,
        TextStream(loaded.tokenizer),
        limit=min(limit, room),
        at_limit="context_full" if room < limit else "token_limit",
        schema=how.schema,
        thought=thought,
    )
