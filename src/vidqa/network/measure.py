"""Measure a model from its configuration and its processor: no weight is allocated."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vidqa.network.inference.frame_encoder import NOT_PICTURES
from vidqa.network.inference.preprocess import preprocess
from vidqa.network.native.config import read_native
from vidqa.network.native.network import NativeNetwork
from vidqa.network.reading import reading
from vidqa.system.footprint import Footprint

MARK_TOKENS = 10
"""Approximate tokens around a frame's visual tokens: line ends, and the time in some prompts."""
UNKNOWN_FRAME_TOKENS = 256
"""Visual tokens of a frame, assumed where no configuration gives their number."""
WIDE_FRAME = (720, 1280)
"""Height and width of the frame measured; the size of a real one depends on its shape."""
GROWING = ("full_attention", "sliding_attention", "chunked_attention")
"""Types of layers whose cache grows with every token; recurrent ones keep one state."""


@dataclass(frozen=True, slots=True)
class FrameSize:
    """The size of one frame for a model."""

    tokens: int
    """Visual tokens and the tokens around them."""
    numbers: int
    """Numbers in the picture as the tower takes it."""


def measure_frame(
    processor: Any, image_kwargs: Mapping[str, object], **kwargs: object
) -> FrameSize:
    """Measure one wide frame with the processor.

    Args:
        processor: of any family.
        image_kwargs: handed to the image processor.
        **kwargs: handed to the processor around it.

    """
    frame = np.zeros((*WIDE_FRAME, 3), dtype=np.uint8)
    inputs = preprocess(processor, [frame], images_kwargs=image_kwargs, **kwargs)
    pictures = [one for name, one in inputs.items() if name not in NOT_PICTURES]
    numbers = max(one.numel() for one in pictures if isinstance(one, torch.Tensor))
    return FrameSize(inputs["input_ids"].shape[1] + MARK_TOKENS, numbers)


def measure(folder: Path, frame: FrameSize | None = None) -> Footprint:
    """Return the footprint of the model in a `save_pretrained` folder.

    Args:
        folder: holds its configuration.
        frame: the size of a frame; as far as the configuration gives it if None.

    """
    native = read_native(folder)
    if native is not None:
        with torch.device("meta"):
            return _counted(NativeNetwork(native), native, frame)
    from transformers import AutoConfig

    from vidqa.network.registration import register

    register()
    with reading(folder):
        config: Any = AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        return footprint_of(config, frame)


def footprint_of(config: Any, frame: FrameSize | None = None) -> Footprint:
    """Return the footprint of a model of this configuration. See `measure`.

    Raises:
        ModelUnsupportedError: vidqa cannot run its class.

    """
    from transformers import AutoModelForImageTextToText

    from vidqa.network.supported import require_encoded_pictures

    with torch.device("meta"):
        network: Any = AutoModelForImageTextToText.from_config(config)
    require_encoded_pictures(network)
    return _counted(network, config, frame)


def _counted(network: Any, config: Any, frame: FrameSize | None) -> Footprint:
    """Count a network's parameters, and read the rest in its configuration."""
    text, vision = config.get_text_config(), config.vision_config
    decoder = network.get_decoder()
    blocks = sum(one.numel() for one in decoder.layers.parameters() if not _is_experts(one))
    every = sum(one.numel() for one in network.parameters())  # tied ones count once
    patch = 3 * prod(_sides(vision, "patch_size", 32)) * getattr(vision, "temporal_patch_size", 1)
    frame = frame or _stated(config, vision)
    return Footprint(
        block_parameters=blocks,
        other_parameters=every - blocks,
        layers=_growing_layers(text),
        kv_heads=getattr(text, "num_key_value_heads", None) or text.num_attention_heads,
        head_dim=getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads,
        frame_tokens=frame.tokens,
        patches=-(-frame.numbers // patch),
        tower_inner=getattr(vision, "intermediate_size", None) or 4 * vision.hidden_size,
        decoder_inner=getattr(text, "intermediate_size", None) or 4 * text.hidden_size,
        vocabulary=text.vocab_size,
        text_width=text.hidden_size,
        context_tokens=text.max_position_embeddings,
        has_own_head=_has_own_head(network),
    )


def _has_own_head(network: Any) -> bool:
    """Return whether the head's weight is not that of the word embeddings, as vidqa's own is."""
    head = None if isinstance(network, NativeNetwork) else network.get_output_embeddings()
    return head is not None and head.weight is not network.get_input_embeddings().weight


def _is_experts(parameter: torch.nn.Parameter) -> bool:
    """Return whether it holds all experts of a mixture, which are not rounded."""
    return parameter.ndim == 3 and min(parameter.shape) > 1


def _growing_layers(text: Any) -> int:
    kinds = getattr(text, "layer_types", None)
    if not kinds:
        return int(text.num_hidden_layers)
    return sum(kind in GROWING for kind in kinds)


def _stated(config: Any, vision: Any) -> FrameSize:
    tokens = getattr(config, "image_seq_length", None) or UNKNOWN_FRAME_TOKENS
    return FrameSize(tokens + MARK_TOKENS, 3 * prod(_sides(vision, "image_size", 448)))


def _sides(vision: Any, name: str, default: int) -> tuple[int, int]:
    """Return height and width; some configurations give one number for both."""
    size = getattr(vision, name, default)
    return (size, size) if isinstance(size, int) else (size[0], size[1])
