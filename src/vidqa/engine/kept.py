"""What was seen of clips, kept on disk: the encoded frames, and what the decoder made of them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import safetensors.torch
import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from vidqa.cache import Cache
from vidqa.engine.look import Looked
from vidqa.media.frames import FrameReport
from vidqa.media.moments import Moments
from vidqa.model.decoding import Context
from vidqa.model.inputs import FrameEncoder, Pictures
from vidqa.paper.frames import Numbering

LOOKED, READ = "looked", "read"
METHOD = 1
"""Grows when the same frames are read or encoded in another way."""
MOST_READ_BYTES = 64 << 20
"""Larger KV caches are made again: reading them back takes as long."""
LIBRARIES = ("vidqa", "torch", "transformers", "av", "decord2", "pillow")

Sight = tuple[Moments, Looked]


def sight_key(**settings: Any) -> Mapping[str, Any]:
    """All that changes what is seen: the caller's settings, and how it is done."""
    return {**settings, "method": METHOD, **{name: version(name) for name in LIBRARIES}}


def kept_sight(cache: Cache, key: Mapping[str, Any], encoder: FrameEncoder) -> Sight | None:
    """What was seen before with the same key.

    Args:
        cache: where to look.
        key: as `sight_key` makes it.
        encoder: an empty one; it gets the encoded frames.

    """
    content = cache.get(LOOKED, key)
    if content is None:
        return None
    told, tensors = _unpacked(content)
    encoder.restore(tensors, told["encoder"])
    numbering = told["moments"].pop("numbering")
    moments = Moments(
        tuple(told["moments"]["times_s"]),
        tuple(told["moments"]["warnings"]),
        numbering and Numbering(tuple(numbering.pop("numbers")), **numbering),
    )
    report = FrameReport(**{**told["report"], "warnings": tuple(told["report"]["warnings"])})
    return moments, Looked(encoder, tuple(told["frame_times_s"]), report)


def keep_sight(cache: Cache, key: Mapping[str, Any], sight: Sight, *, about: str) -> None:
    """Keep what was seen."""
    moments, looked = sight
    tensors, form = looked.frames.state()
    told = {
        "moments": asdict(moments),
        "report": asdict(looked.report),
        "frame_times_s": looked.frame_times_s,
        "encoder": form,
    }
    cache.put(LOOKED, key, _packed(told, tensors), about=about)


def read_key(pictures: Pictures, **settings: Any) -> Mapping[str, Any]:
    """All that changes what the decoder makes of a clip: ids, visual tokens, the model."""
    digest = hashlib.sha256()
    for one in (pictures.input_ids, pictures.visual_tokens):
        digest.update(one.cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return sight_key(prompt=digest.hexdigest(), **settings)


def kept_context(cache: Cache, key: Mapping[str, Any], network: PreTrainedModel) -> Context | None:
    """What the network read before, with the same key."""
    content = cache.get(READ, key)
    if content is None:
        return None
    told, tensors = _unpacked(content)
    states = DynamicCache(config=network.config.get_text_config())
    for number in range(told["layers"]):
        keys, values = (tensors[f"{name}.{number}"].to(network.device) for name in ("k", "v"))
        states.update(keys, values, number)
    return Context(states, told["shift"])


def keep_context(cache: Cache, key: Mapping[str, Any], context: Context, *, about: str) -> None:
    """Keep what was read, where it is small and is keys and values only, not recurrent states."""
    layers: list[Any] = context.cache.layers
    if not all(type(layer) is DynamicLayer for layer in layers):
        return
    tensors = {f"k.{number}": layer.keys.cpu() for number, layer in enumerate(layers)}
    tensors |= {f"v.{number}": layer.values.cpu() for number, layer in enumerate(layers)}
    if sum(one.nbytes for one in tensors.values()) <= MOST_READ_BYTES:
        told = {"layers": len(layers), "shift": context.shift}
        cache.put(READ, key, _packed(told, tensors), about=about)


def _packed(told: Mapping[str, Any], tensors: dict[str, Tensor]) -> bytes:
    whole = {name: one.contiguous() for name, one in tensors.items()}
    return json.dumps(told).encode() + b"\n" + safetensors.torch.save(whole)


def _unpacked(content: bytes) -> tuple[dict[str, Any], dict[str, Tensor]]:
    head, _, tensors = content.partition(b"\n")
    return json.loads(head), safetensors.torch.load(tensors)
