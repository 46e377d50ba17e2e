"""A decoder whose weights are integers, run by onnxruntime on the CPU.

A CPU writes a token as fast as it can read the weights: those of 8 bits are a quarter of float32's.

Letters in shapes: B rows, T new tokens, K of them with logits, S room for tokens, D width, H heads,
E width of a head, V vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from vidqa.network.native.decoder_graph import DecoderGraph
from vidqa.network.native.kv_cache import KeyValueCache
from vidqa.network.native.llama import Llama

ERRORS_ONLY = 3
"""onnxruntime's level of what it logs."""
QUIET_BETWEEN = "session.force_spinning_stop"
"""Its threads wait asleep while torch computes."""
SMALL_PIECES = "session.dynamic_block_base"
"""Its threads take pieces of a product as they come to them: one that was held up takes fewer."""
OUT_OF_MEMORY = ("bad_alloc", "bad allocation", "Failed to allocate memory")
"""Parts of what onnxruntime says where memory runs out."""
NUMBERS = {torch.float32: np.float32, torch.int32: np.int32, torch.int64: np.int64}
KeysAndValues = tuple[Tensor, Tensor]
"""One layer's room, (B, H, S, E) each, float32 and contiguous."""


class NarrowDecoder:
    """A decoder with its head. The same rows and threads give the same bits."""

    def __init__(self, llama: Llama, bits: int, *, threads: int) -> None:
        """Round the weights of a decoder, which is no longer needed then, to 8 or 4 bits."""
        self.config = llama.config
        graph = DecoderGraph(llama, bits)
        serialized = graph.serialized()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = ERRORS_ONLY
        options.intra_op_num_threads = threads
        options.add_session_config_entry(QUIET_BETWEEN, "1")
        options.add_session_config_entry(SMALL_PIECES, "4")
        contents = [one.reshape(-1).view(np.uint8) for one in graph.weights.values()]
        options.add_external_initializers_from_files_in_memory(
            list(graph.weights), contents, [len(one) for one in contents]
        )
        with _memory_errors():
            self._session = onnxruntime.InferenceSession(
                serialized, options, providers=["CPUExecutionProvider"]
            )

    def read(self, states: Tensor, cache: KeyValueCache, *, keep: int) -> Tensor:
        """Read new tokens of one row; the cache grows by them.

        Args:
            states: their embeddings, (1, T, D).
            cache: of the tokens before.
            keep: how many last positions get logits; 0 means all.

        Returns:
            Logits (1, K, V).

        """
        assert len(states) == 1, "rows of several lengths are for NarrowSteps"
        tokens, before = states.shape[1], cache.get_seq_length()
        bound = self.bind(cache.make_room(self.new_states(1, tokens)), tokens, keep or tokens)
        logits = bound.read(states, torch.tensor([before], dtype=torch.int32))
        cache.advance(tokens)
        return logits

    def bind(self, room: Sequence[KeysAndValues], tokens: int = 1, kept: int = 1) -> "BoundDecoder":
        """Prepare for reading `tokens` a row with logits of the last `kept`, in this room."""
        return BoundDecoder(self._session, self.config.vocab_size, room, tokens=tokens, kept=kept)

    def new_states(self, rows: int, tokens: int) -> Tensor:
        """Return something of the shape of new keys, (B, H, T, E)."""
        return torch.empty(rows, self.config.num_key_value_heads, tokens, self.config.head_dim)


class BoundDecoder:
    """A decoder with its inputs and outputs in their places."""

    def __init__(
        self,
        session: Any,
        vocabulary: int,
        room: Sequence[KeysAndValues],
        *,
        tokens: int,
        kept: int,
    ) -> None:
        self._session, self._room = session, room  # whose memory is bound below
        rows, width = len(room[0][0]), session.get_inputs()[0].shape[2]
        self._states = torch.empty(rows, tokens, width)
        self._last = torch.empty(rows, dtype=torch.int32)
        self._total = torch.empty((), dtype=torch.int32)
        self._kept = torch.arange(tokens - kept, tokens)
        self._logits = torch.empty(rows, kept, vocabulary)
        self._binding = session.io_binding()
        inputs = {
            "states": self._states,
            "last": self._last,
            "total": self._total,
            "kept": self._kept,
        }
        for name, tensor in inputs.items():
            _bind(self._binding.bind_input, name, tensor)
        _bind(self._binding.bind_output, "logits", self._logits)
        for number, pair in enumerate(room):
            for name, tensor in zip(("keys", "values"), pair, strict=True):
                _bind(self._binding.bind_input, f"{name}.{number}", tensor)
                _bind(self._binding.bind_output, f"new_{name}.{number}", tensor)

    def read(self, states: Tensor, before: Tensor) -> Tensor:
        """Read new tokens; the room is filled up to them.

        Args:
            states: their embeddings, (B, T, D).
            before: how many tokens each row has read, (B,).

        Returns:
            Logits (B, K, V), overwritten by the next call.

        """
        self._states.copy_(states)
        torch.add(before, self._states.shape[1] - 1, out=self._last)
        self._total.fill_(int(self._last.max()) + 1)
        with _memory_errors():
            self._session.run_with_iobinding(self._binding)
        return self._logits


@contextmanager
def _memory_errors() -> Iterator[None]:
    """Report that memory ran out as Python does; onnxruntime has no class of error for it."""
    try:
        yield
    except Exception as error:
        if any(word in str(error) for word in OUT_OF_MEMORY):
            raise MemoryError(str(error)) from error
        raise


def _bind(bind: Any, name: str, tensor: Tensor) -> None:
    bind(name, "cpu", 0, NUMBERS[tensor.dtype], tuple(tensor.shape), tensor.data_ptr())


class NarrowSteps:
    """Answers written by a narrow decoder, one or several side by side."""

    def __init__(
        self,
        decoder: NarrowDecoder,
        embed: Callable[[Tensor], Tensor],
        cache: KeyValueCache,
        lengths: Sequence[int],
    ) -> None:
        """Write into a cache.

        Args:
            decoder: shared by all answers.
            embed: takes ids (B, 1) to (B, 1, D).
            cache: of what was read before, a row an answer.
            lengths: the tokens of each row; behind the shorter ones is nothing.

        """
        self._decoder, self._embed, self._cache = decoder, embed, cache
        self._before = torch.tensor(lengths, dtype=torch.int32)
        self._bound: BoundDecoder | None = None
        self._spare = 0
        """Tokens for which there is room where it is bound."""

    def read(self, tokens: Sequence[int]) -> Tensor:
        """Read a token a row; return the logits (B, V) of what follows."""
        bound = self._bound if self._bound is not None and self._spare else self._moved(len(tokens))
        logits = bound.read(self._embed(torch.tensor(tokens)[:, None]), self._before)
        self._cache.advance(1)
        self._before += 1
        self._spare -= 1
        return logits[:, -1]

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only."""
        kept = torch.tensor(rows)
        self._cache.batch_select_indices(kept)
        self._before, self._bound = self._before[kept], None

    def _moved(self, rows: int) -> BoundDecoder:
        """Bind it where there is room for more tokens."""
        room = self._cache.make_room(self._decoder.new_states(rows, 1))
        self._spare = room[0][0].shape[2] - self._cache.get_seq_length()
        self._bound = self._decoder.bind(room)
        return self._bound
