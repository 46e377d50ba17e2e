"""Write an answer in memory that does not move, so that a GPU can repeat one recorded step.

A GPU waits for Python between its kernels; a recorded step (a CUDA graph) is handed over at once.
It chooses the likeliest token itself, and the next step begins before Python has seen it. On
other devices the same steps are taken one by one. No GPU was at hand to measure it, so it is done
only where `VIDQA_CUDA_GRAPHS` is 1. Each answer records its own step, and again where its
room ends, which costs three.

Letters in shapes: S room for tokens, V vocabulary.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import Cache
from transformers.cache_utils import StaticLayer

from vidqa.network.inference.kv_caches import is_plain
from vidqa.network.inference.token_sampling import AnswerPenalty

WANTED = "VIDQA_CUDA_GRAPHS"
"""The variable of the environment that turns it on."""
SLACK_TOKENS = 512
"""Room for tokens beyond those there are; a step is recorded again where it ends."""
ATTENTION = "sdpa"
"""The attention that takes masks of true and false."""
WARM_UPS = 2
"""Steps before one is recorded, in which libraries choose their kernels."""
OTHERS_MAY_WORK = "thread_local"
"""How a step is recorded: other threads may use the device meanwhile."""


class ReadContext(Protocol):
    """What was read so far. See `decode.Context`."""

    cache: Any
    shift: int | None


def can_be_static(network: Any, context: ReadContext) -> bool:
    """Return whether steps behind a context can be taken in memory that does not move."""
    text: Any = network.config.get_text_config()
    layers: list[Any] = context.cache.layers
    has_attention = getattr(text, "_attn_implementation", None) == ATTENTION
    return has_attention and all(map(is_plain, layers)) and not hasattr(network, "new_cache")


def wants_static(network: Any) -> bool:
    """Return whether they are asked for on this network's device."""
    return network.device.type == "cuda" and os.environ.get(WANTED) == "1"


class StaticSteps:
    """One answer behind a context, which is extended by it: by `likeliest`, or by `read`.

    A penalty counts the tokens of one answer, whoever chose them.
    """

    def __init__(
        self, network: Any, context: ReadContext, penalty: AnswerPenalty | None = None
    ) -> None:
        """Begin behind a context that belongs to the caller. See `can_be_static`.

        Args:
            network: one of transformers' classes.
            context: what was read so far.
            penalty: of the tokens that `likeliest` chooses.

        """
        self._network, self._context, self._penalty = network, context, penalty
        self._embed = network.get_input_embeddings()
        self._length = int(context.cache.get_seq_length())
        self._layers: list[Any] = [None] * len(context.cache.layers)
        self._cache: Any = None
        self._graph: Any = None
        self._ids = torch.zeros(1, 1, dtype=torch.long, device=network.device)
        vocabulary = network.config.get_text_config().vocab_size
        self._used = torch.zeros(1, vocabulary, dtype=torch.bool, device=network.device)
        if penalty is not None:
            self._used[:, penalty.bos_id] = True
        self._move()

    def read(self, tokens: Sequence[int]) -> Tensor:
        """Read a token; return the logits (1, V) of what follows, overwritten by the next call."""
        (token,) = tokens
        self._ids.fill_(token)
        self._advance()
        self._extend_context()
        return self._logits

    def likeliest(self, token: int) -> Iterator[int]:
        """Yield token after token behind one, the likeliest each.

        A token is handed over while the next one is computed. One step is too many where the caller
        stops, and is forgotten.
        """
        self._ids.fill_(token)
        self._used[:, token] = True
        asked_for = self._length
        coming = self._ahead()
        try:
            while True:
                arrived, coming = coming, self._ahead()
                asked_for += 1
                yield arrived()
        finally:
            self._length = asked_for
            self._rewind()
            self._extend_context()

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only: there is one."""
        assert list(rows) == [0], "one answer is written at a time"

    def _ahead(self) -> Callable[[], int]:
        """Begin a step; return what waits for the token that it chooses."""
        self._advance()
        if self._ids.device.type != "cuda":
            token = int(self._ids)
            return lambda: token
        there = torch.empty(1, 1, dtype=torch.long, pin_memory=True)
        there.copy_(self._ids, non_blocking=True)
        has_arrived = torch.cuda.Event()
        has_arrived.record(torch.cuda.current_stream(self._ids.device))

        def arrived() -> int:
            has_arrived.synchronize()
            return int(there)

        return arrived

    def _advance(self) -> None:
        """Take a step behind the token in memory, which the one that it chooses replaces."""
        if self._length == len(self._slots):
            self._extend_context()
            self._move()
        if self._graph is None:
            self._step()
        else:
            self._graph.replay()
        self._length += 1

    def _move(self) -> None:
        """Copy what was read to where there is room for more."""
        room, device = self._length + SLACK_TOKENS, self._network.device
        self._cache = self._graph = None
        for number, layer in enumerate(self._context.cache.layers):
            static = _Room(room)
            static.update(layer.keys, layer.values)
            self._show(static, layer)
            self._layers[number] = static  # and nobody holds the memory before
        self._cache = Cache(layers=self._layers)
        self._slots = torch.arange(room, device=device)  # (S,)
        self._place = torch.tensor([self._length], device=device)
        self._graph = self._recorded() if device.type == "cuda" else None

    def _recorded(self) -> Any:
        """Record one step; nothing of it remains but the memory that it will use."""
        ids, used = self._ids.clone(), self._used.clone()
        with torch.cuda.device(self._network.device):
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(WARM_UPS):
                    self._step()
                    self._rewind()
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, capture_error_mode=OTHERS_MAY_WORK):
                self._step()
            self._rewind()
        self._ids.copy_(ids)
        self._used.copy_(used)
        return graph

    def _rewind(self) -> None:
        self._place.fill_(self._length)
        for layer in self._layers:
            layer.cumulative_length.fill_(self._length)

    def _step(self) -> None:
        """Take one step behind what is in memory: no number of it comes from Python."""
        axes = (1,) if self._context.shift is None else (3, 1)
        self._logits: Tensor = self._network(
            inputs_embeds=self._embed(self._ids),
            attention_mask=(self._slots <= self._place)[None, None, None],  # (1, 1, 1, S)
            position_ids=(self._place + (self._context.shift or 0)).expand(*axes, 1),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]  # (1, V)
        self._place += 1
        scores = self._logits
        if self._penalty is not None:
            scores = self._penalty.of_used(self._used, scores.float())
        self._ids.copy_(scores.argmax(dim=-1, keepdim=True))
        self._used.scatter_(1, self._ids, True)

    def _extend_context(self) -> None:
        """Show the context what was written; whoever extends it next copies it."""
        for static, layer in zip(self._layers, self._context.cache.layers, strict=True):
            self._show(static, layer)

    def _show(self, static: Any, layer: Any) -> None:
        layer.keys = static.keys[:, :, : self._length]
        layer.values = static.values[:, :, : self._length]


class _Room(StaticLayer):
    """Keys and values in memory that does not move, without telling the compiler of it."""

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Make the room for those like the first ones."""
        self.dtype, self.device = key_states.dtype, key_states.device
        shape = (*key_states.shape[:2], self.max_cache_len)
        self.keys = key_states.new_zeros(*shape, key_states.shape[-1])
        self.values = value_states.new_zeros(*shape, value_states.shape[-1])
        self.cumulative_length = self.cumulative_length.to(self.device)
        self.is_initialized = True
