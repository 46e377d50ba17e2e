"""How fast a network reads a prompt, and writes behind it."""

import time
from typing import Any

import torch

FIRST_ID = 1000
"""The id of a prompt's first token; the others follow it."""


def speeds(
    network: Any, context: Any, *, prompt_tokens: int, new_tokens: int
) -> tuple[float, float]:
    """Read a prompt, then write greedily behind it.

    Args:
        network: of any family.
        context: an empty one, which is extended.
        prompt_tokens: read before the clock of writing starts.
        new_tokens: written, without the first, which is there when the prompt was read.

    Returns:
        Tokens a second, read and written.

    """
    from vidqa.network.inference import decode as decoding
    from vidqa.network.inference.token_sampling import Sampling, TokenChooser

    ids = torch.arange(FIRST_ID, FIRST_ID + prompt_tokens)[None]
    begun = time.perf_counter()
    logits = decoding.prefill_question(network, ids, context)
    read_s = time.perf_counter() - begun
    tokens = decoding.decode(network, logits, context, TokenChooser(Sampling()))
    next(tokens)
    begun = time.perf_counter()
    for _ in range(new_tokens):
        next(tokens)
    return prompt_tokens / read_s, new_tokens / (time.perf_counter() - begun)
