"""Models in a folder of the user's own, such as `vidqa models convert` writes."""

import hashlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from vidqa.errors import ModelDamagedError, UsageError
from vidqa.registry import MODELS
from vidqa.spec import ModelSpec

SETTINGS = "vidqa.json"
"""Names the preset whose frames, words and prompt a folder's model wants."""
TELLING = (SETTINGS, "config.json", "model.safetensors.index.json")
"""Files that differ where models do; with the size and time of the weights they make a revision."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A folder, and how to show clips to the model in it."""

    spec: ModelSpec
    folder: Path
    revision: str


def write_settings(folder: Path, preset: str) -> None:
    """Say in a folder which preset its model is shown clips like."""
    (folder / SETTINGS).write_text(json.dumps({"preset": preset}) + "\n", encoding="utf-8")


def find_local(name: str) -> LocalModel | None:
    """The model in the folder of that name; None where the name is a preset's.

    Raises:
        UsageError: it is a folder, but no model of vidqa's.
        ModelDamagedError: its settings cannot be read.

    """
    folder = _folder(name)
    if folder is None:
        return None
    if not folder.is_dir():
        what = "is a file, no folder of a model" if folder.exists() else "is not there"
        raise UsageError(f"{name!r} {what}", hint="vidqa models list")
    if not (folder / SETTINGS).is_file():
        raise UsageError(
            f"{name!r} holds no model that vidqa knows how to ask",
            hint="`vidqa models convert` writes such folders; `vidqa models list` names presets",
        )
    spec = MODELS[_read_preset(folder)]
    return LocalModel(replace(spec, name=folder.name, sources=()), folder, _revision(folder))


def preset_of(name: str) -> str:
    """The preset that a model is shown clips like: its own name, or what its folder says.

    Raises:
        ModelDamagedError: the folder's settings cannot be read.

    """
    folder = _folder(name)
    return name if folder is None else _read_preset(folder)


def _folder(name: str) -> Path | None:
    """The folder that a name stands for; None where it is a preset's."""
    folder = Path(name)
    return None if name in MODELS or not (os.sep in name or folder.is_dir()) else folder


def _read_preset(folder: Path) -> str:
    try:
        preset: str = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))["preset"]
        MODELS[preset]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamagedError(f"{str(folder / SETTINGS)!r} names no preset") from error
    return preset


def _revision(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in TELLING:
        if (file := folder / name).is_file():
            digest.update(file.read_bytes())
    for file in sorted(folder.rglob("*.safetensors")):
        status = file.stat()
        digest.update(f"{file.name}:{status.st_size}:{status.st_mtime_ns};".encode())
    return f"local-{digest.hexdigest()[:12]}"
