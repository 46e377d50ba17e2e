"""Run frames through the processor of a model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

TENSORS = "torchvision"
"""The backend of image processors that compute on any device."""
LANCZOS = 1
"""Pillow's number of a filter that this backend has on CPUs only, and replaces elsewhere."""


def preprocess(
    processor: Any,
    frames: Sequence[NDArray[np.uint8]],
    *,
    images_kwargs: Mapping[str, object],
    **kwargs: object,
) -> Mapping[str, Any]:
    """Preprocess frames (height, width, 3); return them and the ids of their placeholders.

    Args:
        processor: of any family.
        frames: of one shape.
        images_kwargs: handed to the image processor.
        **kwargs: handed to the processor around it.

    """
    inputs: Mapping[str, Any] = processor(
        text=[processor.image_token * len(frames)],
        images=[list(frames)],
        return_tensors="pt",
        text_kwargs={"add_special_tokens": False},
        images_kwargs={"input_data_format": "channels_last", **images_kwargs},
        **kwargs,
    )
    return inputs


def computed_on(device: torch.device, processor: Any) -> Mapping[str, object]:
    """Let pictures be resized and normalised where the network is: a quarter is copied there."""
    images = processor.image_processor
    can_be = getattr(images, "backend", None) == TENSORS and images.resample != LANCZOS
    can_be = can_be and device.type != "mps"  # nobody has tried
    return {"device": device} if can_be else {}
