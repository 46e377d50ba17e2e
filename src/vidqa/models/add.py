"""Add a model's folder to the cache, under a name of its own."""

import shutil
from pathlib import Path

from vidqa.errors import UsageError
from vidqa.models.adapter import base_of, is_adapter, put_together
from vidqa.models.gate import model_files, require_safe, require_safe_adapter
from vidqa.models.registry import is_known
from vidqa.models.resolve import ADDED_NAME, added_key, hub_source
from vidqa.models.store.disk import require_space
from vidqa.models.store.manifest import MARKER
from vidqa.models.store.store import Store
from vidqa.system.file_systems import is_folder


def add(folder: Path, name: str, *, store: Store | None = None) -> Path:
    """Copy a folder written by `save_pretrained` into the cache; it may be deleted afterwards.

    A folder with only a LoRA is joined with the model that it names, if that is in the cache.

    Args:
        folder: holds configuration, weights as safetensors, tokenizer and processor.
        name: the name for `--model`.
        store: the cache; the user's by default.

    Returns:
        The copy.

    Raises:
        UsageError: no folder, or a name that is taken or invalid.
        ModelMissingError: the model that a LoRA was made for is not in the cache.
        ModelUnsupportedError: vidqa cannot run the model, a part is missing, or it is not safe to
            load (see `require_safe`).
        ModelDamagedError: its configuration cannot be read.
        NoSpaceError: the disk has too little space.

    """
    store = store or Store()
    _require_name(name, store)
    if not is_folder(folder):
        raise UsageError(f"{str(folder)!r} is not a folder")
    if is_adapter(folder):
        require_safe_adapter(folder)
        return _add_adapter(folder, name, store)
    require_safe(folder)
    from vidqa.models.template_runner import TemplateRunner
    from vidqa.network.inference.prompt_ids import require_template
    from vidqa.network.loading import load_processor
    from vidqa.network.measure import measure
    from vidqa.network.text.chat_template import ChatTemplate

    require_template(ChatTemplate(load_processor(folder), TemplateRunner(folder)), folder)
    measure(folder)  # builds the class without its weights: refuses what vidqa cannot run
    # a marker comes from another cache: these bytes are hashed again here
    files = [one for one in model_files(folder) if one.name != MARKER]
    require_space(store.root, sum(one.stat().st_size for one in files))
    with store.lock(added_key(name)), store.publish(added_key(name), "added") as draft:
        for one in files:
            copy = draft / one.relative_to(folder)
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(one, copy)
    return store.folder(added_key(name))


def _add_adapter(folder: Path, name: str, store: Store) -> Path:
    """Add a LoRA joined with the model that it was made for, checked by loading both."""
    base = base_of(folder, store)
    with store.lock(added_key(name)), store.publish(added_key(name), "added") as draft:
        put_together(folder, base, draft)
        from vidqa.network.loading import load_folder

        load_folder(draft, device="cpu", dtype="bfloat16")
    return store.folder(added_key(name))


def _require_name(name: str, store: Store) -> None:
    if not ADDED_NAME.fullmatch(name) or hub_source(name) is not None:
        raise UsageError(f"{name!r} cannot be a name", hint="use letters, digits, '.', '_' and '-'")
    if is_known(name) or store.has(added_key(name)):
        raise UsageError(
            f"there is a model called {name!r}",
            hint=f"another --as NAME, or vidqa models rm {name}",
        )
