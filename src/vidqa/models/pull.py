"""Download models into the cache."""

from functools import partial
from pathlib import Path

from vidqa.errors import ModelError
from vidqa.models.gate import require_plain
from vidqa.models.installed import model_folder, model_key, parts
from vidqa.models.inventory import require_complete
from vidqa.models.registry import find, is_known
from vidqa.models.resolve import (
    find_local,
    hub_source,
)
from vidqa.models.sources.fetch import (
    WAITING,
    fetch,
    silent,
    source_key,
    source_name,
)
from vidqa.models.sources.hub import require_access
from vidqa.models.sources.hub_files import fetch_config
from vidqa.models.sources.wheel import Progress
from vidqa.models.spec import HelperSpec, HubSource, ModelSpec, Spec
from vidqa.models.store.disk import require_space
from vidqa.models.store.store import Store


def pull(
    name: str,
    *,
    store: Store | None = None,
    progress: Progress = silent,
    offline: bool = False,
) -> Path:
    """Complete a model in the cache and return its folder; cached parts are not fetched again.

    Args:
        name: a preset, a speech model, or a repository of the Hub (`owner/name`).
        store: the cache; the user's by default.
        progress: called with the progress.
        offline: download nothing.

    Raises:
        UsageError: no such model.
        ModelUnsupportedError: a repository whose model vidqa cannot run.
        OfflineError: a part is missing and must not be, or cannot be, downloaded.
        DownloadError: a download failed; finished parts stay in the cache.
        NoSpaceError: the disk has too little space.

    """
    store = store or Store()
    store.sweep()
    if not is_known(name) and (source := hub_source(name)) is not None:
        return _pull_repository(name, source, store, progress, offline=offline)
    spec = find(name)
    if (folder := _complete_folder(spec, store)) is not None:
        return folder
    if isinstance(spec, HelperSpec):
        return fetch(spec.source, store, progress=progress, offline=offline)
    _require_access(spec, store, offline=offline)
    if spec.speech is not None:
        pull(spec.speech, store=store, progress=progress, offline=offline)
    folders = {
        source_name(source): fetch(source, store, progress=progress, offline=offline)
        for source in spec.sources
    }
    if spec.assembly is not None:
        _put_together(spec, folders, store, progress)
    return model_folder(spec, store)


def _pull_repository(
    name: str, source: HubSource, store: Store, progress: Progress, *, offline: bool
) -> Path:
    """Fetch any model of the Hub; one that vidqa cannot run is refused before the weights."""
    if not offline and not store.usable(source_key(source)):
        from vidqa.network.measure import measure
        from vidqa.network.supported import require_class

        config = fetch_config(source)
        require_plain(config)
        require_class(config)
        measure(config.parent)  # builds the class without its weights
    fetch(source, store, progress=progress, offline=offline)
    local = find_local(name, store)
    assert local is not None, "it was just fetched"
    if local.spec.speech is not None:
        pull(local.spec.speech, store=store, progress=progress, offline=offline)
    return local.folder


def _require_access(spec: ModelSpec, store: Store, *, offline: bool) -> None:
    """Find out whether the Hub refuses a part before gigabytes of the rest are fetched."""
    wanted = [source for source in parts(spec) if isinstance(source, HubSource)]
    missing = [] if offline else [one for one in wanted if not store.usable(source_key(one))]
    for source in missing:
        require_access(source)


def _complete_folder(spec: Spec, store: Store) -> Path | None:
    """Return the folder of a complete model; None if a part is missing or damaged."""
    try:
        return require_complete(spec, store)
    except ModelError:
        return None


def _put_together(
    spec: ModelSpec, folders: dict[str, Path], store: Store, progress: Progress
) -> None:
    """Assemble a model from its parts, and remove what older versions of vidqa assembled."""
    key = model_key(spec)
    with store.lock(key, partial(progress, f"{WAITING} ({spec.name})", 0, None)):
        if store.usable(key):
            return
        from vidqa.models.conversion.assemble import assemble

        require_space(store.root, spec.disk_bytes)
        progress(f"putting {spec.name} together", 0, None)
        with store.publish(key, f"{spec.assembly}: {', '.join(folders)}") as draft:
            assemble(spec, folders, draft)
    for old in store.keys(f"models/{spec.name}"):
        if old != key:
            store.remove(old)
