"""What was seen of clips, kept on disk: where was looked, and the encoded frames."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import safetensors.torch

from vidqa.cache import Cache
from vidqa.engine.look import Looked
from vidqa.media.frames import FrameReport
from vidqa.media.moments import Moments
from vidqa.model.inputs import FrameEncoder
from vidqa.paper.frames import Numbering

KIND = "looked"
METHOD = 1
"""Grows when the same frames are read or encoded in another way."""
LIBRARIES = ("torch", "transformers", "av", "decord2", "pillow")

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
    content = cache.get(KIND, key)
    if content is None:
        return None
    head, _, tensors = content.partition(b"\n")
    told = json.loads(head)
    encoder.restore(safetensors.torch.load(tensors), told["encoder"])
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
    content = json.dumps(told).encode() + b"\n" + safetensors.torch.save(tensors)
    cache.put(KIND, key, content, about=about)
