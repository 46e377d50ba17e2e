"""Check the folder of a model before anything in it is read.

Weights must be safetensors, which hold only numbers; all files must lie inside the folder; and
nothing in it may send a library elsewhere: to another model, to a download, or to code.
"""

import os
import re
from pathlib import Path
from typing import Any

from vidqa.errors import ModelDamagedError, ModelUnsupportedError
from vidqa.models.lora_rules import LORA, is_plain_setting
from vidqa.system.texts import from_json

WEIGHTS = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
WEIGHTS_SUFFIX = ".safetensors"
BESIDE = re.compile(r"[^/]+\.(json|jinja|txt|model)")
"""Names of files at the top: configuration, tokenizer, processor and chat template."""
ADAPTER = "adapter"
"""The folder inside a model's with an unmerged LoRA, as PEFT stores it."""
INNER = (ADAPTER, "additional_chat_templates")
"""The only folders inside a model's that are read."""
INDEX = "model.safetensors.index.json"
"""The index of the shards of weights that are too large for one file."""
ADAPTER_CONFIG = "adapter_config.json"
"""The file that PEFT writes beside a LoRA's weights."""
ADAPTER_WEIGHTS = "adapter_model.safetensors"
SAFE = "save_pretrained writes safetensors; pickled weights, which could run code, are never loaded"
OWN = "vidqa loads a model from its own folder only"
SNAPSHOTS, BLOBS = "snapshots", "blobs"
"""Folders of links in the Hub's own cache, and the folder of the files that they lead to."""
VOCABULARIES = ("tokenizer.json", "vocab.json", "added_tokens.json")
"""Files of tokens and their ids, without settings."""
SENDS_AWAY = ("audio_tokenizer", "use_pretrained_backbone", "megatron_config")
"""Keys that make transformers or PEFT load another model, or a module by name."""
CHOOSES_CODE = "_implementation"
"""A part of keys whose values may name code on the Hub, as `owner/name`."""
NAMES_A_TOWER = ("architecture", "backbone")
"""Keys whose values are one of timm's models: a name alone, or after `hf-hub:` or `local-dir:`
the model of a repository or a folder."""
BUILDS_A_TOWER = ("model_args", "backbone_kwargs")
"""Keys whose values timm takes as arguments."""
FETCHES = ("checkpoint_path", "cache_dir", "pretrained", "pretrained_cfg", "pretrained_cfg_overlay")
"""Arguments that make timm read weights from elsewhere."""

PROCESSOR = "processor_config.json"
"""The end of the names of processors' configurations, in which `size` is a picture's sides."""
LARGEST_SIDE = 16_384
DEEPEST = 64
"""Levels of nesting in settings at most."""
LARGEST_BY_END = {
    **dict.fromkeys(("layers", "layer", "depth", "depths", "blocks"), 4096),
    **dict.fromkeys(("heads", "head", "experts", "groups"), 65_536),
    **dict.fromkeys(("height", "width", "image_size", "crop_size"), LARGEST_SIDE),
    **dict.fromkeys(("_edge", "_pixels"), 1 << 30),
    "_size": 1 << 24,
}
"""Limits far above any real model, by the ends of keys; lists hold one number a stage."""


def require_safe(folder: Path, *, is_verified: bool = False) -> None:
    """Refuse the folder of a whole model if it is not safe to load.

    Args:
        folder: of any origin.
        is_verified: its files were hashed on arrival, so the targets of its links are known.

    Raises:
        ModelUnsupportedError: safetensors are missing, or something leads out of the folder.
        ModelDamagedError: a file cannot be read.

    """
    if not is_verified:
        _require_inside(folder)
    weights = {file.name for file in _top(folder) if WEIGHTS.fullmatch(file.name)}
    if not weights:
        raise ModelUnsupportedError(f"{folder} has no weights as safetensors", hint=SAFE)
    if (folder / ADAPTER_CONFIG).exists():
        raise ModelUnsupportedError(
            f"{folder} holds a LoRA beside a whole model: which one is meant cannot be told",
            hint=f"move {ADAPTER_CONFIG} and {ADAPTER_WEIGHTS} into a folder of their own",
        )
    _require_shards(folder, weights)
    _require_adapter(folder / ADAPTER)
    for file in _top(folder):
        if file.suffix == ".json" and file.name not in (*VOCABULARIES, INDEX):
            require_plain(file)


def require_safe_adapter(folder: Path) -> None:
    """Refuse a folder that holds only a LoRA if it is not safe. Raises as `require_safe` does."""
    _require_inside(folder)
    _require_adapter(folder)


def require_plain(file: Path) -> None:
    """Refuse settings, at any depth, that make a library load something else.

    Raises:
        ModelUnsupportedError: they do.
        ModelDamagedError: they cannot be read.

    """
    waiting = [read_json(file)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        if not isinstance(one, dict):
            continue
        waiting += one.values()
        for key, value in one.items():
            is_side = key == "size" and file.name.endswith(PROCESSOR)
            if _is_beyond("width" if is_side else key, value):
                raise ModelUnsupportedError(f"{str(file)!r} is not a model's: {key} is {value}")
            if _leads_elsewhere(key, value):
                raise ModelUnsupportedError(
                    f"{str(file)!r} would have something loaded from elsewhere: {key}", hint=OWN
                )


def _leads_elsewhere(key: str, value: Any) -> bool:
    """Return whether a setting makes a library load another model, weights or code."""
    if CHOOSES_CODE in key:
        return "/" in str(value)
    if key in NAMES_A_TOWER:
        return not {":", "/"}.isdisjoint(str(value))
    if key in BUILDS_A_TOWER:
        return isinstance(value, dict) and any(value.get(name) for name in FETCHES)
    if key == "transformers_weights":
        return WEIGHTS.fullmatch(str(value)) is None
    return key in SENDS_AWAY and bool(value)


def _is_beyond(key: str, value: Any) -> bool:
    """Return whether a number exceeds any model's, so that a library would loop for ever."""
    most = next((most for end, most in LARGEST_BY_END.items() if key.endswith(end)), None)
    if most is None:
        return False
    if isinstance(value, list):
        return any(_is_beyond(key, one) for one in value)
    return isinstance(value, int | float) and not value <= most


def model_files(folder: Path) -> list[Path]:
    """Return the files of a model that are read, in the order of their names."""
    inner = (file for name in INNER for file in _files(folder / name))
    return sorted([*_top(folder), *inner])


def read_json(file: Path) -> Any:
    """Read a JSON file. Raises ModelDamagedError."""
    try:
        content = from_json(file.read_text(encoding="utf-8"))
        _require_shallow(content)
    except (OSError, ValueError) as error:
        raise ModelDamagedError(f"{str(file)!r} cannot be read: {error}") from error
    return content


def _require_shallow(content: Any) -> None:
    """Raise a ValueError if the nesting is too deep to traverse, for libraries too."""
    level = [content]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, list | dict)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ValueError("it is nested too deep")


def _top(folder: Path) -> list[Path]:
    return [file for file in _files(folder) if _is_named(file.name)]


def _is_named(name: str) -> bool:
    """Return whether a file of that name at the top is read; hidden ones are not the model's."""
    known = WEIGHTS.fullmatch(name) or BESIDE.fullmatch(name)
    return known is not None and not name.startswith(".")


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in _entries(folder) if one.is_file())


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise ModelDamagedError(f"{str(folder)!r} cannot be read: {error.strerror}") from error


def _require_inside(folder: Path) -> None:
    """Refuse links that lead out of the folder, except in a Hub's cache to its own files."""
    home = _target(folder)
    homes = [home, home.parent.parent / BLOBS] if home.parent.name == SNAPSHOTS else [home]
    named = (*INNER, ADAPTER_WEIGHTS)
    read = [one for one in _entries(folder) if one.name in named or _is_named(one.name)]
    for one in [*read, *(file for name in INNER for file in _entries(folder / name))]:
        target = _target(one)
        if not any(target.is_relative_to(place) for place in homes):
            raise ModelUnsupportedError(
                f"{str(one)!r} leads out of the folder of the model, to {str(target)!r}",
                hint="put the file itself there",
            )


def _target(path: Path) -> Path:
    """Return the final target of links; one that leads to itself is not an error."""
    return Path(os.path.realpath(path))


def _require_shards(folder: Path, weights: set[str]) -> None:
    index = folder / INDEX
    if not index.is_file():
        return
    content = read_json(index)
    named = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(named, dict) or not all(isinstance(one, str) for one in named.values()):
        raise ModelDamagedError(f"{str(index)!r} names no shards")
    for shard in sorted(set(named.values())):
        if not WEIGHTS.fullmatch(shard):
            raise ModelUnsupportedError(
                f"{str(index)!r} names {shard!r}, which is not a safetensors file beside it",
                hint=SAFE,
            )
        if shard not in weights:
            raise ModelUnsupportedError(f"{folder} is not whole: {shard} is missing")


def _require_adapter(folder: Path) -> None:
    """Refuse a LoRA without safetensors, for PEFT would then load other weights."""
    if not (folder / ADAPTER_CONFIG).is_file():
        return
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise ModelUnsupportedError(f"{folder} has no {ADAPTER_WEIGHTS}", hint=SAFE)
    require_plain(folder / ADAPTER_CONFIG)
    require_plain_lora(folder / ADAPTER_CONFIG)


def require_plain_lora(file: Path) -> None:
    """Refuse a LoRA whose settings make PEFT load or compute more than its weights."""
    content = read_json(file)
    if not isinstance(content, dict):
        raise ModelDamagedError(f"{str(file)!r} is not a configuration")
    if (kind := content.get("peft_type")) != LORA:
        raise ModelUnsupportedError(
            f"{str(file)!r} says that its kind is {kind!r}, and vidqa loads {LORA} only"
        )
    for name, value in content.items():
        if not is_plain_setting(name, value):
            raise ModelUnsupportedError(
                f"{str(file)!r} is of no plain LoRA: {name} is {value!r:.200}"
            )
