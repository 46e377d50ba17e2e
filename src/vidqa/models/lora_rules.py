"""What the settings of a LoRA may say: no more than where it stands, and how strong it is."""

import re
from typing import Any

LORA = "LORA"
"""The only kind of PEFT's adapters that is loaded: others load more of them."""

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
"""Settings of a LoRA (peft 0.21) that are no more than that. Others multiply layers, or have
weights computed or read when it is loaded."""

EMPTY = (None, False)
"""The values of settings that are not used; PEFT takes an empty object for one that is."""

PATTERNS = ("target_modules", "exclude_modules", "layers_pattern")
"""Settings of a LoRA that PEFT takes as patterns of `re`, like the keys of the two below."""

PATTERNS_BY_KEY = ("rank_pattern", "alpha_pattern")

CHEAP = re.compile(r"\^?(?:[\w-]|\\\.|\.|\||\(\?:|\(\?!|\(|\)(?![*+?{]))*\$?")
"""A pattern without repeats, but for those of `.*` and `\\d+`, which are taken out before."""

MOST_REPEATS = 4
"""In one pattern: the time that it takes grows with the length of a name to this power."""

PLAIN_STARTS = (None, True, False, "gaussian")
"""What a LoRA may begin with before its weights are loaded: numbers that cost nothing."""

HIGHEST_RANK = 16_384
"""As wide as the widest layers there are: a LoRA of that rank saves nothing."""


def is_plain_setting(name: str, value: Any) -> bool:
    """Whether a setting of a LoRA costs nothing when it is loaded."""
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
    """Whether `re` is quick to say what such patterns match."""
    several = [patterns] if isinstance(patterns, str) else patterns
    if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
        return False
    parted = [re.split(r"\.[*+]\??|\\d[*+]", one) for one in several]
    return all(
        len(parts) <= MOST_REPEATS + 1 and all(map(CHEAP.fullmatch, parts)) for parts in parted
    )
