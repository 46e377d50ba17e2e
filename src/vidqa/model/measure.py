"""The sizes of a model, from its configuration alone: nothing is allocated."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageTextToText

from vidqa.footprint import Footprint
from vidqa.model.auto import register

MARK_TOKENS = 6
"""About what stands around a frame's visual tokens."""
UNKNOWN_FRAME_TOKENS = 256
"""Where a configuration does not say how many visual tokens a frame has."""


def measure(folder: Path) -> Footprint:
    """The footprint of the model in a `save_pretrained` folder."""
    register()
    config: Any = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    with torch.device("meta"):
        network: Any = AutoModelForImageTextToText.from_config(config)
    text, vision = config.get_text_config(), config.vision_config
    decoder = network.get_decoder()
    blocks = sum(one.numel() for one in decoder.layers.parameters())
    every = sum(one.numel() for one in network.parameters())  # tied ones count once
    frame_tokens = getattr(config, "image_seq_length", None) or UNKNOWN_FRAME_TOKENS
    patch = getattr(vision, "patch_size", 32)
    return Footprint(
        block_parameters=blocks,
        other_parameters=every - blocks,
        layers=text.num_hidden_layers,
        kv_heads=getattr(text, "num_key_value_heads", None) or text.num_attention_heads,
        head_dim=getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads,
        frame_tokens=frame_tokens + MARK_TOKENS,
        patches=(vision.image_size // patch) ** 2,
        tower_inner=getattr(vision, "intermediate_size", None) or vision.hidden_size,
        decoder_inner=text.intermediate_size,
        vocabulary=text.vocab_size,
        text_width=text.hidden_size,
        context_tokens=text.max_position_embeddings,
    )
