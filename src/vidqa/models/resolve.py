"""Find models that are not presets: the user's own folders, added ones, and any of the Hub."""

import hashlib
import json
import os
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from vidqa.errors import ModelDamagedError, ModelMissingError, UsageError
from vidqa.models.gate import (
    ADAPTER_CONFIG,
    WEIGHTS_SUFFIX,
    model_files,
    read_json,
    require_safe,
)
from vidqa.models.installed import hub_commit, model_folder, model_revision
from vidqa.models.presets.hub import derived
from vidqa.models.registry import MODELS, find_model, is_known
from vidqa.models.sources.fetch import source_key
from vidqa.models.spec import HubSource, ModelSpec
from vidqa.models.store.store import Store
from vidqa.system.file_systems import is_folder, is_there

SETTINGS = "vidqa.json"
"""The file that names the preset whose frames, words and prompt a folder's model uses."""
ADDED = "added"
"""The folder in the cache with copies of added folders, by name."""
ADDED_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
HUB_ID = re.compile(r"([\w.-]+/[\w.-]+?)(?:@([\w.-]+))?")
"""`owner/name`, optionally with `@` and a branch, tag or commit."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A folder, and how to show clips to the model in it."""

    spec: ModelSpec
    folder: Path
    revision: str


def write_settings(folder: Path, preset: str) -> None:
    """Record in a folder the preset by which its model is shown clips."""
    (folder / SETTINGS).write_text(json.dumps({"preset": preset}) + "\n", encoding="utf-8")


def resolve(model: str | LocalModel, store: Store) -> LocalModel:
    """Find and verify a model by its name; one that was found already is not looked at again.

    Raises:
        UsageError: no such model.
        ModelMissingError, ModelDamagedError, ModelUnsupportedError: as `find_local` does.

    """
    if isinstance(model, LocalModel):
        return model
    return find_local(model, store) or _of_preset(find_model(model), store)


def _of_preset(spec: ModelSpec, store: Store) -> LocalModel:
    folder = model_folder(spec, store)
    require_safe(folder, is_verified=True)
    return LocalModel(spec, folder, model_revision(spec, store))


def find_local(name: str, store: Store | None = None) -> LocalModel | None:
    """Find the model that a name stands for; None if the name is a preset's.

    Args:
        name: a folder, a name that a folder was added under, or a repository of the Hub.
        store: the cache; the user's by default.

    Raises:
        UsageError: there is no such folder, or it holds no model.
        ModelMissingError: a repository of the Hub that was not pulled.
        ModelDamagedError: its settings cannot be read, or it has changed since it was verified.
        ModelUnsupportedError: it could run code, or leads elsewhere; see `require_safe`.

    """
    if is_known(name):
        return None
    store = store or Store()
    if is_added(name, store):
        folder = _added_folder(name, store)
        return LocalModel(_spec(name, folder, is_verified=True), folder, _revision(folder))
    if is_folder(Path(name)):
        folder = Path(name)
        return LocalModel(_spec(folder.name, folder), folder, _revision(folder))
    source = hub_source(name)
    if source is not None:
        return _fetched(name, source, store)
    if os.sep in name:
        what = "is a file, no folder of a model" if is_there(Path(name)) else "is not there"
        raise UsageError(f"{name!r} {what}", hint="vidqa models list")
    return None


def trained_preset(name: str, store: Store | None = None) -> str:
    """Return the preset by which a model to train is shown clips: itself, or its folder's.

    Args:
        name: as for `find_local`.
        store: the cache; the user's by default.

    Raises:
        UsageError: no such model, or not one that vidqa trains.
        ModelMissingError, ModelDamagedError: as `find_local` does.

    """
    local = find_local(name, store)
    preset = find_model(name).name if local is None else _preset(local.folder)
    if preset is None or MODELS[preset].assembly is None:
        ours = ", ".join(spec.name for spec in MODELS.values() if spec.assembly is not None)
        raise UsageError(
            f"{name} cannot be trained: only {ours}, and what was trained from them",
            hint="train it with its own makers' tools, then vidqa models add FOLDER --as NAME",
        )
    return preset


def hub_source(name: str) -> HubSource | None:
    """Return the Hub repository that a name means; None if it cannot be one, or exists as a path.

    A path that begins with a dot or a slash is not a repository.
    """
    match = HUB_ID.fullmatch(name)
    if match is None or name.startswith((".", "~")) or is_there(Path(name)):
        return None
    return HubSource(match[1], match[2] or "main", (), licence="see its page on the Hub")


def is_added(name: str, store: Store) -> bool:
    """Return whether a folder was added under that name; `./name` is a path, not a name."""
    return ADDED_NAME.fullmatch(name) is not None and store.has(added_key(name))


def _added_folder(name: str, store: Store) -> Path:
    try:
        return store.folder(added_key(name))
    except ModelDamagedError as error:
        raise ModelDamagedError(error.message, hint=added_again(name)) from error


def added_again(name: str) -> str:
    """Return the commands that fix an added model."""
    return f"vidqa models rm {name}, then vidqa models add FOLDER --as {name}"


def added_key(name: str) -> str:
    """Return the key of an added model's entry."""
    return f"{ADDED}/{name}"


def _fetched(name: str, source: HubSource, store: Store) -> LocalModel:
    key = source_key(source)
    try:
        folder = store.folder(key)
    except ModelMissingError as error:
        raise ModelMissingError(
            f"{name} is not a folder here, and as a model of the Hub it is not in the cache",
            hint=f"vidqa models pull {name}",
        ) from error
    except ModelDamagedError as error:
        raise ModelDamagedError(error.message, hint=f"vidqa models pull {name}") from error
    return LocalModel(_spec(name, folder, is_verified=True), folder, hub_commit(source, store))


def _spec(name: str, folder: Path, *, is_verified: bool = False) -> ModelSpec:
    """Return the spec from a folder's settings, else derived from its configuration."""
    file = folder / "config.json"
    if not file.is_file() and (folder / ADAPTER_CONFIG).is_file():
        raise UsageError(
            f"{str(folder)!r} holds a LoRA, no whole model",
            hint=f"vidqa models add {shlex.quote(str(folder))} --as NAME joins it with its model",
        )
    if not file.is_file():
        raise UsageError(
            f"{str(folder)!r} holds no model: there is no config.json",
            hint="`save_pretrained` and `vidqa models convert` write such folders",
        )
    require_safe(folder, is_verified=is_verified)
    preset = _preset(folder)
    if preset is not None:
        return replace(MODELS[preset], name=name, sources=())
    try:
        model_type = str(read_json(file)["model_type"])
    except (KeyError, TypeError) as error:
        raise ModelDamagedError(f"{str(file)!r} names no kind of model") from error
    return derived(name, model_type)


def _preset(folder: Path) -> str | None:
    file = folder / SETTINGS
    if not file.is_file():
        return None
    try:
        preset: str = read_json(file)["preset"]
        MODELS[preset]
    except (KeyError, TypeError) as error:
        raise ModelDamagedError(f"{str(file)!r} names no preset") from error
    return preset


def _revision(folder: Path) -> str:
    """Hash all files that are loaded; for weights, only their sizes and times."""
    digest = hashlib.sha256()
    for file in model_files(folder):
        status, path = file.stat(), file.relative_to(folder)
        digest.update(f"{path}:{status.st_size};".encode())
        weights = file.suffix == WEIGHTS_SUFFIX
        digest.update(str(status.st_mtime_ns).encode() if weights else file.read_bytes())
    return f"local-{digest.hexdigest()[:12]}"
