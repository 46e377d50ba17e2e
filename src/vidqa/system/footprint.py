"""Estimate the memory of a model: weights, KV cache and activations. Arithmetic only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vidqa.system.number_formats import (
    FORMATS,
    FULL,
    KV_CACHES,
    MIXED_DTYPES,
    QUANTIZED_DTYPES,
    NumberFormat,
    read_in,
)

TOKENS_PER_WORD = 2.0
"""Tokens per word: English takes about 1.3; of languages above this, fewer words are shown."""
QUESTION_TOKENS = 128
"""Tokens reserved for the question; a longer one leaves fewer for the answer."""
PREFILL_CHUNK_TOKENS = 512
"""Tokens per prefill chunk. Matrix products round differently in other shapes: fixed chunks make a
cached prefix and a fresh one the same bytes, and bound the memory of a long prompt."""
TOWER_BATCH_IMAGES = 16
"""Frames per batch of the tower."""
CACHES = 2
"""Copies of a clip's KV cache in memory at once: as prefilled, and with the question after it."""
RUNTIME_BYTES = 1_300_000_000
"""Bytes of Python, torch and its kernels, video decoders and a small recogniser: the starter, whose
weights take 0.3 GB, was measured to take 1.5 to 1.7 GB at its peak (benchmarks/results)."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """The sizes of a model that memory depends on."""

    block_parameters: int
    """Parameters of the decoder's blocks, which quantization makes smaller."""
    other_parameters: int
    """Parameters of tower, projector, embeddings and head."""
    layers: int
    kv_heads: int
    head_dim: int
    frame_tokens: int
    """Tokens per frame: visual tokens and the text around them."""
    patches: int
    """Patches of one frame in the tower."""
    tower_inner: int
    """Width of the tower's widest layer."""
    decoder_inner: int
    """Width of the decoder's widest layer."""
    vocabulary: int
    text_width: int
    context_tokens: int
    """Tokens of the longest prompt with its answer."""
    has_own_head: bool = field(default=False, compare=False)
    """Whether the head is among the other parameters; else it is the word embeddings. Presets need
    not say it: it only counts for rounded heads, on CPUs."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """The memory that answering takes."""

    dtype: str
    frames: int
    weights_bytes: int
    cache_bytes: int
    working_bytes: int

    @property
    def total_bytes(self) -> int:
        """The total of all parts."""
        return self.weights_bytes + self.cache_bytes + self.working_bytes

    def __str__(self) -> str:
        """Return the total for the user."""
        parts = (self.weights_bytes, self.cache_bytes, self.working_bytes)
        weights, cache, working = (f"{part / 1e9:.1f}" for part in parts)
        return (
            f"{self.dtype}, {self.frames} frames: weights {weights} GB + cache {cache} GB + "
            f"working {working} GB = {self.total_bytes / 1e9:.1f} GB"
        )


def plan_memory(
    footprint: Footprint,
    *,
    dtype: str,
    frames: int,
    words: int,
    new_tokens: int,
    caches: int = CACHES,
    kv_cache: str = FULL,
    formats: Mapping[str, NumberFormat] = FORMATS,
) -> MemoryPlan:
    """Add up the memory of answering one question about one clip.

    Args:
        footprint: the sizes of the model.
        dtype: one of the formats.
        frames: the number of frames shown.
        words: the words of subtitles, at most.
        new_tokens: the tokens of the answer, at most.
        caches: the number of copies of the clip's KV cache.
        kv_cache: how it is held: `FULL`, or one of `KV_CACHES`.
        formats: the bytes of numbers, as the model's modules hold them.

    """
    size = formats[dtype]
    wide = size.states
    frame_tokens = frames * footprint.frame_tokens
    text_tokens = int(words * TOKENS_PER_WORD) + QUESTION_TOKENS + new_tokens
    tokens = min(frame_tokens + text_tokens, footprint.context_tokens)
    weights = footprint.block_parameters * size.blocks + footprint.other_parameters * size.rest
    if size.second_head:
        replaced = size.rest if footprint.has_own_head else 0
        weights += footprint.vocabulary * footprint.text_width * (size.second_head - replaced)
    layer = tokens * footprint.kv_heads * footprint.head_dim * 2  # numbers
    cache = caches * footprint.layers * layer * KV_CACHES.get(kv_cache, wide)
    unrounded = 0 if kv_cache == FULL else 2 * layer * wide  # of a layer: as it is, and with more
    tower = min(frames, TOWER_BATCH_IMAGES) * footprint.patches * 4 * footprint.tower_inner * wide
    decoder = PREFILL_CHUNK_TOKENS * 4 * footprint.decoder_inner * wide
    encoded = frame_tokens * footprint.text_width * wide
    working = RUNTIME_BYTES + tower + decoder + encoded + unrounded + 2 * footprint.vocabulary * 4
    return MemoryPlan(dtype, frames, int(weights), int(cache), int(working))


def smaller_plans(
    footprint: Footprint,
    plan: MemoryPlan,
    *,
    words: int,
    new_tokens: int,
    caches: int = CACHES,
    kv_cache: str = FULL,
    formats: Mapping[str, NumberFormat] = FORMATS,
) -> list[MemoryPlan]:
    """Return smaller plans, the least loss first: slower, fewer frames, a quantized decoder."""
    counts = [count for count in (plan.frames // 2, plan.frames // 4) if count >= 4]
    narrower = [one for one in QUANTIZED_DTYPES if formats[one].blocks < formats[plan.dtype].blocks]
    tried = [(read_in(plan.dtype), plan.frames)] if plan.dtype in MIXED_DTYPES else []
    tried += [(read_in(plan.dtype), count) for count in counts]
    tried += [(one, count) for one in narrower for count in (plan.frames, *counts)]
    return [
        plan_memory(
            footprint,
            dtype=one,
            frames=count,
            words=words,
            new_tokens=new_tokens,
            caches=caches,
            kv_cache=kv_cache,
            formats=formats,
        )
        for one, count in tried
    ]
