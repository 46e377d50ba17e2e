"""Cache on disk what was seen of clips: the encoded frames, and the KV cache of the decoder."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from vidqa.engine.watch.encode_frames import EncodedFrames, SeenFrames
from vidqa.engine.watch.sight_key import sight_key
from vidqa.media.frames.read import FrameReport
from vidqa.media.sampling.samplers import Moments
from vidqa.network.inference.decode import Context
from vidqa.network.inference.frame_encoder import FrameEncoder, FrameForm
from vidqa.network.inference.kv_caches import is_plain, new_cache
from vidqa.network.inference.prompt_ids import Pictures
from vidqa.system.cache import Cache, read_back, written
from vidqa.system.number_formats import BITS

LOOKED, READ = "looked", "read"
MOST_READ_BYTES = 64 << 20
"""Bytes above which a KV cache is not stored: reading it back is as slow as prefilling."""
ROUNDED_BY = "onnxruntime"
"""The library that computes with integers for vidqa's own decoder on a CPU. Its version is in the
key of every model in 8 or 4 bits: whose decoder it is is not known here."""

NOT_IT = (ValueError, KeyError, SafetensorError)
"""Errors raised by an entry of another version or of another program."""

Form = TypeVar("Form")


@dataclass(frozen=True, slots=True)
class FramesHeader:
    """The part of a clip's entry beside its tensors."""

    moments: Moments
    report: FrameReport
    frame_times_s: tuple[float, ...]
    form: FrameForm


@dataclass(frozen=True, slots=True)
class PrefixHeader:
    """The part of a context's entry beside its tensors."""

    layers: int
    shift: int | None


def kept_sight(cache: Cache, key: Mapping[str, Any], encoder: FrameEncoder) -> SeenFrames | None:
    """Return what was seen before with this key; None if it is not in the cache.

    Args:
        cache: the cache to search.
        key: as `sight_key` returns it.
        encoder: an empty one, which receives the encoded frames.

    """
    content = cache.get(LOOKED, key)
    if content is None:
        return None
    try:
        header, tensors = _unpacked(content, FramesHeader)
        encoder.restore(tensors, header.form, len(header.frame_times_s))
    except NOT_IT:
        return None
    return header.moments, EncodedFrames(encoder, header.frame_times_s, header.report)


def keep_sight(
    cache: Cache, key: Mapping[str, Any], seen_frames: SeenFrames, *, about: str
) -> None:
    """Store what was seen."""
    moments, encoded = seen_frames
    assert isinstance(encoded.frames, FrameEncoder), "others keep nothing"
    tensors, form = encoded.frames.state()
    header = FramesHeader(moments, encoded.report, encoded.frame_times_s, form)
    cache.put(LOOKED, key, _packed(header, tensors), about=about)


def read_key(pictures: Pictures, **settings: Any) -> Mapping[str, Any]:
    """Return the key of a prefilled clip: ids, visual tokens, where they are, and the model."""
    digest = hashlib.sha256()
    given = (pictures.input_ids, pictures.visual_tokens, pictures.positions)
    for one in (tensor for tensor in given if tensor is not None):
        digest.update(one.cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    if settings["dtype"] in BITS:
        settings |= {ROUNDED_BY: version(ROUNDED_BY)}
    return sight_key(prompt=digest.hexdigest(), **settings)


def kept_context(cache: Cache, key: Mapping[str, Any], network: Any, tokens: int) -> Context | None:
    """Return the cached context of so many tokens with this key; None if there is none."""
    states = new_cache(network)
    content = cache.get(READ, key) if all(map(is_plain, states.layers)) else None
    if content is None:
        return None
    try:
        header, tensors = _unpacked(content, PrefixHeader)
        layers = [
            (tensors[f"k.{number}"], tensors[f"v.{number}"]) for number in range(header.layers)
        ]
        _require_fit(layers, tokens, network)
    except NOT_IT:
        return None
    for number, (keys, values) in enumerate(layers):
        states.update(keys.to(network.device), values.to(network.device), number)
    return Context(states, header.shift)


def keep_context(cache: Cache, key: Mapping[str, Any], context: Context, *, about: str) -> None:
    """Store a context if it is small and all layers' keys and values have one size."""
    layers: list[Any] = context.cache.layers
    if not all(map(is_plain, layers)):
        return
    tensors = {f"k.{number}": layer.keys.cpu() for number, layer in enumerate(layers)}
    tensors |= {f"v.{number}": layer.values.cpu() for number, layer in enumerate(layers)}
    sizes = {one.shape for one in tensors.values()}
    if len(sizes) == 1 and sum(one.nbytes for one in tensors.values()) <= MOST_READ_BYTES:
        header = PrefixHeader(len(layers), context.shift)
        cache.put(READ, key, _packed(header, tensors), about=about)


def _require_fit(layers: Sequence[tuple[Tensor, Tensor]], tokens: int, network: Any) -> None:
    """Raise a ValueError unless keys and values match this network and number of tokens."""
    text: Any = network.config.get_text_config()
    queries = getattr(text, "num_attention_heads", 1)
    heads = getattr(text, "num_key_value_heads", None) or queries
    width = getattr(text, "head_dim", None) or text.hidden_size // queries
    wanted = (torch.Size((1, heads, tokens, width)), network.dtype)
    found = {(one.shape, one.dtype) for pair in layers for one in pair}
    if len(layers) != text.num_hidden_layers or found != {wanted}:
        raise ValueError("no keys and values of this model")


def _packed(header: object, tensors: dict[str, Tensor]) -> bytes:
    whole = {name: one.contiguous() for name, one in tensors.items()}
    return written(header) + b"\n" + safetensors.torch.save(whole)


def _unpacked(content: bytes, kind: type[Form]) -> tuple[Form, dict[str, Tensor]]:
    """Split an entry into its header and tensors. Raises any of `NOT_IT`."""
    head, _, tensors = content.partition(b"\n")
    return read_back(kind, head), safetensors.torch.load(tensors)
