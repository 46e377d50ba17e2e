"""Join a folder that holds only a LoRA with the model that it was made for."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from vidqa.errors import (
    ModelDamagedError,
    ModelMissingError,
    ModelUnsupportedError,
    UsageError,
)
from vidqa.models.gate import ADAPTER, ADAPTER_CONFIG, ADAPTER_WEIGHTS, model_files, read_json
from vidqa.models.installed import model_folder
from vidqa.models.registry import MODELS
from vidqa.models.resolve import SETTINGS, find_local, hub_source, write_settings
from vidqa.models.store.manifest import MARKER
from vidqa.models.store.store import Store


def is_adapter(folder: Path) -> bool:
    """Return whether a folder holds a LoRA and not a whole model."""
    return (folder / ADAPTER_CONFIG).is_file() and not (folder / "config.json").exists()


@dataclass(frozen=True, slots=True)
class Base:
    """The model that a LoRA was made for."""

    folder: Path
    preset: str | None = None
    """The name of the preset, if the model is one."""


def base_of(folder: Path, store: Store) -> Base:
    """Find the model that a LoRA was made for.

    Raises:
        ModelMissingError: the model is not in the cache.
        ModelDamagedError: the LoRA's configuration names no model.
        ModelUnsupportedError: the model already has a LoRA.

    """
    try:
        name = str(read_json(folder / ADAPTER_CONFIG)["base_model_name_or_path"] or "")
    except (KeyError, TypeError) as error:
        raise ModelDamagedError(f"{folder / ADAPTER_CONFIG} names no model") from error
    for preset in MODELS.values():
        is_whole = preset.assembly is None
        if is_whole and any(getattr(one, "repo", None) == name for one in preset.sources):
            return Base(model_folder(preset, store), preset.name)
    try:
        local = find_local(name, store) if name else None
    except (UsageError, ModelMissingError) as error:
        raise _missing(folder, name) from error
    if local is None:
        raise _missing(folder, name)
    if (local.folder / ADAPTER).is_dir():
        raise ModelUnsupportedError(
            f"{folder} holds a LoRA for {name}, which has a LoRA itself: only one can be used"
        )
    return Base(local.folder)


def put_together(adapter: Path, base: Base, target: Path) -> None:
    """Fill a folder with a model and a LoRA beside its decoder.

    The files of the model that are read are hard links if the disk allows it, instead of
    copies.
    """
    for file in model_files(base.folder):
        if file.name == MARKER or (file.name == SETTINGS and base.preset is not None):
            continue
        copy = target / file.relative_to(base.folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            copy.hardlink_to(file.resolve())
        except OSError:
            shutil.copyfile(file, copy)
    (target / ADAPTER).mkdir(exist_ok=True)
    for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
        shutil.copyfile(adapter / name, target / ADAPTER / name)
    if base.preset is not None:
        write_settings(target, base.preset)


def _missing(folder: Path, base: str) -> ModelMissingError:
    is_on_hub = hub_source(base) is not None
    return ModelMissingError(
        f"{folder} holds a LoRA for {base or 'a model that it does not name'}, no whole model, and "
        "that model is not in the cache",
        hint=f"vidqa models pull {base}, then the same command again" if is_on_hub else None,
    )
