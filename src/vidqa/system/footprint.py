"""How much memory a model takes: weights, KV cache and what it computes with. Arithmetic only."""

from dataclasses import dataclass

BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "int8": 1.0, "int4": 0.5}
"""Of one number of the decoder's blocks."""
QUANTIZED_DTYPES = ("int8", "int4")
"""Only the decoder's blocks are stored so; the rest, and the cache, are 16-bit floats."""
TOKENS_PER_WORD = 2.0
"""English takes about 1.3; of languages that take more than this, fewer words are shown."""
QUESTION_TOKENS = 128
"""Kept free for the question; a longer one makes the answer's room smaller."""
PREFILL_CHUNK_TOKENS = 512
"""Matrix products round differently in other shapes: fixed chunks make a cached prefix and a fresh
one the same bytes, and bound the memory of a long prompt."""
TOWER_BATCH_IMAGES = 16
"""Frames that the tower is given at once."""
CACHES = 2
"""How often a clip's keys and values are held at once: as it was read, and with the question behind
it."""
RUNTIME_BYTES = 1_300_000_000
"""Python, torch and its kernels, the decoders of clips and a small recogniser: the starter, whose
weights take 0.3 GB, was measured to take 1.5 to 1.7 GB at its peak (benchmarks/results)."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """The sizes of a model that memory depends on."""

    block_parameters: int
    """Of the decoder's blocks: what quantization makes smaller."""
    other_parameters: int
    """Tower, projector, embeddings and head."""
    layers: int
    kv_heads: int
    head_dim: int
    frame_tokens: int
    """Visual tokens of one frame and what stands around them."""
    patches: int
    """Places of the tower for one frame."""
    tower_inner: int
    """The widest layer of the tower."""
    decoder_inner: int
    """The widest layer of the decoder."""
    vocabulary: int
    text_width: int
    context_tokens: int
    """The longest prompt and answer."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What answering takes."""

    dtype: str
    frames: int
    weights_bytes: int
    cache_bytes: int
    working_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it at once."""
        return self.weights_bytes + self.cache_bytes + self.working_bytes

    def __str__(self) -> str:
        """The sum, for people."""
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
) -> MemoryPlan:
    """Add up what answering one question about one clip takes.

    Args:
        footprint: of the model.
        dtype: one of `BYTES`.
        frames: how many are shown.
        words: of subtitles, at most.
        new_tokens: of the answer, at most.
        caches: how often the clip is held in the decoder's cache at once.

    """
    wide = 2.0 if dtype in QUANTIZED_DTYPES else BYTES[dtype]
    frame_tokens = frames * footprint.frame_tokens
    text_tokens = int(words * TOKENS_PER_WORD) + QUESTION_TOKENS + new_tokens
    tokens = min(frame_tokens + text_tokens, footprint.context_tokens)
    weights = footprint.block_parameters * BYTES[dtype] + footprint.other_parameters * wide
    cache = caches * tokens * footprint.layers * footprint.kv_heads * footprint.head_dim * 2 * wide
    tower = min(frames, TOWER_BATCH_IMAGES) * footprint.patches * 4 * footprint.tower_inner * wide
    decoder = PREFILL_CHUNK_TOKENS * 4 * footprint.decoder_inner * wide
    encoded = frame_tokens * footprint.text_width * wide
    working = RUNTIME_BYTES + tower + decoder + encoded + 2 * footprint.vocabulary * 4
    return MemoryPlan(dtype, frames, int(weights), int(cache), int(working))


def smaller_plans(
    footprint: Footprint, plan: MemoryPlan, *, words: int, new_tokens: int, caches: int = CACHES
) -> list[MemoryPlan]:
    """Plans that take less, the least loss first: fewer frames, then a quantized decoder."""
    counts = [count for count in (plan.frames // 2, plan.frames // 4) if count >= 4]
    formats = [one for one in QUANTIZED_DTYPES if BYTES[one] < BYTES[plan.dtype]]
    tried = [(plan.dtype, count) for count in counts]
    tried += [(one, count) for one in formats for count in (plan.frames, *counts)]
    return [
        plan_memory(
            footprint,
            dtype=one,
            frames=count,
            words=words,
            new_tokens=new_tokens,
            caches=caches,
        )
        for one, count in tried
    ]
