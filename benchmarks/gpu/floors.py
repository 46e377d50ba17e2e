"""The fewest floating-point operations and bytes that a job needs, counted from the sizes.

A multiplication and an addition are two operations. Every weight is read once a job, at the width
of its format; what is read or written besides weights and KV cache is left out, so no
implementation can be below these.
"""

from dataclasses import dataclass

from networks import Preset

BF16_BYTES = 2


@dataclass(frozen=True, slots=True)
class Work:
    """What one job takes."""

    flop: float
    size_bytes: float


def tower(preset: Preset, *, images: int) -> Work:
    """Encode and project images."""
    config = preset.tower
    width, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    patches = config.patches_per_image
    places = patches + 1
    block = 4 * width**2 + 2 * width * inner
    stem = 3 * config.patch_size**2 * width
    projector = 4 * width * preset.decoder.hidden_size
    multiplied = layers * (places * block + 2 * places**2 * width)
    multiplied += patches * stem + preset.tokens_per_frame * projector
    weights = layers * block + stem + projector
    return Work(2.0 * images * multiplied, BF16_BYTES * weights)


def prefill(preset: Preset, *, tokens: int, weight_bits: int) -> Work:
    """Run a prompt through the decoder; its last place is scored."""
    config = preset.decoder
    seen = tokens * (tokens + 1) / 2  # places that all places look at, each at those before it
    attention = 2 * seen * config.num_attention_heads * _head_width(preset)
    multiplied = config.num_hidden_layers * (tokens * _block(preset) + attention) + _head(preset)
    size = weights_bytes(preset, weight_bits=weight_bits) + kv_bytes(preset, tokens=tokens)
    return Work(2.0 * multiplied, size)


def decode(preset: Preset, *, tokens: int, weight_bits: int) -> Work:
    """Write one token behind `tokens` others."""
    config = preset.decoder
    attention = 2 * tokens * config.num_attention_heads * _head_width(preset)
    multiplied = config.num_hidden_layers * (_block(preset) + attention) + _head(preset)
    size = weights_bytes(preset, weight_bits=weight_bits) + kv_bytes(preset, tokens=tokens)
    return Work(2.0 * multiplied, size)


def weights_bytes(preset: Preset, *, weight_bits: int) -> float:
    """Of the decoder's matrices, the head in bf16 whatever the others are; no embedding."""
    blocks = preset.decoder.num_hidden_layers * _block(preset)
    return blocks * weight_bits / 8 + BF16_BYTES * _head(preset)


def kv_bytes(preset: Preset, *, tokens: int) -> float:
    """Of the KV cache, in bf16."""
    config = preset.decoder
    width = config.num_key_value_heads * _head_width(preset)
    return 2.0 * config.num_hidden_layers * width * tokens * BF16_BYTES


def _block(preset: Preset) -> int:
    """Weights of one block's matrices."""
    config, head = preset.decoder, _head_width(preset)
    width, queries = config.hidden_size, config.num_attention_heads * head
    keys = config.num_key_value_heads * head
    return width * (2 * queries + 2 * keys + 3 * config.intermediate_size)


def _head(preset: Preset) -> int:
    return int(preset.decoder.hidden_size * preset.decoder.vocab_size)


def _head_width(preset: Preset) -> int:
    config = preset.decoder
    return int(config.head_dim or config.hidden_size // config.num_attention_heads)
