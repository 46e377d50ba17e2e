"""Check the cache: its folder, its free space, and its models."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vidqa.models.installed import parts
from vidqa.models.inventory import ModelStatus, others, status
from vidqa.models.registry import DEFAULT_MODEL, MODELS, every
from vidqa.models.resolve import added_again, is_added
from vidqa.models.spec import HubSource
from vidqa.models.store.disk import MAKE_ROOM, SPARE_BYTES
from vidqa.models.store.store import Store
from vidqa.tasks.doctor.finding import Finding

ELSEWHERE = "set VIDQA_CACHE_DIR to a folder that can be written to"


def check_folder(store: Store, model: str) -> Iterator[Finding]:
    """Check that it is writable and has space for a pull of the model.

    Args:
        store: the cache.
        model: a preset; a folder of the user's needs no space here.

    """
    root = store.root
    there = next(one for one in (root, *root.parents) if one.exists())
    if reason := _why_not_writable(there, make=there == root):
        said = f"{root} cannot be written to: {reason}; what is in it can still be used"
        yield Finding("cache", "warning", said, ELSEWHERE)
    else:
        yield Finding("cache", "ok", f"{root}{'' if there == root else ', not made yet'}")
    free, needed = shutil.disk_usage(there).free, _needed_bytes(store, model)
    said = f"{free / 1e9:.1f} GB free"
    if free < needed + SPARE_BYTES:
        wanted = f"{said}, a pull of {model} needs {needed / 1e9:.1f} GB"
        yield Finding("disk", "warning", wanted if needed else said, MAKE_ROOM)
    else:
        yield Finding("disk", "ok", said)


def check_models(store: Store) -> Iterator[Finding]:
    """Yield a finding for every model in the cache, checked quickly, not byte by byte."""
    found = [status(name, store=store) for name in every()]
    held = [*(one for one in found if one.cached), *others(store)]
    yield from (_model(one, store) for one in held)
    if not held:
        yield Finding(
            "models", "warning", "none in the cache", f"vidqa models pull {DEFAULT_MODEL}"
        )


def _model(held: ModelStatus, store: Store) -> Finding:
    name = f"model {held.name}"
    if held.damaged:
        said = "damaged: a file is not what was verified"
        mend = added_again if is_added(held.name, store) else "vidqa models pull {}".format
        return Finding(name, "failing", said, mend(held.name))
    return Finding(name, "ok", f"in the cache, {held.disk_bytes / 1e6:.0f} MB")


def _why_not_writable(folder: Path, *, make: bool) -> str:
    """Return the reason why no file can be made in a folder, else "". Leaves no file behind.

    Args:
        folder: an existing folder.
        make: try to make one, which is more reliable than the permissions.

    """
    if not make:
        return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} is not writable"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _needed_bytes(store: Store, model: str) -> int:
    if model not in MODELS:
        return 0
    held = status(model, store=store)
    if held.cached:
        return 0
    # files of the Hub are stored once, in its own cache; a wheel is unpacked beside itself
    on_the_hub = sum(one.size_bytes for one in parts(MODELS[model]) if isinstance(one, HubSource))
    return held.download_bytes + held.disk_bytes - 2 * on_the_hub
