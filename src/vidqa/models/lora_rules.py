"""The settings that a LoRA may have: only those for its layers, rank and strength."""

import re
from typing import Any

LORA = "LORA"
"""The only kind of PEFT adapter that is loaded: others load further adapters."""

PLAIN_KEYS = frozenset(
    {
        "alpha_pattern",
        "auto_mapping",
        "base_model_name_or_path",
        "bias",
        "ensure_weight_tying",
        "exclude_modules",
        "fan_in_fan_out",
        "inference_mode",
        "init_lora_weights",
        "layers_pattern",
        "layers_to_transform",
        "lora_alpha",
        "lora_bias",
        "lora_dropout",
        "megatron_core",
        "modules_to_save",
        "peft_type",
        "peft_version",
        "qalora_group_size",
        "r",
        "rank_pattern",
        "revision",
        "target_modules",
        "task_type",
        "use_dora",
        "use_rslora",
    }
)
"""Settings of a LoRA (peft 0.21) that cost nothing. Others multiply layers, or have weights
computed or read when it is loaded."""

EMPTY = (None, False)
"""Values of unused settings; to PEFT an empty object means a used one."""

PATTERNS = ("target_modules", "exclude_modules", "layers_pattern")
"""Settings of a LoRA that PEFT takes as `re` patterns, like the keys of the two below."""

PATTERNS_BY_KEY = ("rank_pattern", "alpha_pattern")

CHEAP = re.compile(r"\^?(?:[\w-]|\\\.|\.|\||\(\?:|\(\?!|\(|\)(?![*+?{]))*\$?")
"""A pattern without repeats, except for those of `.*` and `\\d+`, which are removed before."""

MOST_REPEATS = 4
"""Repeats in one pattern at most: its time grows with the length of a name to this power."""

PLAIN_STARTS = (None, True, False, "gaussian")
"""Allowed initialisations of a LoRA before its weights are loaded: those that cost nothing."""

HIGHEST_RANK = 16_384
"""The width of the widest layers of any model: a LoRA of that rank saves nothing."""


def is_plain_setting(name: str, value: Any) -> bool:
    """Return whether a setting of a LoRA costs nothing when it is loaded."""
    if value in EMPTY or (name == "loftq_config" and value == {}):
        return True
    if name == "init_lora_weights":
        return value in PLAIN_STARTS
    if name == "r":
        return _is_rank(value)
    if name in PATTERNS_BY_KEY:
        ranks = value.values() if isinstance(value, dict) and name == "rank_pattern" else ()
        return isinstance(value, dict) and all(map(_is_rank, ranks)) and _is_cheap(list(value))
    return name in PLAIN_KEYS and (name not in PATTERNS or _is_cheap(value))


def _is_rank(value: Any) -> bool:
    return type(value) is int and 0 < value <= HIGHEST_RANK


def _is_cheap(patterns: Any) -> bool:
    """Return whether `re` matches such patterns quickly."""
    several = [patterns] if isinstance(patterns, str) else patterns
    if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
        return False
    parted = [re.split(r"\.[*+]\??|\\d[*+]", one) for one in several]
    return all(
        len(parts) <= MOST_REPEATS + 1 and all(map(CHEAP.fullmatch, parts)) for parts in parted
    )
