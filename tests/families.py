"""Tiny random models of today's families, with their true classes, processors and prompts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForImageTextToText,
    GenerationConfig,
    InternVLConfig,
    InternVLProcessor,
    InternVLVideoProcessor,
    MiniCPMV4_6Config,
    MiniCPMV4_6Processor,
    PreTrainedTokenizerFast,
    Qwen3_5Config,
    Qwen3VLConfig,
    Qwen3VLProcessor,
)
from transformers.models.got_ocr2 import GotOcr2ImageProcessor
from transformers.models.minicpmv4_6.image_processing_minicpmv4_6 import MiniCPMV4_6ImageProcessor
from transformers.models.minicpmv4_6.video_processing_minicpmv4_6 import MiniCPMV4_6VideoProcessor
from transformers.models.qwen2_vl import Qwen2VLImageProcessor
from transformers.models.qwen3_vl import Qwen3VLVideoProcessor

from tiny import CHATML, native_folder, smolvlm_folder, spec, text_config, tokenizer
from vidqa.models.presets.hub import FAMILIES
from vidqa.models.spec import PLAIN, ModelSpec

QWEN_MARKS = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
THINKING = ["<think>", "</think>"]
CHATML_TEMPLATE = (
    "{%% for message in messages %%}<|im_start|>{{ message['role'] }}\n"
    "{%% for item in message['content'] %%}"
    "{%% if item['type'] == 'image' %%}%s{%% else %%}{{ item['text'] }}{%% endif %%}"
    "{%% endfor %%}<|im_end|>\n{%% endfor %%}"
    "{%% if add_generation_prompt %%}<|im_start|>assistant\n%s{%% endif %%}"
)
THOUGHT = (
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n"
    "{% else %}<think>\n{% endif %}"
)
QWEN_VISION = {
    "depth": 3,
    "hidden_size": 24,
    "intermediate_size": 48,
    "num_heads": 2,
    "patch_size": 8,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "out_hidden_size": 32,
    "num_position_embeddings": 16,
}
QWEN_PIXELS = {"longest_edge": 1024, "shortest_edge": 256}


def qwen3_vl_folder(folder: Path, *, seed: int = 0) -> Path:
    """Qwen3-VL: patches of 8 merged 2 x 2, features of two deeper layers, positions in 3-D."""
    words = tokenizer([*CHATML, *QWEN_MARKS])
    text = {
        **_sizes(words),
        "head_dim": 8,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "mrope_section": [2, 1, 1],
            "mrope_interleaved": True,
        },
    }
    config = Qwen3VLConfig(
        text_config=text,
        vision_config={**QWEN_VISION, "deepstack_visual_indexes": [0, 1]},
        tie_word_embeddings=True,
        **_qwen_ids(words),
    )
    return _saved(folder, config, _qwen_processor(words, ""), seed=seed)


def qwen3_5_folder(folder: Path, *, seed: int = 0) -> Path:
    """Qwen3.5: three of four layers are recurrent; it thinks unless it is told not to."""
    words = tokenizer([*CHATML, *QWEN_MARKS, *THINKING])
    config = Qwen3_5Config(
        text_config=_recurrent(words),
        vision_config=QWEN_VISION,
        tie_word_embeddings=True,
        **_qwen_ids(words),
    )
    return _saved(folder, config, _qwen_processor(words, THOUGHT), seed=seed)


def minicpm_folder(folder: Path, *, seed: int = 0) -> Path:
    """MiniCPM-V-4.6: merged twice, in windows and behind the tower; a Qwen3.5 decoder."""
    named = {
        "image_token": "<|image_pad|>",
        "video_token": "<|video_pad|>",
        "image_start_token": "<image>",
        "image_end_token": "</image>",
        "slice_start_token": "<slice>",
        "slice_end_token": "</slice>",
        "image_id_start_token": "<image_id>",
        "image_id_end_token": "</image_id>",
    }
    words = _named(tokenizer([*CHATML, *named.values(), *THINKING]), named)
    vision = {
        "hidden_size": 24,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "image_size": 64,
        "patch_size": 8,
    }
    config = MiniCPMV4_6Config(
        text_config={"model_type": "qwen3_5_text", **_recurrent(words)},
        vision_config=vision,
        insert_layer_id=1,
        image_size=64,
        image_token_id=words.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=words.convert_tokens_to_ids("<|video_pad|>"),
        tie_word_embeddings=True,
    )
    sides = {"scale_resolution": 64, "patch_size": 8}
    processor = MiniCPMV4_6Processor(
        MiniCPMV4_6ImageProcessor(**sides),
        MiniCPMV4_6VideoProcessor(**sides),
        words,
        chat_template=CHATML_TEMPLATE % ("<|image_pad|>", THOUGHT),
    )
    return _saved(folder, config, processor, seed=seed)


def internvl_folder(folder: Path, *, seed: int = 0) -> Path:
    """InternVL3.5: a square tower, pixel shuffle by 2, a Qwen3 decoder."""
    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    words = _named(tokenizer([*CHATML, *named.values()]), named)
    vision = {
        "hidden_size": 24,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": [32, 32],
        "patch_size": [8, 8],
    }
    config = InternVLConfig(
        text_config={"model_type": "qwen3", **_sizes(words), "head_dim": 8},
        vision_config=vision,
        image_token_id=words.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
        tie_word_embeddings=True,
    )
    square = {"size": {"height": 32, "width": 32}}
    processor = InternVLProcessor(
        GotOcr2ImageProcessor(**square, crop_to_patches=True, max_patches=4),
        words,
        InternVLVideoProcessor(**square),
        image_seq_length=4,
        chat_template=CHATML_TEMPLATE % ("<IMG_CONTEXT>\n", ""),
    )
    return _saved(folder, config, processor, seed=seed)


MAKERS: dict[str, Callable[..., Path]] = {
    "vidqa": native_folder,
    "smolvlm": smolvlm_folder,
    "qwen3_vl": qwen3_vl_folder,
    "qwen3_5": qwen3_5_folder,
    "minicpmv4_6": minicpm_folder,
    "internvl": internvl_folder,
}
"""How to make a tiny model of each class."""


def family_spec(model_type: str) -> ModelSpec:
    """How clips are shown to a tiny model: as to its family's presets, but with few pixels.

    Text in the pictures is read only where a test asks for it: that takes a second to load.
    """
    family = FAMILIES.get(model_type, PLAIN)
    few = {"size": QWEN_PIXELS} if "size" in family.image_kwargs else {}
    family = replace(family, image_kwargs={**family.image_kwargs, **few})
    return spec(model_type, family=family, reads_screen=False)


def _named(words: PreTrainedTokenizerFast, named: dict[str, str]) -> PreTrainedTokenizerFast:
    """The same tokenizer, with names for tokens of the family."""
    return PreTrainedTokenizerFast(
        tokenizer_object=words.backend_tokenizer,
        eos_token=words.eos_token,
        pad_token=words.pad_token,
        extra_special_tokens=named,
    )


def _sizes(words: PreTrainedTokenizerFast) -> dict[str, Any]:
    known = text_config(len(words))
    names = (
        "vocab_size",
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
        "max_position_embeddings",
        "pad_token_id",
    )
    return {name: known[name] for name in names}


def _recurrent(words: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        **_sizes(words),
        "num_hidden_layers": 4,
        "head_dim": 16,
        "linear_key_head_dim": 8,
        "linear_value_head_dim": 8,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "layer_types": ["linear_attention"] * 3 + ["full_attention"],
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "partial_rotary_factor": 0.5,
            "mrope_section": [2, 1, 1],
            "mrope_interleaved": True,
        },
    }


def _qwen_ids(words: PreTrainedTokenizerFast) -> dict[str, int]:
    names = {
        "image_token_id": "<|image_pad|>",
        "video_token_id": "<|video_pad|>",
        "vision_start_token_id": "<|vision_start|>",
        "vision_end_token_id": "<|vision_end|>",
    }
    return {name: words.convert_tokens_to_ids(token) for name, token in names.items()}


def _qwen_processor(words: PreTrainedTokenizerFast, thought: str) -> Qwen3VLProcessor:
    patches = {"patch_size": 8, "merge_size": 2, "temporal_patch_size": 2}
    image = "<|vision_start|><|image_pad|><|vision_end|>"
    return Qwen3VLProcessor(
        Qwen2VLImageProcessor(**patches, size=QWEN_PIXELS),
        words,
        Qwen3VLVideoProcessor(**patches, size=QWEN_PIXELS),
        chat_template=CHATML_TEMPLATE % (image, thought),
    )


def _saved(folder: Path, config: Any, processor: Any, *, seed: int) -> Path:
    torch.manual_seed(seed)
    network = AutoModelForImageTextToText.from_config(config).eval()
    words = processor.tokenizer
    network.generation_config = GenerationConfig(eos_token_id=words.eos_token_id, pad_token_id=0)
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
